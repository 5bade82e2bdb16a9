"""The `_prisma_migrations` table in a SQLite file, read and written as Prisma's schema engine does.

Source: prisma-engines, schema-engine/connectors/sql-schema-connector/src/flavour/sqlite and
quaint/src/connector/sqlite/native/conversion.rs; measured with 5.22, 6.19 and 7.10.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from safemigrate.model import AppliedMigration, Migration
from safemigrate.prisma.history import GUARD, TABLE, state_of

if TYPE_CHECKING:
    from safemigrate.db.sqlite.connection import Connection

# To the letter, spaces too: a file compares equal to one that Prisma made.
_CREATE: Final = f"""CREATE TABLE IF NOT EXISTS "{TABLE}" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)"""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def create_table(connection: Connection) -> None:
    """Create the table as Prisma would; an existing one stays as it is."""
    connection.execute(_CREATE)


def read(connection: Connection, schema: str = "main") -> list[AppliedMigration] | None:
    """Return the rows, oldest start first; None without the table: Prisma does not manage this file yet.

    `schema` is the name of an attached file. The guard's row is no migration and is left out: see `guarded`.
    """
    if not _exists(connection, schema):
        return None
    found = connection.execute(
        "SELECT id, migration_name, checksum, started_at, finished_at, rolled_back_at, applied_steps_count, logs "
        f'FROM "{schema}"."{TABLE}" WHERE migration_name <> ? ORDER BY rowid',
        [GUARD],
    )
    rows = []
    for identifier, name, checksum, started, finished, rolled_back, steps, logs in found:
        started_at, finished_at, rolled_back_at = _time(started) or _EPOCH, _time(finished), _time(rolled_back)
        state = state_of(finished_at, rolled_back_at)
        times = (started_at, finished_at, rolled_back_at)
        rows.append(AppliedMigration(identifier, name, checksum, state, *times, steps, logs or ""))
    # Not by SQL: rows of the engine's binary have numbers, those of a driver adapter texts. A tie keeps its order.
    return sorted(rows, key=lambda row: row.started_at)


def record_applied(connection: Connection, migration: Migration, identifier: str) -> None:
    """Insert the row of a migration that is applied in this same transaction: one step a script, logs NULL."""
    connection.execute(
        f"INSERT INTO main.{TABLE} (id, checksum, migration_name, started_at, finished_at, applied_steps_count) "
        "VALUES (?, ?, ?, ?, ?, 1)",
        [identifier, migration.checksum, migration.name, now := _now(), now],
    )


def record_baseline(connection: Connection, migration: Migration) -> str:
    """Record a migration whose changes are there already, as `migrate resolve --applied` does; return the row's id."""
    identifier, now = str(uuid4()), _now()
    with connection.transaction():
        connection.execute(
            f"UPDATE main.{TABLE} SET rolled_back_at = ? "
            "WHERE migration_name = ? AND finished_at IS NULL AND rolled_back_at IS NULL",
            [_now(), migration.name],
        )
        connection.execute(
            f"INSERT INTO main.{TABLE} (id, checksum, migration_name, started_at, finished_at, logs, "
            "applied_steps_count) VALUES (?, ?, ?, ?, ?, '', 0)",
            [identifier, migration.checksum, migration.name, now, now],
        )
    return identifier


def delete(connection: Connection, identifier: str) -> None:
    """Take one row out, as if its migration had never been recorded."""
    connection.execute(f"DELETE FROM main.{TABLE} WHERE id = ?", [identifier])


def mark_rolled_back(connection: Connection, name: str) -> int:
    """Mark every applied or failed row of a migration as rolled back, for Prisma pending again; return how many."""
    return connection.execute(
        f"UPDATE main.{TABLE} SET rolled_back_at = ? WHERE migration_name = ? AND rolled_back_at IS NULL",
        [_now(), name],
    ).rowcount


def guarded(connection: Connection) -> bool:
    """Whether plain `prisma migrate deploy` stops at the guard; a guard that somebody resolved by hand is none."""
    standing = f"SELECT 1 FROM main.{TABLE} WHERE migration_name = ? AND finished_at IS NULL AND rolled_back_at IS NULL"
    return _exists(connection) and connection.execute(standing, [GUARD]).fetchone() is not None


def raise_guard(connection: Connection, reason: str) -> None:
    """Make plain `prisma migrate deploy` stop until `lower_guard`; harmless where it does already."""
    if not guarded(connection):
        connection.execute(
            f"INSERT INTO main.{TABLE} (id, checksum, migration_name, started_at, logs) VALUES (?, ?, ?, ?, ?)",
            [str(uuid4()), hashlib.sha256(GUARD.encode()).hexdigest(), GUARD, _now(), reason],
        )


def lower_guard(connection: Connection) -> bool:
    """Let `prisma migrate deploy` go on, and leave no trace of the guard; False where there was none."""
    stood = guarded(connection)
    if stood:
        connection.execute(f"DELETE FROM main.{TABLE} WHERE migration_name = ?", [GUARD])
    return stood


def _exists(connection: Connection, schema: str = "main") -> bool:
    known = f"SELECT 1 FROM \"{schema}\".sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(known, [TABLE]).fetchone() is not None


def _now() -> int:
    """Milliseconds, as the engine's binary writes them."""
    return time.time_ns() // 1_000_000


def _time(stored: Any) -> datetime | None:
    """Read a time as the engine does: milliseconds, or a text of SQLite's or ISO's; another is the epoch."""
    if stored is None:
        return None
    with suppress(ValueError, OverflowError):
        if isinstance(stored, int | float):
            return _EPOCH + timedelta(milliseconds=stored)
        read = datetime.fromisoformat(str(stored))
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return _EPOCH
