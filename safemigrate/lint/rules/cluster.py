"""CLUSTER writes the whole table and its indexes anew while reads and writes wait.

It takes ACCESS EXCLUSIVE, and without a table it goes through every one that was clustered before. New rows are not
kept in that order. A new or small table is written before anybody notices.

pg_repack puts a table in order without the lock. `ALTER TABLE ... CLUSTER ON` only notes the index and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Cluster

SETUP = 'CREATE TABLE "Event" (id int PRIMARY KEY);'
BAD = 'CLUSTER "Event" USING "Event_pkey";'
GOOD = 'ALTER TABLE "Event" CLUSTER ON "Event_pkey";'


def check(context: Context) -> Iterator[Finding]:
    """CLUSTER of tables in use."""
    for action in context.actions:
        if isinstance(action, Cluster) and (action.table is None or context.felt(action)):
            table = str(action.table) if action.table else "every clustered table"
            yield context.finding(
                Severity.WARNING,
                f"{table} is written anew in the order of an index while reads and writes wait",
                subject=str(action.table or ""),
                help="pg_repack, outside of migrations",
                count=context.rows(action.table) if action.table else None,
            )


RULE = Rule("cluster", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(Cluster,))
