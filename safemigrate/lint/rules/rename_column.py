"""A renamed column is gone for every client that still names the old one.

During a rolling deploy the release that is running names it until its last instance is replaced, and Prisma's client
names every column in every query. No value is lost, and nothing waits.

Add the new column, write both, move the readers, drop the old one in a later migration. Or keep the old name in the
database and map the field to it: `fullName String @map("name")`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Rename, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, name text);'
BAD = 'ALTER TABLE "User" RENAME COLUMN "name" TO "fullName";'
GOOD = 'ALTER TABLE "User" RENAME CONSTRAINT "User_pkey" TO "User_id";'


def check(context: Context) -> Iterator[Finding]:
    """Columns of older tables and types that get another name."""
    for action in context.actions:
        if not isinstance(action, Rename) or action.kind != "column" or action.owner is None:
            continue
        if context.is_new(action.owner) or context.new_column(action.owner, action.old.name):
            continue
        subject = f"{action.owner}.{action.old}"
        yield context.finding(
            Severity.WARNING,
            f"{subject} becomes {quote(action.new)}; code that still names it fails",
            subject=subject,
            help=f'keep the name in the database, and map the field to it: @map("{action.old.name}")',
        )


RULE = Rule("rename-column", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Rename,))
