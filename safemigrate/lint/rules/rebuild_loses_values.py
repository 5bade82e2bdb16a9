"""A table that is made anew loses the rows and columns that the copy leaves out, and changes values that it converts.

SQLite can change little in place, so Prisma makes a new table, copies the rows, drops the old one and renames the new
one. Rows go that a WHERE, a GROUP BY or an INSERT OR IGNORE leaves out. A dropped column is only missing from the
INSERT, and a renamed field is a column that nothing fills: on SQLite the other rules say so, as of an ALTER TABLE.

To keep a renamed field, copy it: `INSERT INTO "new_User" ("id", "fullName") SELECT "id", "name" FROM "User"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.column_type import same_type
from safemigrate.lint.context import Context
from safemigrate.lint.header import warnings
from safemigrate.lint.rebuild import Rebuild, rebuilds
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Insert, quote
from safemigrate.sql.actions import Rebuild as Remade

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, bio text);'
BAD = """
/*
  Warnings:

  - You are about to drop the column `bio` on the `User` table. All the data in the column will be lost.
*/
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY);
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
"""
GOOD = """
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "bio" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("id", "bio") SELECT "id", "bio" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
"""


def check(context: Context) -> Iterator[Finding]:
    """Rows that a rebuild's copy leaves out, and columns that it leaves out or converts."""
    for action in context.actions:
        if isinstance(action, Remade) and action.left_out and context.rows(action.table) != 0:
            yield from _rows_left_out(context, action)
    if not any(isinstance(action, Insert) for action in context.actions):
        return
    for rebuild in rebuilds(context):
        if rebuild.copy not in context.actions or context.rows(rebuild.table) == 0:
            continue
        for column, what in _changed(context, rebuild).items():
            subject = f"{rebuild.table}.{quote(column)}"
            yield context.finding(
                Severity.WARNING,
                f"{subject} {what}",
                subject=subject,
                help=f"to keep its values, copy it in this INSERT into {rebuild.created.table}",
                loses=True,
            )


def _rows_left_out(context: Context, action: Remade) -> Iterator[Finding]:
    rows = context.matching(action.table, action.condition) if action.condition else None
    if rows == 0:
        return
    held = counted(rows, "row") if rows else "rows"
    why = " ".join(action.left_out.split())
    yield context.finding(
        Severity.WARNING,
        f"{held} of {action.table} {'is' if rows == 1 else 'are'} left out of the copy: {why}",
        subject=str(action.table),
        help="what must not be lost goes into another table first",
        count=rows,
        loses=True,
    )


def _changed(context: Context, rebuild: Rebuild) -> dict[str, str]:
    after = {column.name: column.type for column in rebuild.created.columns}
    before = context.schema.columns(rebuild.table)
    copied = " ".join(rebuild.copy.values)
    found = {}
    for column, type_ in before.items():
        if copied and not re.search(rf'(?<!\w)"?{re.escape(column)}"?(?!\w)', copied):
            found[column] = "is left out of the copy, and its values are lost"
        elif column in after and not same_type(type_, after[column]):
            found[column] = f"changes from {type_} to {after[column]}; values that do not fit stay as they were written"
    for one in warnings(context.migration.sql):
        if one.table == rebuild.table.name and one.column and not before:
            if one.kind in ("drop column", "recreate", "recreate required"):
                found[one.column] = "is left out of the copy, and its values are lost"
            elif one.kind == "cast":
                found[one.column] = f"changes{f' from {one.before}' if one.before else ''}; values may come out changed"
    return found


RULE = Rule("rebuild-loses-values", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Insert, Remade))
