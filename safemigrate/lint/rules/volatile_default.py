"""A new column whose default differs from row to row writes the whole table anew under an exclusive lock.

`now()` and CURRENT_TIMESTAMP are worked out once; `random()`, `gen_random_uuid()`, `clock_timestamp()`, `nextval()`
and functions of the project that are not marked STABLE or IMMUTABLE are worked out row by row. Before PostgreSQL 11
every default rewrites. A new or small table is written before anybody notices.

Add the column without the default, set the default, and fill the old rows in batches:
`ALTER TABLE ... ADD COLUMN c uuid; ALTER TABLE ... ALTER COLUMN c SET DEFAULT gen_random_uuid();`
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import why_rewritten
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.volatile import volatile
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "User" ADD COLUMN "token" UUID NOT NULL DEFAULT gen_random_uuid();'
GOOD = """
ALTER TABLE "User" ADD COLUMN "token" UUID;
ALTER TABLE "User" ALTER COLUMN "token" SET DEFAULT gen_random_uuid();
ALTER TABLE "User" ADD COLUMN "joinedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
"""


def check(context: Context) -> Iterator[Finding]:
    """Columns added with a default that rewrites."""
    for action in context.actions:
        if not isinstance(action, AddColumn) or why_rewritten(action.column, context.schema) != "default":
            continue
        if context.is_small(action.table):
            continue
        column = quote(action.column.name)
        function = volatile(action.column.default, context.schema)
        why = f"{function}() differs from row to row" if function else "PostgreSQL 10 writes any default to the rows"
        rows = context.rows(action.table)
        many = f"all {counted(rows, 'row')} of {action.table} are" if rows else f"{action.table} is"
        yield context.finding(
            Severity.WARNING,
            f"{many} written anew while reads and writes wait: {why}",
            subject=f"{action.table}.{column}",
            help=f"add it without the default, then: ALTER TABLE {action.table} ALTER COLUMN {column} "
            f"SET DEFAULT {action.column.default}; and fill the old rows in batches",
            count=rows,
        )


RULE = Rule("volatile-default", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AddColumn,))
