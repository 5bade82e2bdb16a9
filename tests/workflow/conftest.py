"""A throw-away Prisma project with a database, driven through the real workflows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from safemigrate import proc
from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.digest import Digest, digest
from safemigrate.db.postgres import connect
from safemigrate.db.programs import client, environment
from safemigrate.db.url import DatabaseUrl
from safemigrate.execute import journal
from safemigrate.model import Outcome, Result, silent
from safemigrate.rollback import down
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.rollback import rollback

CHANGE = "20240601000000_change"
SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'


@dataclass
class Project:
    """A project in a folder, and its database. `asked` are the losses that consent was asked for; `agrees` answers."""

    folder: Path
    url: DatabaseUrl
    shadow: str
    agrees: bool = True
    asked: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def write(self, name: str, sql: str) -> None:
        """Add a migration."""
        folder = self.folder / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql, encoding="utf-8")

    def run(self, sql: str) -> None:
        """Run SQL on the database, as an application would."""
        with connect(self.url) as connection:
            session.run(connection, sql)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        with connect(self.url) as connection:
            return session.rows(connection, sql)

    def state(self) -> tuple[Catalog, dict[str, Digest]]:
        """Return the database's schema and the digests of its rows, without safemigrate's own."""
        with connect(self.url) as connection:
            return read(connection), digest(connection)

    def copy(self, number: int) -> Project:
        """Return the project with a copy of its database, to try something else on."""
        name = f"{self.url.database}_{number}"
        with connect(self.url.with_database("postgres")) as connection:
            session.run(connection, f'CREATE DATABASE "{name}" TEMPLATE "{self.url.database}"')
        return replace(self, url=self.url.with_database(name))

    def request(self) -> Request:
        """Ask for nothing, answer every question."""

        def consent(_database: str, losses: Sequence[str]) -> bool:
            self.asked += losses
            return self.agrees

        return Request(
            project=self.folder,
            schema=None,
            url=f"postgresql://{self.url.user}@{self.url.host}:{self.url.port}/{self.url.database}",
            settings=self.settings,
            on_progress=silent,
            interactive=False,
            confirm=None,
            ask_name=None,
            consent=consent,
            proceed=lambda _question: True,
        )

    def apply(self, *, dry_run: bool = False, snapshot: str = "scoped") -> Outcome:
        """Run `safemigrate apply`."""
        return apply(self.request(), ApplyOptions(shadow=self.shadow, dry_run=dry_run, snapshot=snapshot))

    def rollback(self, options: RollbackOptions | None = None) -> Outcome:
        """Run `safemigrate rollback`."""
        return rollback(self.request(), options or RollbackOptions())

    def release(self, name: str) -> None:
        """Say that a migration that was rolled back may be applied again."""
        with connect(self.url) as connection:
            assert journal.release(connection, name)

    def by_hand(self, server: LocalServer, name: str) -> Project:
        """Run a migration's down.sql on a copy of the database as its header says, in a session with other settings."""
        twin = replace(self, url=self.url.with_database(f"{self.url.database}_by_hand"))
        with connect(server.url) as connection:
            session.run(connection, f'CREATE DATABASE "{twin.url.database}" TEMPLATE "{self.url.database}"')
        flags = ("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file")
        elsewhere = {"PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German", "PGOPTIONS": "-c intervalstyle=iso_8601"}
        done = proc.run(
            [client("psql", 0), *flags, self.folder / "prisma" / "migrations" / name / down.NAME],
            environment=environment(twin.url, **elsewhere),
        )
        assert (done.status, done.stderr) == (0, "")
        return twin

    def changed(self, setup: str, migration: str, since: str = "") -> Catalog:
        """Apply CHANGE to a database with rows, then write what users wrote since; return the schema before."""
        self.baseline(setup)
        before, _ = self.state()
        self.write(CHANGE, migration)
        assert self.apply().result is Result.APPLIED
        if since:
            self.run(since)
        return before

    def baseline(self, sql: str) -> None:
        """Make a schema with rows, and a history that says its migration was applied."""
        self.write("20240101000000_init", sql)
        self.run(sql)
        self.run(
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, "
            "finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
            "started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)"
        )
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        self.run(
            "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) "
            f"VALUES ('0', '{checksum}', now(), '20240101000000_init', 1)"
        )


@pytest.fixture
def project(tmp_path: Path, database: DatabaseUrl, server: LocalServer) -> Project:
    """An empty project with an empty database; shadows are made on the same server."""
    return make(tmp_path, database, server)


def make(folder: Path, database: DatabaseUrl, server: LocalServer) -> Project:
    """Write an empty project into `folder`."""
    (folder / "prisma" / "migrations").mkdir(parents=True)
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA, encoding="utf-8")
    (folder / "package.json").write_text('{"devDependencies": {"prisma": "6.19.0"}}', encoding="utf-8")
    return Project(folder, database, f"postgresql://{server.url.user}@{server.url.host}:{server.url.port}/postgres")


MakeProject = Callable[[Path, DatabaseUrl, LocalServer], Project]
