"""A column is dropped and another added in its place: the values do not move.

Prisma knows no rename: a renamed field comes out as DROP COLUMN and ADD COLUMN, and a changed type that the server
cannot cast comes out as dropping and adding the same column. Both lose every value, and both are usually not meant.

Edit migration.sql: replace the two by `RENAME COLUMN`, or by `ALTER COLUMN ... TYPE ... USING ...`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.disguise import replaced
from safemigrate.lint.fix_rename import renamed_column
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.rules.drop_column import values_in
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, DropColumn, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, name text);'
BAD = 'ALTER TABLE "User" DROP COLUMN "name",\nADD COLUMN "fullName" TEXT;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "fullName" TEXT;'


def check(context: Context) -> Iterator[Finding]:
    """Columns dropped with a successor in the same table."""
    for drop, add in replaced(context):
        old, new = quote(drop.column), quote(add.column.name)
        subject = f"{drop.table}.{old}"
        if context.rows(drop.table) == 0:
            continue
        values = values_in(context, drop.table, drop.column)
        if drop.column == add.column.name:
            message = f"{subject} is dropped and added again as {add.column.type}"
            way_out = (
                f"to keep its values: ALTER TABLE {drop.table} ALTER COLUMN {old} TYPE {add.column.type} "
                f"USING {old}::{add.column.type};"
            )
        else:
            message = f"{subject} is dropped and {new} added, which looks like a rename"
            way_out = f"if it is one: ALTER TABLE {drop.table} RENAME COLUMN {old} TO {new};"
        if context.sqlite:
            way_out = _way_out(context, drop, add) or way_out
        if values is not None:
            message += f"; it holds {counted(values, 'value')}" if values else "; it holds no values"
        severity = Severity.NOTICE if values == 0 else Severity.WARNING
        yield context.finding(severity, message, subject=subject, help=way_out, count=values, loses=True)


def _way_out(context: Context, drop: DropColumn, add: AddColumn) -> str:
    """What leads out on SQLite, where a table is made anew; "" for what holds there too."""
    old, new, made = quote(drop.column), quote(add.column.name), context.copy(drop.table)
    if made:
        return (
            f"if it is one, copy it here: INSERT INTO {made} (..., {new}) SELECT ..., {old}"
            if old != new
            else (f"to keep its values, copy it here: INSERT INTO {made} (..., {new}) SELECT ..., {old}")
        )
    return "" if old != new else "to keep its values, leave both out: a column holds values of any type"


RULE = Rule(
    "drop-and-add-column", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, fix=renamed_column, on=(DropColumn,)
)
