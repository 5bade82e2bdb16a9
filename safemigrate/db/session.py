"""Running SQL on an open connection, and what the server says when it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg

from safemigrate.db.postgres import connect, quote

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection
    from safemigrate.db.url import DatabaseUrl

SqlError = psycopg.Error

# PostgreSQL docs, appendix A.
LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
UNSAFE_NEW_ENUM_VALUE = "55P04"
ACTIVE_SQL_TRANSACTION = "25001"
INVALID_TRANSACTION_TERMINATION = "2D000"
OBJECT_IN_USE = "55006"
UNDEFINED_OBJECT = "42704"
DUPLICATE_OBJECT = "42710"
INSUFFICIENT_PRIVILEGE = "42501"


def run(connection: Connection, sql: str) -> None:
    """Execute SQL exactly as written; a `%` in it is only a percent sign."""
    connection.execute(sql.encode())


def rows(connection: Connection, sql: str, parameters: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    return connection.execute(sql.encode(), parameters).fetchall()


def value(connection: Connection, sql: str, parameters: Sequence[object] | None = None) -> Any:
    """Return the first column of a query's first row, None where it has no row."""
    found = rows(connection, sql, parameters)
    return found[0][0] if found else None


def copy(source: Connection, query: str, into: Connection, table: str) -> None:
    """Send the rows of a query from one database to a table of another; `table` may list its columns."""
    with (
        source.cursor().copy(f"COPY ({query}) TO STDOUT".encode()) as rows_out,
        into.cursor().copy(f"COPY {table} FROM STDIN".encode()) as rows_in,
    ):
        for data in rows_out:
            rows_in.write(data)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server said.

    SQLSTATE ("" for a lost connection), its message with detail and hint, the 1-based position, the table (quoted) that
    it named.
    """

    sqlstate: str
    message: str
    position: int | None
    table: str = ""

    @classmethod
    def of(cls, error: psycopg.Error) -> Refusal:
        """Read the diagnosis that psycopg keeps on its errors."""
        said = [error.diag.message_primary or str(error).strip(), error.diag.message_detail, error.diag.message_hint]
        position = error.diag.statement_position
        table = quote(error.diag.schema_name or "", error.diag.table_name) if error.diag.table_name else ""
        message = "\n".join(part for part in said if part)
        return cls(error.sqlstate or "", message, int(position) if position else None, table)


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that our statement waits for. `seconds` since its transaction began."""

    pid: int
    user: str
    application: str
    state: str
    seconds: float
    query: str

    def __str__(self) -> str:
        return (
            f"pid {self.pid} ({self.application or 'no application name'}, user {self.user}, {self.state}, "
            f"in a transaction for {self.seconds:.0f} s): {' '.join(self.query.split())[:80]}"
        )


@contextmanager
def watch_blockers(url: DatabaseUrl, pid: int) -> Iterator[list[Blocker]]:
    """Look, four times a second and from a connection of its own, at who blocks backend `pid`.

    Yields the last answer seen.

    Best effort: where the second connection cannot be had the list stays empty, and the lock timeout still holds.
    """
    seen: list[Blocker] = []
    done = Event()

    def look() -> None:
        if done.wait(0.25):  # most transactions are over by then
            return
        try:
            with connect(url, application_name="safemigrate watcher") as connection:
                while True:
                    found = rows(connection, _BLOCKERS, [pid])
                    if found:
                        seen[:] = [Blocker(*row) for row in found]
                    if done.wait(0.25):
                        return
        except Exception as error:
            seen.append(Blocker(0, "", "", f"the watcher could not look: {type(error).__name__}", 0.0, ""))

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join(timeout=5)


_BLOCKERS = """
SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8, coalesce(a.query, '')
FROM unnest(pg_blocking_pids(%s)) AS b(pid) JOIN pg_stat_activity a ON a.pid = b.pid
"""
