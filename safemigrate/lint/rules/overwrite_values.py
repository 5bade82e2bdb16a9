"""An UPDATE writes over values that rows hold, and what they were is gone.

Filling a column that this migration adds, or one `WHERE` it `IS NULL`, loses nothing. Rows named by their key
(`WHERE id = 3`) are meant: without a target that is no finding. MERGE overwrites as well, and so does INSERT with ON
CONFLICT DO UPDATE: what people have changed in a seeded row since is gone; DO NOTHING leaves it. safemigrate keeps the
old values by key for a rollback.

Write into a new column instead, or name the rows in a WHERE and look at them before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import COLUMN, Context, is_column, is_null, names_rows
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Insert, Update, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, email text, name text);'
BAD = 'UPDATE "User" SET "email" = lower("email");'
GOOD = """
UPDATE "User" SET "name" = 'unknown' WHERE "name" IS NULL;
"""
# COALESCE keeps what is there; a stamp of the change is no value of its own.
_KEEPS = re.compile(
    rf'{COLUMN}\s*+=\s*+(?:COALESCE\s*+\(\s*+(?:[\w"]++\.)?{COLUMN}\s*+,|now\s*+\(|CURRENT_TIMESTAMP)', re.IGNORECASE
)


def check(context: Context) -> Iterator[Finding]:
    """Updates of columns that were there before and may hold something."""
    for action in context.actions:
        if isinstance(action, Update):
            yield from _updated(context, action)
        elif isinstance(action, Insert) and action.update:
            yield from _updated(context, action.update, where_there=True)


def _updated(context: Context, action: Update, *, where_there: bool = False) -> Iterator[Finding]:
    columns = [column for column in action.columns if _may_hold(context, action, column)]
    if context.rows(action.table) == 0 or (action.columns and not columns):
        return
    subject = f"{action.table} ({', '.join(map(quote, columns))})" if columns else str(action.table)
    rows = None if where_there else context.matching(action.table, action.where)
    if rows == 0 or (rows is None and not where_there and names_rows(action.where)):
        return
    held = f" in {counted(rows, 'row')}" if rows else "" if action.where else " in every row"
    yield context.finding(
        Severity.WARNING,
        f"{subject} is overwritten{' where the row is there already' if where_there else held}",
        subject=subject,
        help="ON CONFLICT DO NOTHING leaves what is there"
        if where_there
        else "compare the rows in the rehearsal; to keep both, write into a new column",
        count=rows,
        loses=True,
    )


def _may_hold(context: Context, update: Update, column: str) -> bool:
    if context.new_column(update.table, column):
        return False
    if is_null(update.where, column):
        return False
    keeps = (found for found in _KEEPS.finditer(update.assignments) if is_column(found[1], column))
    return not any(found[2] is None or is_column(found[2], column) for found in keeps)


RULE = Rule("overwrite-values", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Update, Insert))
