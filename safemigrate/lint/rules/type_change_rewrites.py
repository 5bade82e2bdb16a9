"""A column's new type writes the whole table and its indexes anew while reads and writes wait.

PostgreSQL changes the catalog alone where a varchar or numeric only grows, where varchar and text take turns without a
length, and where a timestamp or interval gains precision. Every other change rewrites: int to bigint, timestamp to
timestamptz with a precision (in UTC too), json to jsonb, a new enum, any array. A foreign key of the column is checked
anew, and its other table locked. Without a target the old type is known where these migrations made the column; where
it is not, a rewrite is assumed. New and small tables are written before anybody notices.

Add a column of the new type, keep both up to date by a trigger, fill it in batches, switch, drop the old one.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterColumnType, quote

SETUP = 'CREATE TABLE "Item" (id int PRIMARY KEY, code varchar(10));'
BAD = """
ALTER TABLE "Item" ADD COLUMN "price" INTEGER;
ALTER TABLE "Item" ALTER COLUMN "price" SET DATA TYPE BIGINT;
"""
GOOD = """
ALTER TABLE "Item" ADD COLUMN "name" VARCHAR(10);
ALTER TABLE "Item" ALTER COLUMN "name" SET DATA TYPE VARCHAR(20);
ALTER TABLE "Item" ALTER COLUMN "name" SET DATA TYPE TEXT;
"""


def check(context: Context) -> Iterator[Finding]:
    """Type changes that PostgreSQL cannot make in the catalog alone."""
    for action in context.actions:
        if not isinstance(action, AlterColumnType):
            continue
        felt = [one for one in context.felt(action) if one.slow]
        if not felt:
            continue
        before = context.schema.table(action.table).types.get(action.column, "")
        rows = context.rows(action.table)
        many = f"all {counted(rows, 'row')} of {action.table} are" if rows else f"{action.table} is"
        change = f"from {before} to {action.type}" if before else f"to {action.type}"
        others = sorted({str(one.table) for one in felt if one.table != action.table})
        work = "written anew" if felt[0].rewrites else "read for its indexes"
        yield context.finding(
            Severity.WARNING,
            f"{many} {work} to change {quote(action.column)} {change}, while reads and writes wait"
            + (f"; so do those of {', '.join(others)}" if others else ""),
            subject=f"{action.table}.{quote(action.column)}",
            help="for a big table: a new column, filled in batches",
            count=rows,
        )


RULE = Rule("type-change-rewrites", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work")
