"""SET NOT NULL looks for a NULL in every row while reads and writes of the table wait.

It takes ACCESS EXCLUSIVE. From PostgreSQL 12 on nothing is read where a valid `CHECK (column IS NOT NULL)` says so
already; a check of another column, and one that is not validated, does not help. PRIMARY KEY USING INDEX makes its
columns NOT NULL in the same way. New and small tables are read before anybody notices.

Add the check NOT VALID, VALIDATE it in the next migration, SET NOT NULL in the one after, and drop the check. From
PostgreSQL 18 on: `ADD CONSTRAINT n NOT NULL column NOT VALID`, then `VALIDATE CONSTRAINT n`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import checked_first
from safemigrate.lint.locks import nullable
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.schema import spelled
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import Action, AddConstraint, DropConstraint, SetNotNull, ValidateConstraint, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, email text);'
BAD = """
ALTER TABLE "User" ADD COLUMN "locale" TEXT DEFAULT 'en';
ALTER TABLE "User" ALTER COLUMN "locale" SET NOT NULL;
"""
GOOD = """
ALTER TABLE "User" ADD CONSTRAINT "email_present" CHECK ("email" IS NOT NULL) NOT VALID;
"""


def check(context: Context) -> Iterator[Finding]:
    """Columns that become NOT NULL and that no valid check proves to be so; one scan looks for all of a statement."""
    read: dict[Name, list[str]] = {}
    for action in context.actions:
        for table, column in _required(context, action):
            if any(effect.scans for effect in context.felt(action)) and not is_promoted(context, table):
                read.setdefault(table, []).append(column)
    for table, columns in read.items():
        yield _scanned(context, table, columns)


def is_promoted(context: Context, table: Name) -> bool:
    """Whether a constraint which the text did not add is validated before and dropped behind: the check, turned."""
    key = context.key(table)
    added = {one.constraint.name for one in context.before if isinstance(one, AddConstraint)}
    validated = {
        one.name for one in context.before if isinstance(one, ValidateConstraint) and context.key(one.table) == key
    }
    behind = [*context.actions, *context.after]
    dropped = {one.name for one in behind if isinstance(one, DropConstraint) and context.key(one.table) == key}
    return bool((validated - added) & dropped)


def _required(context: Context, action: Action) -> list[tuple[Name, str]]:
    if isinstance(action, SetNotNull):
        return [(action.table, action.column)]
    if not isinstance(action, AddConstraint):
        return []
    columns = action.constraint.columns if action.constraint.kind == "not null" else ()
    if action.constraint.using_index:
        columns = nullable(action.table, action.constraint, context.schema)[:1]
    return [(action.table, column) for column in columns]


def _scanned(context: Context, table: Name, columns: list[str]) -> Finding:
    rows = context.rows(table)
    column, name = columns[0], quote(columns[0])
    old = "" if context.schema.version >= 12 else f" (PostgreSQL {context.schema.version} does so even behind a check)"
    if context.schema.version >= 18:
        first = f"ALTER TABLE {table} ADD CONSTRAINT {quote(column + '_present')} NOT NULL {name} NOT VALID;"
    else:
        first = f"ALTER TABLE {table} ADD CONSTRAINT {quote(column + '_present')} CHECK ({name} IS NOT NULL) NOT VALID;"
    names = spelled(tuple(columns))
    return context.finding(
        Severity.WARNING,
        f"every row of {table} is read for a NULL in {names} while reads and writes wait{old}"
        + (f"; it has {counted(rows, 'row')}" if rows else ""),
        subject=f"{table}.{name}" if len(columns) == 1 else str(table),
        help=f"first: {first} validate it in the next migration, SET NOT NULL in the one after",
        count=rows,
    )


RULE = Rule(
    "set-not-null-scans",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=checked_first,
    on=(SetNotNull, AddConstraint),
)
