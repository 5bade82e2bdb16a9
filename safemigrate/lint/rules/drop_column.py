"""Dropping a column takes its values, and every client that still names it fails.

safemigrate keeps the values by key for a rollback. A column without a single value is no loss, but the clients still
fail: also those of the release that is running while the migration runs.

Remove the field from the code first, release that, then drop the column in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.disguise import replaced
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import DropColumn, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, bio text);'
BAD = 'ALTER TABLE "User" DROP COLUMN "bio";'
GOOD = 'ALTER TABLE "User" ADD COLUMN "motto" TEXT;'


def check(context: Context) -> Iterator[Finding]:
    """Columns dropped by name, but for those that come back under another one."""
    in_disguise = {id(drop) for drop, _add in replaced(context)}
    for action in context.actions:
        if isinstance(action, DropColumn) and id(action) not in in_disguise:
            added = context.new_column(action.table, action.column)
            is_new = context.is_new(action.table) or (added and not context.written(action.table, action.column))
            if not is_new and context.rows(action.table) != 0:
                yield _dropped(context, action.table, action.column)


def _dropped(context: Context, table: Name, column: str) -> Finding:
    subject = f"{table}.{quote(column)}"
    values = values_in(context, table, column)
    if values == 0:
        return context.finding(Severity.NOTICE, f"{subject} is dropped; it holds no values", subject=subject, count=0)
    held = f"; it holds {counted(values, 'value')}" if values else " with its values"
    return context.finding(
        Severity.WARNING,
        f"{subject} is dropped{held}",
        subject=subject,
        help="remove it from the code, release that, drop it in a later migration",
        count=values,
        loses=True,
    )


def values_in(context: Context, table: Name, column: str) -> int | None:
    """How many rows have a value in the column; None where nobody knows."""
    place = context.place(table, column)
    return context.count(f"SELECT count({quote(column)}) FROM {place}") if place else None


RULE = Rule("drop-column", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropColumn,))
