"""Rows are written in bulk in a transaction that holds an exclusive lock: the table stays closed until all are done.

Adding a column takes a moment, but its ACCESS EXCLUSIVE lasts until the transaction ends: every query of the table
waits for the UPDATE behind it. Rows named by their key, rows written out as VALUES, and new or small tables are no
findings.

Put the change of the table into a migration of its own, and fill the rows afterwards, in batches by key.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context, names_rows
from safemigrate.lint.locks import Lock
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, Delete, Insert, Name, Update

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, name text);'
BAD = """
ALTER TABLE "User" ADD COLUMN "handle" TEXT;
UPDATE "User" SET "handle" = lower("name") WHERE "handle" IS NULL;
"""
GOOD = """
ALTER TABLE "User" ADD COLUMN "handle" TEXT;
UPDATE "User" SET "handle" = 'root' WHERE "id" = 1;
"""


def check(context: Context) -> Iterator[Finding]:
    """Rows written in bulk behind an exclusive lock."""
    for action in context.actions:
        table = _written(context, action)
        held = context.held(Lock.ACCESS_EXCLUSIVE) if table else []
        if held:
            line, effect = next((one for one in held if one[1].table == table), held[0])
            rows = context.rows(table) if table and not isinstance(action, Insert) else None
            many = f"up to {counted(rows, 'row')}" if rows else "rows"
            yield context.finding(
                Severity.WARNING,
                f"{many} of {table} are written while every query of {effect.table} waits, which line {line} locked",
                subject=str(table),
                help="fill them after the migration, in batches by key",
                count=rows,
            )


def _written(context: Context, action: Action) -> Name | None:
    """The table that an action writes many rows of, or None."""
    match action:
        case Update() | Delete() if not names_rows(action.where) and not context.is_small(action.table):
            return action.table
        case Insert(query=True) if not (action.origin and context.is_small(action.origin)):
            return action.table
    return None


RULE = Rule(
    "backfill-in-migration",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="rows",
    on=(Update, Delete, Insert),
)
