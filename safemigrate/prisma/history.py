"""The `_prisma_migrations` table, read and written as Prisma's schema engine does.

Source: prisma-engines, schema-engine/connectors/sql-schema-connector/src/{apply_migration,sql_migration_persistence}.rs
and commands/src/commands/mark_migration_applied.rs; semantics measured on 5.22, 6.19 and 7.10.
Times come from the database's clock, so that rows of several machines have one order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from safemigrate.model import AppliedMigration, AppliedState, Migration

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection

TABLE: Final = "_prisma_migrations"
# Prisma's advisory lock: session level there; a transaction-level lock excludes it as well.
LOCK_KEY: Final = 72707369
# The row that makes `prisma migrate deploy` stop (P3009): unfinished, and of a name that says what to do, for the name
# is all that Prisma prints of it (schema-engine, diagnose_migration_history).
GUARD: Final = "HELD_by_safemigrate__run_safemigrate_status"

_COLUMNS: Final = """(
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)"""

_SELECT: Final = (
    "SELECT id, migration_name, checksum, started_at, finished_at, rolled_back_at, applied_steps_count, logs FROM "
)


def create_table(connection: Connection, schema: str) -> None:
    """Create the table as Prisma would; an existing one stays as it is. The schema must exist."""
    _run(connection, schema, "CREATE TABLE IF NOT EXISTS {table} " + _COLUMNS)


def read(connection: Connection, schema: str) -> list[AppliedMigration] | None:
    """Return the rows, oldest start first; None without the table: Prisma does not manage this database yet.

    The guard's row is no migration and is left out: see `guarded`.
    """
    found = connection.execute("SELECT to_regclass(%s)", (_table(schema),)).fetchone()
    if found is None or found[0] is None:
        return None
    query = f"{_SELECT}{_table(schema)} WHERE migration_name <> '{GUARD}' ORDER BY started_at, migration_name"
    rows = connection.execute(query.encode()).fetchall()
    return [
        AppliedMigration(
            id=identifier,
            name=name,
            checksum=checksum,
            state=state_of(finished_at, rolled_back_at),
            started_at=started_at,
            finished_at=finished_at,
            rolled_back_at=rolled_back_at,
            applied_steps=steps,
            logs=logs or "",
        )
        for identifier, name, checksum, started_at, finished_at, rolled_back_at, steps, logs in rows
    ]


def record_started(connection: Connection, schema: str, migration: Migration) -> str:
    """Insert the row of a migration that begins now, which reads as failed until it is finished; return its id."""
    identifier = str(uuid4())
    _run(
        connection,
        schema,
        "INSERT INTO {table} (id, checksum, migration_name, started_at) VALUES (%s, %s, %s, clock_timestamp())",
        (identifier, migration.checksum, migration.name),
    )
    return identifier


def record_finished(connection: Connection, schema: str, identifier: str) -> None:
    """Finish a started row: one step a script, logs NULL."""
    _run(
        connection,
        schema,
        "UPDATE {table} SET finished_at = clock_timestamp(), applied_steps_count = 1, logs = NULL WHERE id = %s",
        (identifier,),
    )


def record_failed(connection: Connection, schema: str, identifier: str, logs: str) -> None:
    """Put the reason into a started row; it stays unfinished, so Prisma stops at it too (P3009)."""
    _run(connection, schema, "UPDATE {table} SET logs = %s WHERE id = %s", (logs, identifier))


def record_applied(connection: Connection, schema: str, migration: Migration) -> str:
    """Insert the row of a migration that is applied in this same transaction; return its id."""
    identifier = record_started(connection, schema, migration)
    record_finished(connection, schema, identifier)
    return identifier


def record_baseline(connection: Connection, schema: str, migration: Migration) -> str:
    """Record a migration whose changes are there already, as `migrate resolve --applied` does; return the row's id."""
    identifier = str(uuid4())
    with connection.transaction():
        _run(
            connection,
            schema,
            "UPDATE {table} SET rolled_back_at = clock_timestamp()"
            " WHERE migration_name = %s AND finished_at IS NULL AND rolled_back_at IS NULL",
            (migration.name,),
        )
        _run(
            connection,
            schema,
            "INSERT INTO {table} (id, checksum, migration_name, started_at, finished_at, logs, applied_steps_count)"
            " SELECT %s, %s, %s, clock, clock, '', 0 FROM clock_timestamp() AS clock",
            (identifier, migration.checksum, migration.name),
        )
    return identifier


def delete(connection: Connection, schema: str, identifier: str) -> None:
    """Take one row out, as if its migration had never been recorded."""
    _run(connection, schema, "DELETE FROM {table} WHERE id = %s", (identifier,))


def mark_rolled_back(connection: Connection, schema: str, name: str) -> int:
    """Mark every applied or failed row of a migration as rolled back, for Prisma pending again; return how many."""
    return _run(
        connection,
        schema,
        "UPDATE {table} SET rolled_back_at = clock_timestamp() WHERE migration_name = %s AND rolled_back_at IS NULL",
        (name,),
    )


