"""ATTACH PARTITION reads every row of the new partition under an exclusive lock, and of the default partition too.

A valid CHECK on the table that says what the bounds say spares the first scan, one on the default partition that
excludes them the second. The parent's lock lets reads and writes go on from PostgreSQL 12 on; before, it stops both.
A new or small table is read before anybody notices.

`ALTER TABLE p ADD CHECK (k >= ... AND k < ...) NOT VALID`, VALIDATE it in a later migration, then ATTACH, then drop it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterTable

SETUP = """
CREATE TABLE "Event" (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "Event2024" (id int NOT NULL, at date NOT NULL);
"""
BAD = """
ALTER TABLE "Event" ATTACH PARTITION "Event2024" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""
GOOD = """
CREATE TABLE "Event2025" (id int NOT NULL, at date NOT NULL);
ALTER TABLE "Event" ATTACH PARTITION "Event2025" FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
"""


def check(context: Context) -> Iterator[Finding]:
    """Partitions attached whose rows have to be read."""
    for action in context.actions:
        if isinstance(action, AlterTable) and action.what == "attach partition":
            for effect in context.felt(action):
                if effect.scans or (effect.table == action.table and context.schema.version < 12):
                    yield context.finding(
                        Severity.WARNING,
                        f"every row of {effect.table} is read while reads and writes wait"
                        if effect.scans
                        else f"{effect.table} is closed to reads and writes (PostgreSQL {context.schema.version})",
                        subject=str(effect.table),
                        help=f"first a CHECK on {effect.table} that says what the bounds say, validated later",
                        count=context.rows(effect.table),
                    )


RULE = Rule("attach-partition", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AlterTable,))
