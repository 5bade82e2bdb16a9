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
from safemigrate.sql import Name
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
    """Type changes that PostgreSQL cannot make in the catalog alone; one rewrite makes all of a statement."""
    slow: dict[Name, list[AlterColumnType]] = {}
    for action in context.actions:
        if isinstance(action, AlterColumnType) and any(one.slow for one in context.felt(action)):
            slow.setdefault(action.table, []).append(action)
    for table, changes in slow.items():
        yield _rewritten(context, table, changes)


def _rewritten(context: Context, table: Name, changes: list[AlterColumnType]) -> Finding:
    types = context.schema.table(table).types
    felt = [one for action in changes for one in context.felt(action) if one.slow]
    rows = context.rows(table)
    many = f"all {counted(rows, 'row')} of {table} are" if rows else f"{table} is"
    listed = ", ".join(
        f"{quote(one.column)}{f' from {types[one.column]}' if one.column in types else ''} to {one.type}"
        for one in changes
    )
    others = sorted({str(one.table) for one in felt if one.table != table})
    work = "written anew" if any(one.rewrites for one in felt) else "read for its indexes"
    return context.finding(
        Severity.WARNING,
        f"{many} {work} to change {listed}, while reads and writes wait"
        + (f"; so do those of {', '.join(others)}" if others else ""),
        subject=f"{table}.{quote(changes[0].column)}" if len(changes) == 1 else str(table),
        help="for a big table: a new column, filled in batches",
        count=rows,
    )


RULE = Rule(
    "type-change-rewrites", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AlterColumnType,)
)
