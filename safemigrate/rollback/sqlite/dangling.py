"""Rows that pointed nowhere before a migration: they come back with its rollback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from safemigrate.db.sqlite.connection import Connection, quote, rows, run, value
from safemigrate.db.sqlite.foreign_keys import Violations, violations
from safemigrate.model import Kept, KeptKind

COLUMNS = ("child", "parent", "count")


def keep_dangling(connection: Connection, key: str, touched: Collection[str]) -> list[Kept]:
    """Keep how many rows of which of the tables `touched` pointed nowhere before."""
    found = violations(connection, "before", touched)
    if not found:
        return []
    place = _place(key)
    run(connection, f"DROP TABLE IF EXISTS {place}")
    run(connection, f"CREATE TABLE {place} ({', '.join(COLUMNS)})")
    for (child, parent), count in found.items():
        run(connection, f"INSERT INTO {place} VALUES (?, ?, ?)", [child, parent, count])
    words = {
        (child, parent): f"rows of {quote(child)} that point to no row of {quote(parent)}" if parent else child
        for child, parent in found
    }
    return [Kept(KeptKind.COUNT, f"of {one}", place) for one in words.values()]


def dangling(connection: Connection, key: str) -> Violations:
    """Return how many rows pointed nowhere before the migration, and may do so when it is taken back."""
    if not value(connection, "SELECT count(*) FROM safemigrate.sqlite_master WHERE name = ?", [_name(key)]):
        return Counter()
    kept = rows(connection, f"SELECT child, parent, count FROM {_place(key)}")
    return Counter({(child, parent): count for child, parent, count in kept})


def _place(key: str) -> str:
    return quote("safemigrate", _name(key))


def _name(key: str) -> str:
    return f"{key} dangling"  # that of a table "dangling" has an underscore
