"""A required column without a default cannot be added to a table with rows: the migration stops.

The server has nothing to put into the rows that exist. Defaults that Prisma computes itself (`cuid()`, `uuid()`,
`@updatedAt`) are not in the database, so a field with one counts as a column without a default.

Add it as nullable, fill it, then SET NOT NULL; or give it a default in the database.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); INSERT INTO "User" VALUES (1);'
BAD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT \'CH\';'


def check(context: Context) -> Iterator[Finding]:
    """Columns that the rows of an older table would have to fill."""
    for action in context.actions:
        if not isinstance(action, AddColumn) or not action.column.not_null or action.column.has_value:
            continue
        rows = context.rows(action.table)
        if rows == 0:
            continue
        subject = f"{action.table}.{quote(action.column.name)}"
        held = (
            f"and {action.table} has {counted(rows, 'row')}"
            if rows
            else f"so it cannot be added if {action.table} has rows"
        )
        yield context.finding(
            Severity.ERROR,
            f"{subject} is required and has no default, {held}",
            subject=subject,
            help=f"add it without NOT NULL, fill it, then: ALTER TABLE {action.table} "
            f"ALTER COLUMN {quote(action.column.name)} SET NOT NULL;",
            count=rows,
        )


RULE = Rule("required-column-without-default", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, fails=True)
