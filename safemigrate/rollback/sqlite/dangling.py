"""Rows that pointed nowhere before a migration: they come back with its rollback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from safemigrate.db.sqlite.connection import Connection, quote, rows, run, value
from safemigrate.db.sqlite.foreign_keys import Violations, added, violations
from safemigrate.model import Kept, KeptKind


def keep_dangling(connection: Connection, key: str, touched: Collection[str]) -> list[Kept]:
    """Keep how many rows of which table pointed nowhere before, where there are fewer now: of the tables `touched`."""
    before = violations(connection, "before", touched)
    gone = added(violations(connection, tables=touched), before) if before else before
    if not gone:
        return []
    place = _place(key)
    run(connection, f"DROP TABLE IF EXISTS {place}")
    run(connection, f"CREATE TABLE {place} (child, parent, count)")
    for (child, parent), count in gone.items():
        run(connection, f"INSERT INTO {place} VALUES (?, ?, ?)", [child, parent, count])
    return [Kept(KeptKind.ROWS, quote(child), place) for child, _ in gone]


def dangling(connection: Connection, key: str) -> Violations:
    """Return how many rows will point nowhere again once the migration is taken back."""
    if not value(connection, "SELECT count(*) FROM safemigrate.sqlite_master WHERE name = ?", [f"{key}_dangling"]):
        return Counter()
    kept = rows(connection, f"SELECT child, parent, count FROM {_place(key)}")
    return Counter({(child, parent): count for child, parent, count in kept})


def _place(key: str) -> str:
    return quote("safemigrate", f"{key}_dangling")
