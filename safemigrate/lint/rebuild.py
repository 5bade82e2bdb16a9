"""SQLite's way to change a table, as Prisma writes it: a new one, the rows copied, the old one dropped, its name taken.

CREATE TABLE "new_T"; INSERT INTO "new_T" (...) SELECT ... FROM "T"; DROP TABLE "T"; ALTER TABLE "new_T" RENAME TO "T";
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.model.value import dataclass
from safemigrate.sql import Name
from safemigrate.sql.actions import CreateTable, DropTable, Insert, Rename

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A table made anew under its old name, and the INSERT that copies its rows."""

    table: Name
    created: CreateTable
    copy: Insert


def rebuilds(context: Context) -> list[Rebuild]:
    """The tables that a migration makes anew, wherever in it; one without a copy is dropped and no more."""
    copies = {context.key(action.table): action for action in context.all_of(Insert) if action.origin}
    if not copies:
        return []
    dropped = {context.key(name) for action in context.all_of(DropTable) for name in action.tables}
    made = {context.key(action.table): action for action in context.all_of(CreateTable)}
    found = []
    for action in context.all_of(Rename):
        if action.kind != "table":
            continue
        table = Name(action.old.schema, action.new)
        copy, created = copies.get(context.key(action.old)), made.get(context.key(action.old))
        if not copy or not copy.origin or not created or context.key(table) not in dropped:
            continue
        if context.key(copy.origin) == context.key(table):
            found.append(Rebuild(table, created, copy))
    return found
