"""SET NOT NULL stops at the first NULL, and reads the whole table under an exclusive lock to look for one.

The scan is not needed where a valid `CHECK (column IS NOT NULL)` says so already (PostgreSQL 12 and later), and that
check can be added NOT VALID and validated without stopping anybody.

Fill the NULLs first, in the same migration or an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context, is_null
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.rules.set_not_null_scans import is_promoted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import SetNotNull, Update, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, email text);'
BAD = 'ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;'
GOOD = """
BEGIN;
ALTER TABLE "User" ADD CONSTRAINT "email_present" CHECK ("email" IS NOT NULL) NOT VALID;
COMMIT;
ALTER TABLE "User" VALIDATE CONSTRAINT "email_present";
ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;
"""


def check(context: Context) -> Iterator[Finding]:
    """Columns of tables with rows that become required."""
    for action in context.actions:
        if isinstance(action, SetNotNull) and context.rows(action.table) != 0:
            yield from _required(context, action)


def _required(context: Context, action: SetNotNull) -> Iterator[Finding]:
    table, column = action.table, action.column
    subject = f"{table}.{quote(column)}"
    if action.value and action.value != quote(column):
        yield from _copied(context, action, subject)
        return
    new = context.new_column(table, column)
    schema = context.schema
    if is_promoted(context, table) or schema.is_proven(table, column) or schema.is_required(table, column):
        return
    if new and new.has_value:
        return
    filled = context.written(table, column)
    nulls = context.rows(table) if new else _nulls(context, table, column)
    fill = f"first: UPDATE {table} SET {quote(column)} = ... WHERE {quote(column)} IS NULL;"
    if nulls is None or (new and filled):
        if not _is_filled_everywhere(context, table, column):
            left = "a NULL that the UPDATE before it leaves" if filled else "a NULL in it"
            message = f"{subject} becomes required; {left} stops the migration"
            yield context.finding(Severity.WARNING, message, subject=subject, help=fill)
    elif nulls and not filled:
        message = f"{subject} becomes required, and {counted(nulls, 'row')} hold NULL"
        yield context.finding(Severity.ERROR, message, subject=subject, help=fill, count=nulls)
    elif nulls and not new:
        message = f"{subject} becomes required; {counted(nulls, 'row')} hold NULL and the migration fills them first"
        yield context.finding(Severity.NOTICE, message, subject=subject, count=nulls)


def _copied(context: Context, action: SetNotNull, subject: str) -> Iterator[Finding]:
    """What the copy of a table made anew puts there, NULL in some rows."""
    place, value = "" if context.leaves_out(action.table) else context.place(action.table), action.value
    nulls = context.count(f"SELECT count(*) FROM {place} WHERE ({value}) IS NULL") if place else None
    if nulls == 0:
        return
    held = f"and {counted(nulls, 'row')} get NULL" if nulls else "a NULL stops the migration"
    yield context.finding(
        Severity.ERROR if nulls else Severity.WARNING,
        f"{subject} is required and copied from {value}{',' if nulls else ';'} {held}",
        subject=subject,
        help=f"coalesce({value}, ...) in the SELECT",
        count=nulls,
    )


def _is_filled_everywhere(context: Context, table: Name, column: str) -> bool:
    """Whether an UPDATE before it reaches every row, or every one that holds NULL."""
    updates = [a for a in context.before if isinstance(a, Update) and context.key(a.table) == context.key(table)]
    fills = [update.where for update in updates if column in update.columns]
    return any(not where or is_null(where, column, alone=True) for where in fills)


def _nulls(context: Context, table: Name, column: str) -> int | None:
    place = "" if context.leaves_out(table) else context.place(table, column)
    return context.count(f"SELECT count(*) FROM {place} WHERE {quote(column)} IS NULL") if place else None


RULE = Rule("set-not-null", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(SetNotNull,))
