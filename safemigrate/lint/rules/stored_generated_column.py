"""A stored generated column is worked out for every row: the whole table is written anew under an exclusive lock.

So does ALTER COLUMN ... SET EXPRESSION (PostgreSQL 17). A VIRTUAL column (PostgreSQL 18, and what GENERATED ALWAYS AS
means there without a word behind it) is worked out when it is read, and costs nothing to add. A new or small table is
written before anybody notices.

Add a plain column, keep it up to date by a trigger, and fill the old rows in batches; or compute it in a view.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import why_rewritten
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, AlterColumn, quote

SETUP = 'CREATE TABLE "Order" (id int PRIMARY KEY, total numeric);'
BAD = 'ALTER TABLE "Order" ADD COLUMN "gross" NUMERIC GENERATED ALWAYS AS (total * 1.19) STORED;'
GOOD = 'CREATE VIEW "GrossOrder" AS SELECT *, total * 1.19 AS gross FROM "Order";'


def check(context: Context) -> Iterator[Finding]:
    """Stored generated columns, added or given another expression."""
    for action in context.actions:
        if isinstance(action, AddColumn):
            column = action.column.name if why_rewritten(action.column, context.schema) == "generated" else ""
        else:
            column = action.column if isinstance(action, AlterColumn) and action.what == "set expression" else ""
        if column and isinstance(action, AddColumn | AlterColumn) and not context.is_small(action.table):
            subject = f"{action.table}.{quote(column)}"
            yield context.finding(
                Severity.WARNING,
                f"{action.table} is written anew to work out {quote(column)} while reads and writes wait",
                subject=subject,
                help="add a plain column, kept up to date by a trigger, and fill the old rows in batches",
                count=context.rows(action.table),
            )


RULE = Rule(
    "stored-generated-column",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    on=(AddColumn, AlterColumn),
)
