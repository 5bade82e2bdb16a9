"""A new serial or identity column numbers every row: the whole table is written anew under an exclusive lock.

It makes no difference whether the numbers come from SERIAL, BIGSERIAL or GENERATED ... AS IDENTITY. A new or small
table is written before anybody notices.

Create a sequence, add a nullable column, set its default to nextval, fill the old rows in batches, then SET NOT NULL.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import why_rewritten
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, quote

SETUP = 'CREATE TABLE "Tag" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "Tag" ADD COLUMN "number" SERIAL NOT NULL;'
GOOD = """
CREATE SEQUENCE "Tag_number_seq";
ALTER TABLE "Tag" ADD COLUMN "number" INTEGER;
ALTER TABLE "Tag" ALTER COLUMN "number" SET DEFAULT nextval('"Tag_number_seq"');
"""


def check(context: Context) -> Iterator[Finding]:
    """Columns added with a sequence of their own."""
    for action in context.actions:
        if isinstance(action, AddColumn) and why_rewritten(action.column, context.schema) == "serial":
            if context.is_small(action.table):
                continue
            yield context.finding(
                Severity.WARNING,
                f"{action.table} is written anew to number its rows while reads and writes wait",
                subject=f"{action.table}.{quote(action.column.name)}",
                help="add a nullable column, SET DEFAULT nextval(...), and number the old rows in batches",
                count=context.rows(action.table),
            )


RULE = Rule("serial-column", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AddColumn,))
