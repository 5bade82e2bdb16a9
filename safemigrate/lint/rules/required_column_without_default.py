"""A required column without a default cannot be added to a table with rows: the migration stops.

The server has nothing to put into the rows that exist. Defaults that Prisma computes itself (`cuid()`, `uuid()`,
`@updatedAt`) are not in the database, so a field with one counts as a column without a default.

Add it as nullable, fill it, then SET NOT NULL; or give it a default in the database.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import nullable_first
from safemigrate.lint.header import warnings
from safemigrate.lint.rebuild import rebuilds
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, Insert, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); INSERT INTO "User" VALUES (1);'
BAD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT \'CH\';'


def check(context: Context) -> Iterator[Finding]:
    """Columns that the rows of an older table would have to fill."""
    if any(isinstance(action, Insert) for action in context.actions):
        yield from _not_copied(context)
    for action in context.actions:
        if not isinstance(action, AddColumn) or not action.column.not_null or action.column.has_value:
            continue
        rows = context.rows(action.table)
        if rows == 0:
            continue
        subject = f"{action.table}.{quote(action.column.name)}"
        held = (
            f"and {action.table} has {counted(rows, 'row')}"
            if rows
            else f"so it cannot be added if {action.table} has rows"
        )
        yield context.finding(
            Severity.ERROR,
            f"{subject} is required and has no default, {held}",
            subject=subject,
            help=_way_out(context, action),
            count=rows,
        )


def _way_out(context: Context, action: AddColumn) -> str:
    name = quote(action.column.name)
    if made := context.copy(action.table):
        return f"give it a default, or fill it in this copy: INSERT INTO {made} (..., {name}) SELECT ..., <value>"
    if context.sqlite:
        return "give it a default"
    return f"add it without NOT NULL, fill it, then: ALTER TABLE {action.table} ALTER COLUMN {name} SET NOT NULL;"


def _not_copied(context: Context) -> Iterator[Finding]:
    """Required columns that the copy of a table made anew has no value for in every row."""
    for rebuild in rebuilds(context):
        copied = dict(zip(rebuild.copy.columns, rebuild.copy.values, strict=False))
        if not copied or rebuild.copy not in context.actions or context.rows(rebuild.table) == 0:
            continue
        was_optional = {one.column for one in warnings(context.migration.sql) if one.kind == "not null"}
        for column in rebuild.created.columns:
            value = copied.get(column.name)
            keeps_null = column.name in was_optional and value is not None and "coalesce" not in value.lower()
            is_missing = value is None and not column.has_value and not column.primary_key
            if column.not_null and (is_missing or keeps_null):
                subject = f"{rebuild.table}.{quote(column.name)}"
                message = f"{subject} is required, and the copy of {rebuild.table} has no value for every row"
                way_out = "give it a default, or coalesce(...) in the SELECT"
                yield context.finding(Severity.ERROR, message, subject=subject, help=way_out)


RULE = Rule(
    "required-column-without-default",
    "correctness",
    Severity.ERROR,
    check,
    BAD,
    GOOD,
    SETUP,
    fails=True,
    fix=nullable_first,
    on=(AddColumn, Insert),
)
