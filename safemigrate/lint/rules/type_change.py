"""A column's new type may not hold its old values, and most changes rewrite the table under an exclusive lock.

No reader or writer gets at the table until the rewrite is over. PostgreSQL rewrites nothing when a varchar or numeric
only grows, when a varchar becomes text, or when a timestamp gains precision.

safemigrate keeps the old values by key. For a big table: add a new column, fill it in batches, switch, drop the old.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.column_type import holds, is_free, parts, takes_all
from safemigrate.lint.context import Context
from safemigrate.lint.enums import recreated
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterColumnType, quote

SETUP = 'CREATE TABLE "Item" (id int PRIMARY KEY, price numeric(10, 4));'
BAD = 'ALTER TABLE "Item" ALTER COLUMN "price" SET DATA TYPE INTEGER;'
GOOD = 'ALTER TABLE "Item" ADD COLUMN "price2" INTEGER;'


def check(context: Context) -> Iterator[Finding]:
    """Type changes of columns that were there before, but for an enum that is made anew."""
    changes = [action for action in context.actions if isinstance(action, AlterColumnType)]
    enums = {enum.temporary for enum in recreated(context)} if changes else ()
    for action in changes:
        if parts(action.type)[0] in enums:
            continue
        before = context.schema.table(action.table).types.get(action.column, "")
        rows = context.rows(action.table)
        if rows == 0 or (before and not action.using and is_free(before, action.type)):
            continue
        plain = not action.using or _is_cast(action)
        if plain and (holds(before, action.type) if before else takes_all(action.type)):
            continue
        subject = f"{action.table}.{quote(action.column)}"
        change = f"{subject} changes{f' from {before}' if before else ''} to {action.type}"
        many = f" in {counted(rows, 'row')}" if rows else ""
        yield context.finding(
            Severity.WARNING,
            f"{change}; values{many} may not fit or come out changed",
            subject=subject,
            help="compare the values in the rehearsal",
            count=rows,
            loses=True,
        )


def _is_cast(action: AlterColumnType) -> bool:
    """Whether USING only says what the server does without it."""
    bare = "".join(action.using.split()).strip("()").replace('"', "").lower()
    return bare == f"{action.column}::{''.join(action.type.split())}".replace('"', "").lower()


RULE = Rule("type-change", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterColumnType,))
