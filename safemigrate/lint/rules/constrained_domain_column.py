"""A new column of a domain with constraints writes the whole table anew under an exclusive lock.

PostgreSQL checks the domain for every row, even where the column is NULL in all of them or has one constant default,
and rewrites the table to do so. A domain without CHECK and NOT NULL costs nothing. Without a target only domains that
these migrations make are known. A new or small table is written before anybody notices.

Use the domain's base type with `CHECK (...) NOT VALID`, validated in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import why_rewritten
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, quote

SETUP = 'CREATE TABLE "Order" (id int PRIMARY KEY);'
BAD = """
CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
ALTER TABLE "Order" ADD COLUMN "discount" percent;
"""
GOOD = 'ALTER TABLE "Order" ADD COLUMN "discount" INTEGER;'


def check(context: Context) -> Iterator[Finding]:
    """Columns added with a domain that has constraints."""
    for action in context.actions:
        if isinstance(action, AddColumn) and why_rewritten(action.column, context.schema) == "domain":
            if context.is_small(action.table):
                continue
            yield context.finding(
                Severity.WARNING,
                f"{action.table} is written anew to check domain {action.column.type} while reads and writes wait",
                subject=f"{action.table}.{quote(action.column.name)}",
                help="use the base type, with a CHECK ... NOT VALID that is validated in a later migration",
                count=context.rows(action.table),
            )


RULE = Rule(
    "constrained-domain-column", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AddColumn,)
)
