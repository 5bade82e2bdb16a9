"""A foreign key or a check is added to a table that has rows, and nobody has asked whether they keep to it.

On SQLite a table gets one by being made anew. A CHECK stops the copy at the first row that breaks it. A foreign key
stops nothing under `PRAGMA foreign_keys=OFF`, and rows that refer to nothing stay, until one of them is written:
safemigrate asks for them before it commits, Prisma does not.

Delete or correct the rows first, in the same migration: `UPDATE "Post" SET "authorId" = NULL WHERE ...`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.lineage import read
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.rules.foreign_key_validates import orphans
from safemigrate.lint.rules.unique_on_existing import is_changed
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, AddConstraint, quote

_REBUILD = """PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Post" ("id" INTEGER PRIMARY KEY, "authorId" INTEGER, CONSTRAINT "Post_authorId_fkey"
  FOREIGN KEY ("authorId") REFERENCES "User" ("id"){});
INSERT INTO "new_Post" ("id", {}) SELECT "id", {} FROM "Post";
DROP TABLE "Post";
ALTER TABLE "new_Post" RENAME TO "Post";
PRAGMA foreign_keys=ON;
"""
SETUP = """
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "authorId" INTEGER);
"""
BAD = _REBUILD.format("", '"authorId"', '"authorId"')
GOOD = SETUP.replace('"Post"', '"Draft"').replace('"User"', '"Team"')


def check(context: Context) -> Iterator[Finding]:
    """Foreign keys and checks that a table with rows did not have before."""
    for action in context.actions:
        if not isinstance(action, AddConstraint) or action.constraint.kind not in ("foreign key", "check"):
            continue
        table, one = action.table, action.constraint
        if context.rows(table) == 0 or (one.kind == "foreign key" and _says_nothing_new(context, action)):
            continue
        if one.kind == "check":
            what = f"CHECK ({one.expression})"
            named = read([one.expression], context.schema.columns(table))
            changed = context.leaves_out(table) or any(
                context.new_column(table, name) or is_changed(context, table, name) for name in named
            )
            rows = None if changed else context.matching(table, f"NOT ({one.expression})")
            broken = "breaks it" if rows == 1 else "break it"
            fails = "a row that breaks it stops the copy"
        else:
            rows = None if context.leaves_out(table) else orphans(context, table, one)
            what = f"the foreign key ({', '.join(map(quote, one.columns))})"
            broken = f"{'refers' if rows == 1 else 'refer'} to no row of {one.references}"
            fails = f"a row that refers to no row of {one.references} stays, and fails when it is written"
        if rows == 0:
            continue
        held = f"and {counted(rows, 'row')} {broken}" if rows else fails
        yield context.finding(
            Severity.ERROR if rows else Severity.WARNING,
            f"{table} gets {what}{',' if rows else ';'} {held}",
            subject=str(table),
            help="delete or correct such rows first, in this migration",
            count=rows,
        )


def _says_nothing_new(context: Context, action: AddConstraint) -> bool:
    """Whether a column of the key is NULL in every row, or the table has it already with other actions."""
    new = action.constraint
    added = [a.column for a in context.actions if isinstance(a, AddColumn) and a.table == action.table]
    columns = {column.name: column for column in added}
    for name in new.columns:
        column = columns.get(name) or context.new_column(action.table, name)
        if column and not column.has_value and not context.written(action.table, name):
            return True
    if any(is_changed(context, action.table, name) for name in new.columns):
        return False
    return any(
        (one.columns, one.references, one.referenced) == (new.columns, new.references, new.referenced)
        for one in context.schema.foreign_keys(action.table)
    )


RULE = Rule(
    "constraint-on-existing",
    "correctness",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    on=(AddConstraint,),
    provider="sqlite",
)
