"""A renamed enum value changes in every row at once, and code that still knows the old one fails.

Prisma's client stops at a value that its schema lacks, so every read of such a row fails in the release that is
running; and every write of the old name fails in the server.

Add the new value in one migration, write it from the next release on, and update the rows after that. Or keep the
name in the database and map the value to it: `GUEST @map("VISITOR")`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Rename

SETUP = "CREATE TYPE \"Role\" AS ENUM ('USER', 'GUEST');"
BAD = "ALTER TYPE \"Role\" RENAME VALUE 'GUEST' TO 'VISITOR';"
GOOD = "ALTER TYPE \"Role\" ADD VALUE 'VISITOR';"


def check(context: Context) -> Iterator[Finding]:
    """Labels of older enums that get another name."""
    for action in context.actions:
        if not isinstance(action, Rename) or action.kind != "enum value" or action.owner is None:
            continue
        if context.is_new_type(action.owner):
            continue
        yield context.finding(
            Severity.WARNING,
            f"'{action.old.name}' of enum {action.owner} becomes '{action.new}'; code that knows the old value fails",
            subject=str(action.owner),
            help=f'keep the value in the database, and map it: @map("{action.old.name}")',
        )


RULE = Rule("rename-enum-value", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Rename,))
