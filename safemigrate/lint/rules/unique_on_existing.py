"""A unique index or constraint on a table with rows stops at the first duplicate, and blocks writes while it is built.

An index blocks writes, a constraint reads as well. Neither does with CREATE UNIQUE INDEX CONCURRENTLY, followed by
ADD CONSTRAINT ... USING INDEX where a constraint is wanted.

Remove the duplicates first, in the same migration or an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.keys import KEYS, is_distinct
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import AddColumn, AddConstraint, AlterColumnType, CreateIndex, Delete, Insert, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, email text);'
BAD = 'CREATE UNIQUE INDEX "User_email_key" ON "User"("email");'
GOOD = 'CREATE TABLE "Tag" ("name" TEXT NOT NULL);\nCREATE UNIQUE INDEX "Tag_name_key" ON "Tag"("name");'


def check(context: Context) -> Iterator[Finding]:
    """Unique indexes and constraints on tables that may hold duplicates."""
    for action in context.actions:
        if isinstance(action, CreateIndex) and action.unique and not action.is_distinct:
            where = f" AND ({action.where})" if action.where else ""
            same = action.nulls_not_distinct
            columns = () if action.collates else action.columns
            yield from _unique(context, action.table, columns, where, online=action.concurrently, same_nulls=same)
        elif isinstance(action, AddColumn) and action.column.unique and action.column.default:
            yield from _unique(context, action.table, (action.column.name,), "", online=False, same_nulls=False)
        elif isinstance(action, AddConstraint) and action.constraint.kind in KEYS:
            if action.constraint.using_index or action.is_distinct:
                continue
            yield from _unique(context, action.table, action.constraint.columns, "", online=False, same_nulls=False)


def _unique(
    context: Context, table: Name, columns: tuple[str, ...], where: str, *, online: bool, same_nulls: bool
) -> Iterator[Finding]:
    if context.rows(table) == 0 and not _filled_by_query(context, table):
        return
    changed = any(is_changed(context, table, column) for column in columns)
    if not (same_nulls or changed) and is_distinct(context, table, columns):
        return
    listed = ", ".join(quote(column) for column in columns)
    subject = f"{table} ({listed})" if listed else str(table)
    duplicates = _duplicates(context, table, columns, where, same_nulls=same_nulls)
    cleaned = any(context.key(one.table) == context.key(table) for one in context.before_of(Delete))
    cleaned = cleaned or any(context.written(table, column) for column in columns)
    query = f"SELECT {listed}, count(*) FROM {table} GROUP BY {listed} HAVING count(*) > 1;"
    if duplicates and not cleaned:
        yield context.finding(
            Severity.ERROR,
            f"{subject} becomes unique, and {counted(duplicates, 'value')} {_occur(duplicates)} more than once",
            subject=subject,
            help=f"see them: {query}",
            count=duplicates,
        )
    elif duplicates is None and not online:
        message = f"{subject} becomes unique; a duplicate stops the migration"
        way_out = f"look for them: {query}"
        yield context.finding(Severity.WARNING, message, subject=subject, help=way_out if listed else "")


def _filled_by_query(context: Context, table: Name) -> bool:
    """Whether the migration has copied rows into it by now that nobody can count before it runs."""
    key = context.key(table)
    return any(insert.query and context.key(insert.table) == key for insert in context.own_of(Insert))


def _occur(number: int) -> str:
    return "occurs" if number == 1 else "occur"


def _duplicates(context: Context, table: Name, columns: tuple[str, ...], where: str, *, same_nulls: bool) -> int | None:
    added = [column for column in (context.new_column(table, name) for name in columns) if column]
    if any(not column.has_value and not context.written(table, column.name) for column in added) and not same_nulls:
        return 0  # all NULL, and NULLs are distinct
    if (
        added
        or context.leaves_out(table)
        or (context.sqlite and any(is_changed(context, table, name) for name in columns))
    ):
        return None  # what the target holds there says nothing
    place = context.place(table, *columns) if columns else ""
    if not place:
        return None
    listed = ", ".join(quote(column) for column in columns)
    present = "true" if same_nulls else " AND ".join(f"{quote(column)} IS NOT NULL" for column in columns)
    return context.count(
        f"SELECT count(*) FROM (SELECT 1 FROM {place} WHERE {present}{where} "
        f"GROUP BY {listed} HAVING count(*) > 1) AS duplicate"
    )


def is_changed(context: Context, table: Name, column: str) -> bool:
    """Whether a table made anew has other values there than the target."""
    retyped = any(one.table == table and one.column == column for one in context.all_of(AlterColumnType))
    return retyped or context.written(table, column)


RULE = Rule(
    "unique-on-existing",
    "correctness",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    on=(CreateIndex, AddColumn, AddConstraint),
)
