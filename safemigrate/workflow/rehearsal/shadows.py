"""Databases in a shadow, and what it means when they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from safemigrate import proc
from safemigrate.db import session
from safemigrate.db.postgres import Connection, Server, connect, quote, reset
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError
from safemigrate.execute import run
from safemigrate.model import Migration, OnProgress
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.replay import replay

HISTORY = "history"


class Database:
    """A shadow database with one connection, opened when it is asked for; nobody may be connected to what is copied."""

    def __init__(self, shadow: Shadow, name: str) -> None:
        """Take a database that the shadow has."""
        self._shadow = shadow
        self._open = ExitStack()
        self._connection: Connection | None = None
        self.name = name

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._connection is None:
            url = self._shadow.url(self.name)
            self._connection = self._open.enter_context(connect(url, application_name="safemigrate rehearsal"))
        return self._connection

    def reset(self) -> None:
        """Make the connection as a new one is."""
        reset(self.connection, self._shadow.url(self.name))

    def close(self) -> None:
        """Leave the database to others."""
        self._connection = None
        self._open.close()

    def copy(self, name: str) -> Database:
        """Copy it as it stands."""
        self.close()
        self._shadow.create(name, template=self.name)
        return Database(self._shadow, name)

    def drop(self) -> None:
        """Drop it."""
        self.close()
        self._shadow.drop(self.name)


@contextmanager
def refusals(shadow: Shadow) -> Iterator[None]:
    """Say that what a shadow refuses, beyond a migration's own statements, is the shadow's fault."""
    try:
        yield
    except session.SqlError as error:
        raise ShadowError(
            f"the shadow ({shadow.describe}) refused a query of the rehearsal; the target was only read",
            session.Refusal.of(error).message,
            ("safemigrate apply --shadow-url postgresql://USER@HOST/postgres   # another shadow",),
        ) from error


@contextmanager
def replayed(
    shadow: Shadow, migrations: Sequence[Migration], on_progress: OnProgress, *, purpose: str, fix: tuple[str, ...]
) -> Iterator[Connection]:
    """Connect to a database, HISTORY, that has gone through these migrations; `replay` says what is raised."""
    url = shadow.create(HISTORY)
    ensure_schema(url)
    with connect(url, application_name="safemigrate rehearsal") as connection:
        replay(
            connection,
            migrations,
            lambda sql, line: run.execute(connection, sql, line=line),
            on_progress,
            purpose=purpose,
            fix=fix,
        )
        yield connection


def copy_schema(url: DatabaseUrl, server: Server, into: DatabaseUrl) -> None:
    """Make an empty database one like the target, without its rows."""
    from safemigrate.snapshot.restore import restore
    from safemigrate.snapshot.take import take

    with proc.scratch() as scratch:
        restore(take(url, server, scope="schema", store=scratch), into, shadow=True)
    ensure_schema(into)


def ensure_schema(url: DatabaseUrl) -> None:
    """Make the schema that a URL's ?schema= names, as Prisma does when it connects; harmless where it exists."""
    with connect(url) as connection:
        session.run(connection, f"CREATE SCHEMA IF NOT EXISTS {quote(url.schema)}")
