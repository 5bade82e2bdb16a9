"""SET LOGGED, UNLOGGED, TABLESPACE and ACCESS METHOD write the whole table anew while reads and writes wait.

They take ACCESS EXCLUSIVE. An unlogged table is empty after a crash, and on every replica. Moving an index, or a
materialized view, to another tablespace copies it under the same lock. A new or small table is written before anybody
notices.

Copy the rows in batches into a new table that has it already, then rename the two; pg_repack moves a table online.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterObject, AlterTable

SETUP = 'CREATE TABLE "Event" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "Event" SET UNLOGGED;'
GOOD = 'ALTER TABLE "Event" SET (fillfactor = 70);'


def check(context: Context) -> Iterator[Finding]:
    """Tables and indexes that are stored anew."""
    for action in context.actions:
        if isinstance(action, AlterTable):
            for effect in context.felt(action):
                if effect.rewrites:
                    yield context.finding(
                        Severity.WARNING,
                        f"{action.what.upper()} writes {effect.table} anew while reads and writes wait",
                        subject=str(effect.table),
                        help="copy the rows in batches into a new table, then rename the two; or pg_repack",
                        count=context.rows(effect.table),
                    )
        elif isinstance(action, AlterObject) and action.name and action.what.startswith("set tablespace"):
            found = context.schema.index(action.name) if action.kind == "index" else None
            if action.kind in ("index", "materialized view") and not (found and context.is_small(found[0])):
                yield context.finding(
                    Severity.WARNING,
                    f"{action.kind} {action.name} is copied to another tablespace while reads and writes wait",
                    subject=str(action.name),
                    help="build a second one there CONCURRENTLY, then drop this one",
                )


RULE = Rule(
    "rewrite-table", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AlterTable, AlterObject)
)
