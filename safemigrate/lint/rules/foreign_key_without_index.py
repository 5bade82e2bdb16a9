"""A foreign key whose columns no index leads with makes each delete of a referenced row read the whole table.

PostgreSQL makes no index for it, and Prisma none but for `@@index` in the schema. While one DELETE reads, the rows that
it locks stay locked. What indexes there are, and how large the table is, only a target can say: without one it is no
finding. An index made in the same migration counts.

Create the index CONCURRENTLY, in a migration of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import AddColumn, AddConstraint, CreateIndex, quote


def check(context: Context) -> Iterator[Finding]:
    """Foreign keys added to tables that were there before, on columns that no index is known to lead with."""
    for action in context.actions:
        if isinstance(action, AddConstraint) and action.constraint.kind == "foreign key":
            yield from _added(context, action.table, action.constraint.columns, action.constraint.references)
        elif isinstance(action, AddColumn) and not (action.column.unique or action.column.primary_key):
            yield from _added(context, action.table, (action.column.name,), action.column.references)


def _added(context: Context, table: Name, columns: Sequence[str], parent: Name | None) -> Iterator[Finding]:
    if parent and _lacks(context, table, columns):
        listed = ", ".join(map(quote, columns))
        yield context.finding(
            Severity.NOTICE,
            f"no index leads with {table} ({listed}): each delete of a row of {parent} reads the whole table",
            subject=str(table),
            help=f"in a migration of its own: CREATE INDEX CONCURRENTLY ON {table} ({listed});",
        )


def _lacks(context: Context, table: Name, columns: Sequence[str]) -> bool:
    if not context.rows(table) or context.is_small(table):
        return False
    made = [one.columns for one in context.schema.table(table).indexes.values()]
    for one in context.everything:
        if isinstance(one, CreateIndex) and one.table == table:
            made.append(one.columns)
        elif isinstance(one, AddConstraint) and one.table == table and one.constraint.kind in ("unique", "primary key"):
            made.append(one.constraint.columns)
    return not any(set(index[: len(columns)]) == set(columns) for index in made)


RULE = Rule(
    "foreign-key-without-index",
    "lock",
    Severity.NOTICE,
    check,
    shows="nothing",
    on=(AddConstraint, AddColumn),
)
