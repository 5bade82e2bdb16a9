"""Foreign keys: enforced or not, and the rows that refer to none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from safemigrate.db.sqlite.catalog import fold
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, run, value
from safemigrate.model import counted

Violations = Counter[tuple[str, str]]  # how many rows of a table refer to none of another


@contextmanager
def foreign_keys(connection: Connection, *, on: bool) -> Iterator[None]:
    """Enforce foreign keys inside the block, or do not; around a transaction, within one it cannot be switched."""
    assert not connection.in_transaction
    before = bool(value(connection, "PRAGMA foreign_keys"))
    run(connection, f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")
    try:
        yield
    finally:
        run(connection, f"PRAGMA foreign_keys = {'ON' if before else 'OFF'}")


def violations(connection: Connection, schema: str = "main", tables: Collection[str] | None = None) -> Violations:
    """Count the rows that refer to none, by table and the table referred to: a rebuild changes neither name.

    With `tables` only theirs and those of tables that refer to them. A foreign key to what is no key stands there with
    SQLite's words for it, and no second table.
    """
    found: Violations = Counter()
    name = quote(schema)
    pairs = rows(
        connection,
        f"SELECT m.name, f.[table] FROM {name}.sqlite_master m "
        f"LEFT JOIN pragma_foreign_key_list(m.name, {name}) f WHERE m.type = 'table'",
    )
    wanted = None if tables is None else {fold(one) for one in tables}
    for table in dict.fromkeys(
        table for table, parent in pairs if wanted is None or {fold(table), fold(parent or "")} & wanted
    ):
        try:
            found.update(
                (table, parent)
                for _, _, parent, _ in rows(connection, f"PRAGMA {name}.foreign_key_check({quote(table)})")
            )
        except SqlError as error:
            found[str(error), ""] += 1
    return found


def reached(connection: Connection, statements: Iterable[str]) -> set[str]:
    """The tables that statements name, or triggers on what they name: no others are written where no key cascades.

    Also those that are gone, and that others refer to.
    """
    text = fold("\n".join(statements))
    master = rows(connection, "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql NOT NULL")
    acting = {name: fold(sql) for kind, name, _, sql in master if kind == "trigger"}
    while fired := [name for kind, name, on, _ in master if kind == "trigger" and name in acting and fold(on) in text]:
        text += "\n" + "\n".join(acting.pop(name) for name in fired)
    there = {name for kind, name, _, _ in master if kind == "table"}
    parents = "SELECT f.[table] FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
    there |= {parent for (parent,) in rows(connection, parents)}
    return {name for name in there if fold(name) in text or fold(quote(name)) in text}


def in_words(found: Violations) -> list[str]:
    """Say in words which rows refer to none."""
    return [
        counted(f"{{count}} {{row|rows}} of {quote(table)} {{points|point}} to no row of {quote(parent)}", count)
        if parent
        else table
        for (table, parent), count in found.items()
    ]


def added(before: Violations, after: Violations) -> Violations:
    """Return the violations that are new; none where there are no more than before: a table may have a new name."""
    return after - before if after.total() > before.total() else Counter()
