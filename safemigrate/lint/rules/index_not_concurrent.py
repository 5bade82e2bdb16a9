"""CREATE INDEX blocks every write to the table until the index is built.

CONCURRENTLY does not, at the price of two scans. It refuses to run in a transaction; safemigrate gives it a step of its
own, plain Prisma needs it alone in its migration. Indexes of new and of small tables are built before anybody notices.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateIndex, quote

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);'
BAD = 'CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");'
GOOD = 'CREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post"("authorId");'


def check(context: Context) -> Iterator[Finding]:
    """Plain indexes on tables that are neither new nor small; unique ones are `unique-on-existing`."""
    for action in context.actions:
        if not isinstance(action, CreateIndex) or action.unique or action.concurrently:
            continue
        if context.is_small(action.table):
            continue
        rows = context.rows(action.table)
        name = quote(action.name) if action.name else "an index"
        yield context.finding(
            Severity.WARNING,
            f"{name} is built while writes to {action.table} wait"
            + (f"; it has {counted(rows, 'row')}" if rows else ""),
            subject=str(action.table),
            help=f"CREATE INDEX CONCURRENTLY {name} ..., in a migration of its own",
            count=rows,
        )


RULE = Rule("index-not-concurrent", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, works=True)
