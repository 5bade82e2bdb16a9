"""One way through a history: a database where the migrations run, and copies of it to prove the next one in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.errors import MigrationFailed, NotSql, ShadowError
from safemigrate.execute import run
from safemigrate.model import Migration
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.rehearse import executable, rehearse
from safemigrate.shadow.replay import runs_whole
from safemigrate.sql import split
from safemigrate.workflow.plan import Script, as_written
from safemigrate.workflow.scope import at_risk


class Copy:
    """A throw-away copy of a lane's database, with a connection to it as long as the block lasts."""

    def __init__(self, shadow: Shadow, name: str) -> None:
        self._shadow = shadow
        self._name = name
        self._open = ExitStack()

    def __enter__(self) -> Copy:
        self.connection = self._open.enter_context(opened(self._shadow, self._name))
        return self

    def __exit__(self, *raised: Any) -> bool | None:
        return self._open.__exit__(*raised)

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """Connect to a copy of this copy as it stands, for what no transaction takes back; then to this one again."""
        self._open.close()  # nobody may be connected to a template
        aside = f"{self._name}_aside"
        self._shadow.create(aside, template=self._name)
        try:
            with opened(self._shadow, aside) as connection:
                yield connection
        finally:
            self._shadow.drop(aside)
            self.__enter__()


class Lane:
    """A database in which migrations run one after another, as they are written, without rows of our making.

    One that does not run is passed over, as psql would go on after it.
    """

    def __init__(self, shadow: Shadow, name: str, migrations: Sequence[Migration], at: int = 0) -> None:
        """Take the database `name`, which holds what the first `at` migrations made."""
        self._shadow = shadow
        self._name = name
        self._migrations = migrations
        self._at = at

    def advance(self, to: int) -> None:
        """Run every migration before number `to`."""
        while self._at < to:
            migration = self._migrations[self._at]
            try:
                self.step(Script(migration, tuple(split(migration.sql, f"{migration.name}/migration.sql"))))
            except (MigrationFailed, NotSql):
                self._at += 1

    @contextmanager
    def copy(self) -> Iterator[Copy]:
        """Copy the database as it stands, for as long as the block lasts."""
        name = f"{self._name}_copy"
        self._shadow.create(name, template=self._name)
        try:
            with Copy(self._shadow, name) as copy:
                yield copy
        finally:
            self._shadow.drop(name)

    def step(self, script: Script) -> set[str]:
        """Run the next migration as written, and name the tables from before it that it locked or read.

        Raises MigrationFailed where it does not run; the database is then as it was, and the next is the same still.
        """
        with opened(self._shadow, self._name) as connection:
            touched = _whole(connection, script) if runs_whole(script.statements) else None
        if touched is None:
            touched = self._in_parts(script)
        self._at += 1
        return touched

    def _in_parts(self, script: Script) -> set[str]:
        """Run a migration that is no single transaction; it may fail half way, so a copy stands ready."""
        spare = f"{self._name}_spare"
        self._shadow.create(spare, template=self._name)
        try:
            with opened(self._shadow, self._name) as connection:
                statements = executable(script.migration, script.statements)
                seen = rehearse(connection, script.migration, statements, as_written(connection))
        except MigrationFailed:
            self._shadow.drop(self._name)
            self._shadow.create(self._name, template=spare)
            raise
        finally:
            self._shadow.drop(spare)
        return at_risk(seen.observations) | {table for one in seen.observations for table in one.trace.locks}


@contextmanager
def opened(shadow: Shadow, name: str) -> Iterator[Connection]:
    """Connect to a shadow database; what it refuses beyond a migration's own statements is the shadow's fault."""
    with connect(shadow.url(name), application_name="safemigrate rehearsal") as connection:
        try:
            yield connection
        except session.SqlError as error:
            raise ShadowError(
                f"the shadow ({shadow.describe}) refused a query of the rehearsal; the target was only read",
                session.Refusal.of(error).message,
                ("safemigrate apply --shadow-url postgresql://USER@HOST/postgres   # another shadow",),
            ) from error


def _whole(connection: Connection, script: Script) -> set[str] | None:
    """Run a file as one message, as Prisma does; None where the server does not take it so."""
    names = dict(session.rows(connection, _TABLES))
    try:
        with connection.transaction():
            run.execute(connection, script.migration.sql)
            locked = session.rows(connection, _LOCKED)
    except MigrationFailed:
        return None
    return {names[oid] for (oid,) in locked if oid in names}


_TABLES = """
SELECT c.oid, format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
"""

_LOCKED = """
SELECT DISTINCT relation FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
