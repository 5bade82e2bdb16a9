"""Rows that pointed nowhere before a migration: they come back with it, and only more of them are refused."""

from __future__ import annotations

from collections import Counter

from safemigrate.db.sqlite.connection import Connection, quote, rows, run, value
from safemigrate.db.sqlite.foreign_keys import Violations, added, violations
from safemigrate.errors import MigrationFailed
from safemigrate.model import Kept, KeptKind, counted


def keep_dangling(connection: Connection, key: str) -> list[Kept]:
    """Keep how many rows of which table pointed nowhere before, where there are fewer now."""
    gone = added(violations(connection), violations(connection, "before"))
    if not gone:
        return []
    place = _place(key)
    run(connection, f"DROP TABLE IF EXISTS {place}")
    run(connection, f"CREATE TABLE {place} (child, parent, count)")
    for (child, parent), count in gone.items():
        run(connection, f"INSERT INTO {place} VALUES (?, ?, ?)", [child, parent, count])
    return [Kept(KeptKind.ROWS, quote(child), place) for child, _ in gone]


def refuse_dangling(connection: Connection, key: str, was: Violations) -> None:
    """Raise MigrationFailed where more rows point nowhere than did before the way back, or before the migration."""
    known = "SELECT count(*) FROM safemigrate.sqlite_master WHERE name = ?"
    before: Violations = Counter()
    if value(connection, known, [f"{key}_dangling"]):
        kept = rows(connection, f"SELECT child, parent, count FROM {_place(key)}")
        before.update({(child, parent): count for child, parent, count in kept})
    now = violations(connection)
    if new := added(was, now) - before:
        (child, parent), count = new.most_common(1)[0]
        words = f"{{count}} {{row|rows}} of {quote(child)} would point to no row of {quote(parent)}"
        raise MigrationFailed(counted(words, count), "The rollback was undone.")


def _place(key: str) -> str:
    return quote("safemigrate", f"{key}_dangling")
