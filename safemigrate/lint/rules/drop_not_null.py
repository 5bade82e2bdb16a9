"""A column that may hold NULL from now on breaks code that counts on a value.

Prisma's client of the release that is running throws on the first NULL that the next release writes: "found null in a
required field". So does every reader that never had to look.

Release code that copes with NULL first; drop the NOT NULL in a migration after it, or write no NULL until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropColumn, DropNotNull, SetNotNull, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, email text NOT NULL);'
BAD = 'ALTER TABLE "User" ALTER COLUMN "email" DROP NOT NULL;'
GOOD = 'ALTER TABLE "User" ALTER COLUMN "email" SET DEFAULT \'\';'


def check(context: Context) -> Iterator[Finding]:
    """Older columns that stop being required, and stay so to the end of the migration."""
    for action in context.actions:
        if not isinstance(action, DropNotNull) or context.is_new(action.table):
            continue
        if context.new_column(action.table, action.column) or context.later(action, SetNotNull, DropColumn):
            continue
        subject = f"{action.table}.{quote(action.column)}"
        yield context.finding(
            Severity.WARNING,
            f"{subject} may hold NULL from now on; code that counts on a value fails at the first one",
            subject=subject,
            help="release code that copes with NULL first, then this migration",
        )


RULE = Rule("drop-not-null", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropNotNull,))
