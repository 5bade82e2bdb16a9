"""SQLite adds no column that is unique or computed for every row, and drops none that something else is made of.

ALTER TABLE ... ADD COLUMN takes no UNIQUE and no PRIMARY KEY. On a table with rows it takes no default that is worked
out (CURRENT_TIMESTAMP, an expression), no STORED column, and no REFERENCES beside a default. DROP COLUMN takes no
column of a key, of a unique constraint, of an index, or that another part of the table names.

Let Prisma write the migration: it makes such a table anew. Or drop the index first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.lineage import read
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddColumn, Column, DropColumn, quote

SETUP = 'CREATE TABLE "User" (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO "User" VALUES (1, NULL);'
BAD = 'ALTER TABLE "User" ADD COLUMN "seenAt" DATETIME DEFAULT CURRENT_TIMESTAMP;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "seenAt" DATETIME;'
_CONSTANT = re.compile(r"""\(*\s*[+-]?\s*(?:[\d.]+(?:e[+-]?\d+)?|0x\w+|x?'.*'|".*"|true|false)\s*\)*""", re.I | re.S)


def check(context: Context) -> Iterator[Finding]:
    """Columns that an ALTER TABLE adds or drops, and that SQLite refuses."""
    if context.statements[context.position].kind != "ALTER TABLE":
        return
    for action in context.actions:
        if isinstance(action, AddColumn):
            name, why = action.column.name, _not_added(action.column, has_rows=context.rows(action.table) != 0)
        elif isinstance(action, DropColumn):
            name, why = action.column, _not_dropped(context, action)
        else:
            continue
        if why:
            subject = f"{action.table}.{quote(name)}"
            verb = "add" if isinstance(action, AddColumn) else "drop"
            way_out = "let prisma migrate dev --create-only write it: it makes the table anew"
            yield context.finding(
                Severity.ERROR, f"SQLite refuses to {verb} {subject}{why}", subject=subject, help=way_out
            )


def _not_added(column: Column, *, has_rows: bool) -> str:
    if column.primary_key or column.unique:
        return ": it is UNIQUE" if column.unique else ": it is a PRIMARY KEY"
    if not has_rows:
        return ""
    if column.default and not _CONSTANT.fullmatch(column.default):
        return f" if there are rows: its default {column.default} is no constant"
    if column.generated and not column.virtual:
        return " if there are rows: it is STORED"
    if column.references and column.default:
        return " if there are rows: it has REFERENCES and a default"
    return ""


def _not_dropped(context: Context, drop: DropColumn) -> str:
    table = context.schema.table(drop.table)
    for name, one in table.constraints.items():
        if one.kind == "check" and len(one.columns) != 1 and read([one.expression], [drop.column]):
            return f": CHECK ({one.expression}) names it"
        if drop.column in one.columns and (one.kind in ("primary key", "unique") or len(one.columns) > 1):
            return f": it is in the {one.kind} {quote(name)}"
    index = next((name for name, one in table.indexes.items() if drop.column in one.columns), "")
    return f": index {quote(index)} has it" if index else ""


RULE = Rule(
    "refused-by-sqlite",
    "correctness",
    Severity.ERROR,
    check,
    BAD,
    GOOD,
    SETUP,
    fails=True,
    on=(AddColumn, DropColumn),
    provider="sqlite",
)