def guarded(connection: Connection, schema: str) -> bool:
    """Whether plain `prisma migrate deploy` stops at the guard; a guard that somebody resolved by hand is none."""
    found = connection.execute("SELECT to_regclass(%s)", (_table(schema),)).fetchone()
    if found is None or found[0] is None:
        return False
    return (
        _run(
            connection,
            schema,
            "SELECT FROM {table} WHERE migration_name = %s AND finished_at IS NULL AND rolled_back_at IS NULL",
            (GUARD,),
        )
        > 0
    )


def raise_guard(connection: Connection, schema: str, reason: str) -> None:
    """Make plain `prisma migrate deploy` stop until `lower_guard`; harmless where it does already."""
    if not guarded(connection, schema):
        _run(
            connection,
            schema,
            "INSERT INTO {table} (id, checksum, migration_name, started_at, logs)"
            " VALUES (%s, %s, %s, clock_timestamp(), %s)",
            (str(uuid4()), hashlib.sha256(GUARD.encode()).hexdigest(), GUARD, reason),
        )


def lower_guard(connection: Connection, schema: str) -> bool:
    """Let `prisma migrate deploy` go on, and leave no trace of the guard; False where there was none."""
    stood = guarded(connection, schema)
    if stood:
        _run(connection, schema, "DELETE FROM {table} WHERE migration_name = %s", (GUARD,))
    return stood


@dataclass(frozen=True, slots=True)
class HistoryState:
    """Files and rows side by side; every list in the history's order.

    `managed` is False without the table. `failed` also holds what is running: the advisory lock tells them apart.
    `edited` pairs a file with the row that has another checksum. `missing` are applied without a folder.
    `rolled_back` and `out_of_order` (older than the newest applied) are parts of `pending`.
    """

    managed: bool
    applied: tuple[Migration, ...]
    pending: tuple[Migration, ...]
    failed: tuple[AppliedMigration, ...]
    edited: tuple[tuple[Migration, AppliedMigration], ...]
    missing: tuple[AppliedMigration, ...]
    rolled_back: tuple[Migration, ...]
    out_of_order: tuple[Migration, ...]


def state(files: Sequence[Migration], rows: Sequence[AppliedMigration] | None) -> HistoryState:
    """Compare the migrations on disk with the rows of the table."""
    applied = {row.name: row for row in rows or () if row.state is AppliedState.APPLIED}
    failed = tuple(row for row in rows or () if row.state is AppliedState.FAILED)
    undone = {row.name for row in rows or () if row.state is AppliedState.ROLLED_BACK}
    stopped = {row.name for row in failed}
    on_disk = {migration.name for migration in files}
    pending = tuple(file for file in files if file.name not in applied and file.name not in stopped)
    newest = max((name.encode() for name in applied), default=b"")
    return HistoryState(
        managed=rows is not None,
        applied=tuple(file for file in files if file.name in applied),
        pending=pending,
        failed=failed,
        edited=tuple(
            (file, applied[file.name])
            for file in files
            if file.name in applied and not matches(file.sql, applied[file.name].checksum)
        ),
        missing=tuple(sorted((row for row in applied.values() if row.name not in on_disk), key=_by_name)),
        rolled_back=tuple(file for file in pending if file.name in undone),
        out_of_order=tuple(file for file in pending if file.name.encode() < newest),
    )


def state_of(finished_at: datetime | None, rolled_back_at: datetime | None) -> AppliedState:
    """Return what a row with these times says."""
    if rolled_back_at:
        return AppliedState.ROLLED_BACK
    return AppliedState.APPLIED if finished_at else AppliedState.FAILED


def matches(sql: str, checksum: str) -> bool:
    """Whether a script is the one with this checksum, be its line ends LF or CRLF (prisma-engines, checksum.rs)."""
    unix = sql.replace("\r\n", "\n")
    digests = [hashlib.sha256(text.encode()).digest() for text in (sql, unix, unix.replace("\n", "\r\n"))]
    if len(checksum) == 64:
        return any(digest.hex() == checksum for digest in digests)
    # Prisma 2 wrote bytes below 16 as a single digit.
    return any("".join(f"{byte:x}" for byte in digest) == checksum for digest in digests)


def _by_name(row: AppliedMigration) -> bytes:
    return row.name.encode()


def _run(connection: Connection, schema: str, query: str, values: tuple[str, ...] = ()) -> int:
    """Return the number of rows."""
    # A % in the schema's name would be a placeholder to psycopg, but only where there are values.
    table = _table(schema).replace("%", "%%") if values else _table(schema)
    return connection.execute(query.replace("{table}", table).encode(), values or None).rowcount


def _table(schema: str) -> str:
    from safemigrate.db.postgres import quote

    return quote(schema, TABLE)
