"""A column's new type may not hold its old values, and most changes rewrite the table under an exclusive lock.

No reader or writer gets at the table until the rewrite is over. PostgreSQL rewrites nothing when a varchar or numeric
only grows, when a varchar becomes text, or when a timestamp gains precision.

SQLite has no column types but affinities: text that looks like a number becomes one, and all else stays what it was,
until Prisma's client stumbles over it. It is no finding where each old value comes back from the new type.

safemigrate keeps the old values by key. For a big table: add a new column, fill it in batches, switch, drop the old.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint import affinity
from safemigrate.lint.column_type import holds, is_free, parts, takes_all
from safemigrate.lint.context import Context
from safemigrate.lint.enums import recreated
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterColumnType, Rebuild, quote

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
        subject = f"{action.table}.{quote(action.column)}"
        if rows == 0:
            continue
        if context.sqlite:
            yield from _on_sqlite(context, action, before, rows)
            continue
        if before and not action.using and is_free(before, action.type):
            continue
        plain = not action.using or _is_cast(action)
        if plain and (holds(before, action.type) if before else takes_all(action.type)):
            continue
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


def _on_sqlite(context: Context, action: AlterColumnType, before: str, rows: int | None) -> Iterator[Finding]:
    subject, column = f"{action.table}.{quote(action.column)}", quote(action.column)
    if before and not action.using and affinity.holds(before, action.type):
        return
    place, misfit = context.place(action.table, action.column), affinity.misfits(column, action.type)
    misfits = context.count(f"SELECT count(*) FROM {place} WHERE {misfit}") if place and misfit else None
    severity, does = Severity.WARNING, affinity.becomes(before, action.type)
    if action.using:
        does = f"each value becomes {action.using}"
    elif misfits == 0:
        severity = Severity.NOTICE
    elif _is_row_id(context, action):
        severity = Severity.ERROR if misfits else Severity.WARNING
        does = "a value that is no whole number stops the copy, for it is the row's id"
    held = f"; it holds {counted(misfits, 'value')} of another kind" if misfits else ""
    yield context.finding(
        severity,
        f"{subject} changes{f' from {before}' if before else ''} to {action.type}: {does}{held}",
        subject=subject,
        help=f"see them: SELECT {column} FROM {action.table} WHERE {misfit};" if misfit else "",
        count=misfits if misfits is not None else rows,
        loses=misfits is None or bool(action.using),  # they stay as they are: it is the client that cannot read them
    )


def _is_row_id(context: Context, action: AlterColumnType) -> bool:
    """Whether it becomes an INTEGER PRIMARY KEY, which alone is strict about its type."""
    for one in context.all_of(Rebuild):
        keys = [key.columns for key in one.created.constraints if key.kind == "primary key"]
        for column in one.created.columns if one.table == action.table else ():
            if column.name == action.column and (column.primary_key or (column.name,) in keys):
                return column.type.upper() == "INTEGER"
    return False


def _is_cast(action: AlterColumnType) -> bool:
    """Whether USING only says what the server does without it."""
    bare = "".join(action.using.split()).strip("()").replace('"', "").lower()
    return bare == f"{action.column}::{''.join(action.type.split())}".replace('"', "").lower()


RULE = Rule("type-change", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterColumnType,))
