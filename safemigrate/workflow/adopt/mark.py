"""Migrations that the database has already: recorded as applied without touching a table, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection, connect, quote
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed
from safemigrate.execute import run
from safemigrate.model import AppliedState, Migration
from safemigrate.prisma import history
from safemigrate.workflow.adopt.adoption import moved, ours
from safemigrate.workflow.adopt.scope import scope


def state(connection: Connection, named: Collection[str]) -> str:
    """Return one hash of what is the project's own in a database."""
    superuser = bool(session.value(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    return fingerprint(scope(read(connection), named=named, superuser=superuser).catalog)


def record(
    connection: Connection, schema: str, migrations: Sequence[Migration], *, proven: str, named: Collection[str]
) -> None:
    """Write the rows that `prisma migrate resolve --applied` writes, all or none, under Prisma's lock.

    The database must be in the state `proven` before and after; one that is recorded already is passed over. Raises
    HistoryError where it is not, or where another migration runs.
    """
    with run.exclusive(connection), connection.transaction():
        _require(connection, proven, named)
        history.create_table(connection, schema)
        known = {one.name for one in history.read(connection, schema) or () if one.state is AppliedState.APPLIED}
        for one in migrations:
            if one.name not in known:
                history.record_baseline(connection, schema, one)
        _require(connection, proven, named)


def are_recorded(url: DatabaseUrl, names: Collection[str]) -> bool:
    """Whether any of these is recorded as applied, asked over a new connection; True where nobody can be asked."""
    try:
        with connect(url) as connection:
            rows = history.read(connection, url.schema) or ()
    except (ConnectionFailed, session.SqlError):
        return True
    return any(one.name in names and one.state is AppliedState.APPLIED for one in rows)


def forget(connection: Connection, schema: str, migrations: Collection[tuple[str, str]], *, table: bool) -> list[str]:
    """Delete the rows that `record` wrote for these names and checksums, and the table where it is empty then.

    `table` says that `record` made it. Returns the names whose rows are gone. Raises HistoryError where migrations came
    after them.
    """
    rows = history.read(connection, schema)
    if rows is None:
        return []
    mine = ours(rows, migrations)
    with run.exclusive(connection), connection.transaction():
        for one in mine:
            history.delete(connection, schema, one.id)
        if table and len(mine) == len(rows):
            session.run(connection, f"DROP TABLE {quote(schema, history.TABLE)}")
    return [one.name for one in mine]


def _require(connection: Connection, proven: str, named: Collection[str]) -> None:
    if state(connection, named) != proven:
        raise moved()
