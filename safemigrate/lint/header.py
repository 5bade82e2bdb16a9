"""What Prisma says of a migration in the comment at its head, when `prisma migrate dev` writes it.

People edit files and formatters drop comments, so it proves nothing when it is silent; but it knows the old schema.
Texts: schema-engine, sql-schema-connector, `destructive_change_checker`.
"""

from __future__ import annotations

import re
from functools import cache

from safemigrate.model.value import dataclass

_COLUMN, _TABLE = r"`(?P<column>[^`]+)`", r"`(?P<table>[^`]+)`"
_TEXTS = {
    "drop column": rf"about to drop the column {_COLUMN} on the {_TABLE} table",
    "drop table": rf"about to drop the {_TABLE} table",
    "cast": rf"about to alter the column {_COLUMN} on the {_TABLE} table.*?(?:cast from `(?P<before>[^`]*)`|$)",
    "recreate": rf"The {_COLUMN} column on the {_TABLE} table would be dropped and recreated",
    "recreate required": rf"Changed the type of {_COLUMN} on the {_TABLE} table\. No cast exists",
    "primary key": rf"primary key for the {_TABLE} table will be changed",
    "list": rf"Changed the column {_COLUMN} on the {_TABLE} table from a scalar field to a list field",
    "unique": rf"unique constraint covering the columns `\[(?P<column>[^`]*)\]` on the table {_TABLE}",
    "enum values": rf"The values \[(?P<column>[^\]]*)\] on the enum {_TABLE} will be removed",
    "required": rf"Added the required column {_COLUMN} to the {_TABLE} table without a default",
    "required by Prisma": rf"The required column {_COLUMN} was added to the {_TABLE} table with a prisma-level default",
    "not null": rf"Made the column {_COLUMN} on table {_TABLE} required",
}
_COMMENT = re.compile(r"\s*(?:--[^\n]*\s+)*/\*(.*?)\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning: its kind, a key of `_TEXTS`, and the table, or enum, and column it names, or columns by commas."""

    kind: str
    table: str
    column: str = ""
    before: str = ""


@cache
def warnings(sql: str) -> tuple[Warned, ...]:
    """The warnings at the head of a file."""
    head = _COMMENT.match(sql.removeprefix("\ufeff"))
    found = []
    for line in re.split(r"\n\s*-\s", head[1]) if head and "Warnings:" in head[1] else ():
        for kind, text in _TEXTS.items():
            if match := re.search(text, " ".join(line.split())):
                parts = match.groupdict()
                found.append(Warned(kind, parts["table"], parts.get("column") or "", parts.get("before") or ""))
                break
    return tuple(found)
