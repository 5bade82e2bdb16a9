"""CONCURRENTLY, VACUUM and their like refuse a transaction, and Prisma runs a file of several statements as one.

The server stops with 25001. A statement alone in its file is sent without a transaction; a `SET lock_timeout` before it
is a second statement already. Prisma 7.4 and later send statements one by one, so there it fails in a BEGIN only.

Give it a migration of its own. safemigrate applies it in a step of its own wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import refuses_transaction

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);'
BAD = 'SET lock_timeout = \'3s\';\nCREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post"("authorId");'
GOOD = 'CREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post"("authorId");'


def check(context: Context) -> Iterator[Finding]:
    """Statements that refuse a transaction in a file that is one."""
    statement = context.statements[context.position]
    if context.facts.in_steps or len(context.statements) == 1 or not refuses_transaction(statement):
        return
    what = "a block that commits" if statement.kind in ("DO", "CALL") else statement.kind
    what = "CONCURRENTLY" if "CONCURRENTLY" in statement.sql.upper() else what
    yield context.finding(
        Severity.WARNING,
        f"{what} refuses a transaction, and Prisma sends the {len(context.statements)} statements of this file as one",
        subject=what,
        help="move it to a migration of its own, or apply this one with safemigrate",
    )


RULE = Rule(
    "refuses-transaction", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, fails=True, provider="postgresql"
)
