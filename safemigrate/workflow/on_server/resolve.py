"""An open PostgreSQL target and the state of its history; refuses early, each time with the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from safemigrate import proc
from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection, Server, connect, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, HistoryError, ShadowError, word
from safemigrate.execute import journal
from safemigrate.execute.run import holder, is_held
from safemigrate.execute.runs import Hold, Run, RunState
from safemigrate.model import AppliedMigration, KeptOutcome
from safemigrate.prisma import history
from safemigrate.prisma.history import HistoryState
from safemigrate.rollback.down import SERVER, ByHand
from safemigrate.workflow.on_server.keeping import kept_objects
from safemigrate.workflow.target import Resolved


@dataclass(frozen=True, slots=True)
class ServerTarget:
    """An open target on a PostgreSQL server; see `workflow.target.Target`."""

    resolved: Resolved
    connection: Connection
    server: Server
    rows: tuple[AppliedMigration, ...]
    state: HistoryState
    runs: tuple[Run, ...]
    holds: tuple[Hold, ...]
    guarded: bool = False

    @property
    def interrupted(self) -> Run | None:
        """The run that was killed between two groups, if the lock says that nobody is at work on it."""
        running = [one for one in self.runs if one.state is RunState.RUNNING]
        return running[-1] if running and not is_held(self.connection) else None

    @property
    def rolling_back(self) -> Run | None:
        """The run whose rollback, in stages, is not at its end."""
        return next((one for one in self.runs if one.state is RunState.ROLLING_BACK), None)

    @property
    def holder(self) -> str:
        """The session that holds Prisma's migration lock, in words."""
        return holder(self.connection)

    @property
    def by_hand(self) -> ByHand:
        """How a person runs a down.sql on a server."""
        return SERVER

    @property
    def has_tables(self) -> bool:
        """Whether there is a table that Prisma counts."""
        return _has_tables(self.connection)

    @property
    def fingerprint(self) -> str:
        """The schema's fingerprint as it is now."""
        return fingerprint(read(self.connection))

    def require_writable(self) -> None:
        """Raise ConnectionFailed unless this user may create what keeping needs, on a server that takes writes."""
        _require_writable(self)

    def kept(self, retention: timedelta | None, now: datetime | None = None) -> tuple[KeptOutcome, ...]:
        """Return what is kept in the schema safemigrate."""
        return kept_objects(self.connection, self.runs, retention, now)

    def count_kept(self, place: str) -> int:
        """Count the rows of a kept table."""
        return int(session.value(self.connection, f"SELECT count(*) FROM {place}"))

    def release(self, names: Sequence[str], *, guard: bool) -> bool:
        """End these holds, and with `guard` the guard too, in one transaction."""
        try:
            with self.connection.transaction():
                for name in names:
                    journal.release(self.connection, name)
                return guard and history.lower_guard(self.connection, self.resolved.url.schema)
        except session.SqlError as error:
            raise HistoryError(
                f"the hold could not be ended in database {self.resolved.url.database}",
                session.Refusal.of(error).message,
                ("safemigrate doctor   # says which rights are missing",),
            ) from error


@contextmanager
def opened(resolved: Resolved) -> Iterator[ServerTarget]:
    """Connect to the target and read where it stands; nothing is written.

    Raises ConnectionFailed, also for what the server refuses within the block and nobody there expected.
    """
    try:
        with connect(resolved.url) as connection:
            found = server(connection)
            rows = history.read(connection, resolved.url.schema)
            yield ServerTarget(
                resolved,
                connection,
                found,
                tuple(rows or ()),
                history.state(resolved.migrations, rows),
                tuple(journal.runs(connection)),
                tuple(journal.holds(connection)),
                history.guarded(connection, resolved.url.schema),
            )
    except session.SqlError as error:
        raise refused(resolved.url, error) from error


def refused(url: DatabaseUrl, error: session.SqlError) -> ConnectionFailed:
    """Say what a server's refusal of one of our own queries means, and what leads out."""
    said = session.Refusal.of(error)
    if said.sqlstate == session.INSUFFICIENT_PRIVILEGE:
        return ConnectionFailed(
            f"user {url.user} lacks a right in database {url.database}: {said.message}",
            "Migrations run as a user who may read and write everything that Prisma manages there, usually its owner.",
            (f"psql -h {url.host} -p {url.port} -U {word(url.user)} -d {word(url.database)} -c '\\dp'",),
        )
    if said.sqlstate[:2] in ("", "08", "57"):
        return ConnectionFailed(
            f"a connection broke while safemigrate worked on {url}",
            f"{said.message}\nWhat was open there is undone by the server.",
            ("safemigrate status",),
        )
    return ConnectionFailed(
        f"the server refused a query on {url}", f"{said.message} (SQLSTATE {said.sqlstate})", ("safemigrate doctor",)
    )


def sweep() -> None:
    """Remove what killed runs left on this machine: servers, folders. Databases on a named server go with its use.

    What cannot be removed stays: at 3 a.m. it must not stand in the way of a rollback.
    """
    from safemigrate.shadow import local

    with suppress(ShadowError, proc.ProgramMissing, OSError):
        local.sweep()
    proc.sweep()


def _require_writable(target: ServerTarget) -> None:
    resolved = target.resolved
    if target.server.in_recovery:
        raise ConnectionFailed(
            f"{resolved.url} is a read-only replica", "Migrations run on the primary.", ("use the primary's URL",)
        )
    if session.value(target.connection, "SHOW track_counts") == "off":
        _count_rows(target)
    if not target.server.can_create and not journal.exists(target.connection):
        raise ConnectionFailed(
            f"user {target.server.user} may not create a schema in database {resolved.url.database}",
            "What a migration would lose is kept in the schema safemigrate of the same database.",
            (f'GRANT CREATE ON DATABASE "{resolved.url.database}" TO "{target.server.user}";',),
        )
    if journal.exists(target.connection) and (owner := journal.belongs_to_others(target.connection)):
        raise ConnectionFailed(
            f"user {target.server.user} may not write to the schema safemigrate of database {resolved.url.database}",
            f"What is kept there, and what it was kept for, is {owner}'s.",
            (f"--url with user {owner}", f'GRANT "{owner}" TO "{target.server.user}";'),
        )


def _count_rows(target: ServerTarget) -> None:
    """Have the server count changed rows in this session; without that nobody can say that all of them were kept."""
    try:
        session.run(target.connection, "SET track_counts = on")
    except session.SqlError as error:
        raise ConnectionFailed(
            f"track_counts is off in database {target.resolved.url.database}, "
            f"and user {target.server.user} may not set it",
            "safemigrate counts the rows that a migration changes, to be sure that it kept every one of them.",
            (
                f'ALTER ROLE "{target.server.user}" SET track_counts = on;  -- as a superuser',
                f'GRANT SET ON PARAMETER track_counts TO "{target.server.user}";  -- as a superuser, PostgreSQL 15+',
            ),
        ) from error


def _has_tables(connection: Connection) -> bool:
    # P3005 looks at tables only; views, enums and functions do not count (schema-engine, apply_migrations).
    return bool(
        session.value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))' "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))",
        )
    )
