"""What a SQLite file holds, read to be written into a manifest or compared with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import quote, value

if TYPE_CHECKING:
    from safemigrate.db.sqlite.connection import Connection


def counts(connection: Connection) -> dict[str, int]:
    """Count the rows of every table, by its quoted name; what a virtual one stores is in tables of its module."""
    return {
        quote(name): int(value(connection, f"SELECT count(*) FROM {quote(name)}"))
        for name, table in read(connection).tables.items()
        if not table.virtual
    }


def counters(connection: Connection) -> dict[str, int | None]:
    """Return how far AUTOINCREMENT has counted, by the table's quoted name."""
    return {quote(name): table.counter for name, table in read(connection).tables.items() if table.autoincrement}


def holds_something(connection: Connection) -> bool:
    """Whether a file has anything but what SQLite makes by itself."""
    made = "SELECT 1 FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'"
    return bool(value(connection, f"SELECT EXISTS ({made})"))
