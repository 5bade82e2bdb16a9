"""SQLite's way to change a table, as Prisma writes it: a new one, the rows copied, the old one dropped, its name taken.

CREATE TABLE "new_T"; INSERT INTO "new_T" (...) SELECT ... FROM "T"; DROP TABLE "T"; ALTER TABLE "new_T" RENAME TO "T";
By hand also the other way round: "T" renamed, made again, filled, and the renamed one dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from safemigrate.lint.facts import Key
from safemigrate.model.value import dataclass
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import CreateTable, DropTable, Insert, Rename

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


@dataclass(frozen=True, slots=True)
class Remade:
    """A table made anew under its old name: `temporary` is the other one, the rest numbers of statements.

    `copies` are the INSERTs of its rows, () for a table whose rows are left behind. `begin` is where one of the two
    names is new, `drop` where the old table goes, `end` where the new one has the name: another than before where there
    is a `renamed`.
    """

    table: Name
    temporary: Name
    created: CreateTable
    begin: int
    create: int
    copies: tuple[int, ...]
    drop: int
    end: int
    renamed: Name | None = None


def remade(statements: Sequence[Statement], key: Callable[[Name], Key]) -> list[Remade]:
    """The tables that statements make anew, in their order."""
    found: list[Remade] = []
    made: dict[Key, tuple[int, CreateTable]] = {}
    filled: dict[Key, list[int]] = {}
    origins: dict[Key, set[Name | None]] = {}
    dropped: dict[Key, int] = {}
    aside: dict[Key, tuple[int, Name]] = {}
    for number, statement in enumerate(statements):
        for action in statement.actions:
            match action:
                case CreateTable(temporary=False):
                    made[key(action.table)] = number, action
                    filled.pop(key(action.table), None)
                    origins.pop(key(action.table), None)
                case Insert(query=True):
                    filled.setdefault(key(action.table), []).append(number)
                    origins.setdefault(key(action.table), set()).add(action.origin)
                case DropTable():
                    for table in action.tables:
                        dropped[key(table)] = number
                        begin, name = aside.pop(key(table), (0, table))
                        create, created = made.get(key(name), (0, None))
                        copies = tuple(filled.get(key(name), ()))
                        if created and begin < create and name != table and copies:
                            found.append(Remade(name, table, created, begin, create, copies, number, number))
                case Rename(kind="table"):
                    table = Name(action.old.schema, action.new)
                    create, created = made.pop(key(action.old), (0, None))
                    copies = tuple(filled.pop(key(action.old), ()))
                    drop = dropped.get(key(table), -1)
                    sources = origins.get(key(action.old), set())
                    old = next(iter(sources)) if len(sources) == 1 else None
                    moved = dropped.get(key(old), -1) if old else -1
                    if created and create < drop:
                        found.append(Remade(table, action.old, created, create, create, copies, drop, number))
                    elif created and old and create < moved:
                        found.append(Remade(old, action.old, created, create, create, copies, moved, number, table))
                    else:
                        aside[key(table)] = number, action.old
    return found


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A table made anew under its old name, and the INSERT that copies its rows."""

    table: Name
    created: CreateTable
    copy: Insert


def rebuilds(context: Context) -> list[Rebuild]:
    """The tables that a migration for PostgreSQL makes anew; of one for SQLite nothing is left of them (`folded`)."""
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
