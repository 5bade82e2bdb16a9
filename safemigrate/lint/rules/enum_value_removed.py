"""An enum is made anew without some of its labels: rows that hold one stop the migration, or are changed by it.

PostgreSQL cannot take a label from an enum, so Prisma creates a second type and moves every column to it, which
rewrites those tables. The move fails on the first row that still holds a removed label.

Write the rows first, in the same migration: `UPDATE ... SET role = 'USER' WHERE role = 'GUEST'`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.enums import Recreated, recreated
from safemigrate.lint.labels import holding, spelled
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterColumnType, CreateType, quote

SETUP = (
    "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN', 'GUEST');"
    ' CREATE TABLE "User" (id int PRIMARY KEY, role "Role" NOT NULL);'
)
BAD = """
CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN');
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
"""
GOOD = "ALTER TYPE \"Role\" ADD VALUE 'OWNER';"


def check(context: Context) -> Iterator[Finding]:
    """Enums made anew, reported where the new type is created."""
    here = {id(action) for action in context.actions if isinstance(action, CreateType)}
    for enum in recreated(context) if here else ():
        if id(enum.created) in here:
            yield from _lost(context, enum)


def _lost(context: Context, enum: Recreated) -> Iterator[Finding]:
    labels = None if context.is_new_type(enum.name) else context.facts.enums.get(context.key(enum.name))
    if labels is None:
        if any(context.rows(column.table) != 0 for column, _remapped in enum.columns):
            yield context.finding(
                Severity.WARNING,
                f"enum {enum.name} is made anew; a label that is no longer in it may still be in use",
                subject=str(enum.name),
                help="update the rows that hold a removed label first, in this migration",
                loses=True,
            )
        return
    removed = [label for label in labels if label not in (enum.created.labels or ())]
    if not removed:
        return
    literals = spelled(removed)
    for column, remapped in enum.columns:
        yield _in_column(context, enum, column, literals, remapped=remapped)
    if not enum.columns:
        message = f"enum {enum.name} loses {literals}; no column moves to it"
        yield context.finding(Severity.NOTICE, message, subject=str(enum.name), count=0)


def _in_column(context: Context, enum: Recreated, column: AlterColumnType, literals: str, *, remapped: bool) -> Finding:
    subject = f"{column.table}.{quote(column.column)}"
    rows = holding(context, column, literals)
    says = f"enum {enum.name} loses {literals}"
    if rows == 0:
        return context.finding(Severity.NOTICE, f"{says}; no row of {subject} holds it", subject=subject, count=0)
    held = f"{counted(rows, 'row')} of {subject} hold it" if rows else f"rows of {subject} may hold it"
    name = quote(column.column)
    update = f"UPDATE {column.table} SET {name} = ... WHERE {name} IN ({literals});"
    # A plain cast by way of text fails on them; anything else in USING says what becomes of them.
    converts = remapped or "CASE" in column.using.upper()
    return context.finding(
        Severity.ERROR if rows and not converts else Severity.WARNING,
        f"{says}; {held}" + (" and are changed" if converts else "" if rows is None else ", which stops the migration"),
        subject=subject,
        help="" if converts else f"first: {update}",
        count=rows,
        loses=True,
    )


RULE = Rule("enum-value-removed", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(CreateType,))
