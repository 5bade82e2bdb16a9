"""DROP INDEX waits for every query of the table, and every query behind it waits too.

It takes ACCESS EXCLUSIVE on the table of the index: short by itself, but it stands in line behind the longest running
query, and everything else stands behind it until the transaction ends. CONCURRENTLY stops nobody; it takes one index,
and no transaction: safemigrate gives it a step of its own, plain Prisma needs it alone in its migration.

An index of a new or a small table, and one that belongs to a constraint, are no findings.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import concurrently
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropIndex

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY, slug text); CREATE INDEX "Post_slug_idx" ON "Post"("slug");'
BAD = 'DROP INDEX "Post_slug_idx";'
GOOD = 'DROP INDEX CONCURRENTLY "Post_slug_idx";'


def check(context: Context) -> Iterator[Finding]:
    """Indexes dropped while others may use their table."""
    for action in context.actions:
        if not isinstance(action, DropIndex) or action.concurrently:
            continue
        for name in action.names:
            found = context.schema.index(name)
            absent = found is None and context.knows_all
            if absent or (found and context.is_small(found[0])):
                continue
            table = str(found[0]) if found else "its table"
            yield context.finding(
                Severity.WARNING,
                f"index {name} is dropped; every query of {table} waits until the migration is over",
                subject=str(name),
                help=f"DROP INDEX CONCURRENTLY {name}, in a migration of its own",
            )


RULE = Rule(
    "drop-index-not-concurrent", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, fix=concurrently, on=(DropIndex,)
)
