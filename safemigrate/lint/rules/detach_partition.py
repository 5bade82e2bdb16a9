"""DETACH PARTITION stops every query of the partitioned table until the transaction ends.

It takes ACCESS EXCLUSIVE on the parent and on the partition. CONCURRENTLY (PostgreSQL 14) lets them go on; it runs in
no transaction and not beside a default partition: safemigrate gives it a step of its own, plain Prisma needs it alone
in its migration. A new or small table is no finding.

Write `ALTER TABLE p DETACH PARTITION c CONCURRENTLY`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterTable

SETUP = """
CREATE TABLE "Event" (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "Event2024" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""
BAD = 'ALTER TABLE "Event" DETACH PARTITION "Event2024";'
GOOD = 'ALTER TABLE "Event" DETACH PARTITION "Event2024" CONCURRENTLY;'


def check(context: Context) -> Iterator[Finding]:
    """Partitions detached while others use their parent."""
    for action in context.actions:
        if isinstance(action, AlterTable) and action.what == "detach partition" and context.felt(action):
            online = context.schema.version >= 14
            yield context.finding(
                Severity.WARNING,
                f"{action.partition} is detached; every query of {action.table} waits until the migration is over",
                subject=str(action.table),
                help=f"ALTER TABLE {action.table} DETACH PARTITION {action.partition} CONCURRENTLY, in a migration of "
                "its own"
                if online
                else "in a migration of its own",
            )


RULE = Rule("detach-partition", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterTable,))
