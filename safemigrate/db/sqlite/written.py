"""Which tables statements write, as SQLite itself compiles them: through triggers and foreign keys' actions too."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Literal

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, fold
from safemigrate.db.sqlite.connection import Connection

Change = Literal["insert", "update", "delete", "alter"]
Write = tuple[Change, str]

_CHANGES: dict[int, Change] = {
    sqlite3.SQLITE_INSERT: "insert",
    sqlite3.SQLITE_UPDATE: "update",
    sqlite3.SQLITE_DELETE: "delete",
}


@contextmanager
def writes(connection: Connection, schema: str = "main", *, alone: bool = False) -> Iterator[set[Write]]:
    """Collect what statements that are compiled inside the block may do to the rows of which tables.

    What SQLite writes to its own tables is left out. Rows that a REPLACE removes from the table it is on are not told
    as deleted. Of EXPLAIN and a statement the same is collected, and nothing happens. With `alone` SQLite refuses
    statements that reach into another attached file, or change Prisma's table.
    """
    found: set[Write] = set()

    def authorize(action: int, table: str | None, column: str | None, of: str | None, _inside: str | None) -> int:
        change = _CHANGES.get(action)
        if change and table and of == schema and not table.startswith("sqlite_"):
            found.add((change, table))
        file = of
        if action == sqlite3.SQLITE_ALTER_TABLE:  # the file comes first (sqlite.org/c3ref/c_alter_table.html)
            file = table
            if column and file == schema:
                found.add(("alter", column))
        prismas = table == PRISMA and (change or action == sqlite3.SQLITE_DROP_TABLE)
        if alone and (prismas or file not in (None, schema, "temp")):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)  # compiles again what is in the cache (sqlite.org/c3ref/set_authorizer.html)
    try:
        yield found
    finally:
        connection.set_authorizer(None)


def touched(before: Catalog, after: Catalog, written: Collection[str]) -> set[str]:
    """Return the tables, by their names before and after, that are not certain to hold the same as before.

    `written` are those that `writes` tells of what ran between, the altered too: one may be written under another name.
    What a table holds hangs on its root page, so that one of the same text there, to which no statement wrote, has the
    same rows. A module's table is written through its own.
    """
    wrote = {fold(name) for name in written}

    def same(name: str) -> bool:
        was, now = before.tables.get(name), after.tables.get(name)
        if was is None or now is None or (was.root, was.sql) != (now.root, now.sql):
            return False
        own = f"{fold(name)}_"
        return fold(name) not in wrote and not (was.virtual and any(one.startswith(own) for one in wrote))

    return {name for catalog in (before, after) for name in catalog.tables if not same(name)}
