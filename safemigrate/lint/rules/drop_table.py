"""Dropping a table takes its rows, and every query that still names it fails.

safemigrate keeps the table for a rollback, so its rows are not gone at once; new ones can no longer be written. A table
that this migration made itself, or that is empty, is no loss. Dropping a table locks every table it refers to.

Stop using the table first, release that, then drop it in a later migration. A renamed model comes out of Prisma as
DROP TABLE and CREATE TABLE: write `ALTER TABLE ... RENAME TO ...` instead, and the rows stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import CreateTable, DropObject, DropTable

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY);'
BAD = 'DROP TABLE "Post";'
GOOD = 'ALTER TABLE "Post" RENAME TO "Article";'


def check(context: Context) -> Iterator[Finding]:
    """Tables dropped, by name or with their schema."""
    for action in context.actions:
        if isinstance(action, DropTable):
            for table in action.tables:
                absent = action.if_exists and context.facts.tables is not None and not context.is_there(table)
                if not context.is_new(table) and not absent:
                    yield _dropped(context, table)
        elif isinstance(action, DropObject) and (
            action.kind == "owned" or (action.kind == "schema" and action.cascade)
        ):
            names = ", ".join(map(str, action.names)) or "what a role owns"
            yield context.finding(
                Severity.WARNING,
                f"{names} is dropped with every table in it",
                subject=names,
                help="drop the tables by name first, so that each is counted and kept",
                loses=True,
            )


def _dropped(context: Context, table: Name) -> Finding:
    rows = context.rows(table)
    if rows == 0:
        return context.finding(Severity.NOTICE, f"{table} is dropped; it is empty", subject=str(table), count=0)
    held = f"; it holds {counted(rows, 'row')}" if rows else " with its rows"
    successor = _successor(context, table)
    way_out = "stop using it, release that, drop it in a later migration"
    if successor:
        way_out = f"if it was only renamed: ALTER TABLE {table} RENAME TO {successor};"
    return context.finding(
        Severity.WARNING, f"{table} is dropped{held}", subject=str(table), help=way_out, count=rows, loses=True
    )


def _successor(context: Context, table: Name) -> str:
    """A table of the same migration with the same columns."""
    fact = context.fact(table)
    if not fact:
        return ""
    made = [action for action in [*context.before, *context.after] if isinstance(action, CreateTable)]
    columns = set(fact.columns)
    return next((str(action.table) for action in made if {c.name for c in action.columns} == columns), "")


RULE = Rule("drop-table", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP)
