"""TRUNCATE, or DELETE without a condition, empties a table.

A condition that always holds counts as none; under any other one it is `delete-rows`. CASCADE empties every table that
refers to it, too. safemigrate keeps the rows for a rollback; what the application does without them until then is
another matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context, deletes_all
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import Delete, Truncate

SETUP = 'CREATE TABLE "Session" (id int PRIMARY KEY, "expiresAt" timestamp);'
BAD = 'DELETE FROM "Session";'
GOOD = 'CREATE TABLE "Draft" (id int PRIMARY KEY);\nDELETE FROM "Draft";'


def check(context: Context) -> Iterator[Finding]:
    """Older tables that a statement empties."""
    for action in context.actions:
        if isinstance(action, Truncate):
            for table in action.tables:
                yield from _emptied(context, table, cascades=action.cascade)
        elif isinstance(action, Delete) and deletes_all(action):
            yield from _emptied(context, action.table, cascades=False)


def _emptied(context: Context, table: Name, *, cascades: bool) -> Iterator[Finding]:
    rows = context.rows(table)
    if rows == 0 and not (cascades and not context.is_new(table)):
        return
    held = f"; it holds {counted(rows, 'row')}" if rows is not None else ""
    too = ", and every table that refers to it" if cascades else ""
    yield context.finding(
        Severity.WARNING,
        f"{table} is emptied{too}{held}",
        subject=str(table),
        help="name the rows that are to go in a WHERE",
        count=None if cascades and not rows else rows,
        loses=True,
    )


RULE = Rule("truncate-or-delete-all", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Truncate, Delete))
