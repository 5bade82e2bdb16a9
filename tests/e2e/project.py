"""A throw-away project with a database, worked on by the real command line in a process of its own."""

from __future__ import annotations

import fcntl
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.digest import Digest, digest
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import AppliedState
from safemigrate.prisma import history, migrations
from safemigrate.shadow.local import LocalServer

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'
_FOREIGN = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR", "DATABASE_URL")


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class State:
    """All that must not be lost: the schema, every row, and what Prisma takes for applied and for failed."""

    schema: str
    rows: dict[str, Digest]
    applied: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass
class Project:
    """A folder with a schema and migrations, and a database. What the program leaves in `temporary` is a leftover."""

    folder: Path
    url: DatabaseUrl
    temporary: Path
    environment: dict[str, str] = field(default_factory=dict)

    def migration(self, name: str, sql: str | bytes) -> Path:
        """Write a migration and return its file."""
        path = self.folder / "prisma" / "migrations" / name / "migration.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sql if isinstance(sql, bytes) else sql.encode())
        return path

    def start(
        self,
        *arguments: str,
        largest_file: int = 0,
        terminal: int | None = None,
        closed_stdin: bool = False,
        environment: Mapping[str, str] = {},
    ) -> Running:
        """Start a command. `largest_file` is in bytes, `terminal` a descriptor."""

        def prepare() -> None:
            if largest_file:
                # With SIGXFSZ ignored, as Python does, the write itself fails: EFBIG, as ENOSPC on a full disk.
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
            if closed_stdin:
                os.close(0)
            if terminal is not None:
                os.setsid()
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        kept |= {
            "DATABASE_URL": self.url.prisma(),
            "TMPDIR": str(self.temporary),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "200",
            **self.environment,
            **environment,
        }
        return Running(
            subprocess.Popen(
                [sys.executable, "-m", "safemigrate", *arguments],
                cwd=self.folder,
                env=kept,
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=subprocess.PIPE if terminal is None else terminal,
                stderr=subprocess.PIPE if terminal is None else terminal,
                text=True,
                preexec_fn=prepare if largest_file or closed_stdin or terminal is not None else None,  # noqa: PLW1509
            )
        )

    def run(self, *arguments: str, **more: str) -> Ended:
        """Run a command to its end, `more` in its environment; none ever ends in a traceback or calls itself a bug."""
        ended = self.start(*arguments, environment=more).end()
        assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
        assert ended.code != 70, ended.stderr
        return ended

    def sql(self, text: str) -> None:
        """Run SQL on the database, as an application would."""
        with connect(self.url, application_name="the test") as connection:
            session.run(connection, text)

    def rows(self, text: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        with connect(self.url, application_name="the test") as connection:
            return session.rows(connection, text)

    def state(self) -> State:
        """Read what must not be lost."""
        with connect(self.url, application_name="the test") as connection:
            found = history.read(connection, "public") or []
            return State(
                fingerprint(read(connection)),
                digest(connection),
                tuple(row.name for row in found if row.state is AppliedState.APPLIED),
                tuple(row.name for row in found if row.state is AppliedState.FAILED),
            )

    @contextmanager
    def holding(self, text: str) -> Iterator[Connection]:
        """Hold a transaction open in which `text` has run."""
        with connect(self.url, application_name="the blocker") as connection:
            session.run(connection, f"BEGIN; {text}")
            yield connection

    def sessions(self) -> list[int]:
        """Name the backends of safemigrate's sessions on the database."""
        found = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name ^@ 'safemigrate'"
        )
        return [int(str(row[0])) for row in found]

    def waiting(self) -> list[int]:
        """Name the backends of safemigrate that wait for a lock or sleep."""
        found = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'safemigrate' "
            "AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')"
        )
        return [int(str(row[0])) for row in found]

    def leftovers(self) -> list[str]:
        """List the temporary files, half snapshots and server processes that a run left."""
        store = self.folder / ".safemigrate" / "snapshots"
        found = [*map(str, self.temporary.iterdir()), *map(str, store.glob("*.part"))]
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # ended this moment
                continue
            if str(self.temporary) in command:
                found.append(command)
        return found


@dataclass
class Running:
    """A command at work."""

    process: subprocess.Popen[str]
    seen: list[str] = field(default_factory=list)

    def until_said(self, start: str, times: int = 1) -> None:
        """Read stderr until a line begins so, for the n-th time; with -v, every step says when it begins."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.seen.append(line)
            times -= line.strip().startswith(start)
            if times == 0:
                return
        raise AssertionError(f"ended before it said {start!r}:\n{''.join(self.seen)}")

    def until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"ended, or took too long:\n{self.end(signal.SIGKILL).stderr}")
            time.sleep(0.02)

    def end(self, by: signal.Signals | None = None) -> Ended:
        """Wait for the end, after a signal where one is given."""
        if by is not None:
            self.process.send_signal(by)
        stdout, stderr = self.process.communicate(timeout=120)
        return Ended(self.process.returncode, stdout, "".join(self.seen) + stderr)


@contextmanager
def new_project(folder: Path, url: DatabaseUrl) -> Iterator[Project]:
    """Make a project without migrations; its temporary folder can be reached by the account a server runs as."""
    (folder / "prisma" / "migrations").mkdir(parents=True)
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA)
    temporary = Path(tempfile.mkdtemp(prefix="sm-", dir="/tmp"))
    temporary.chmod(0o711)
    try:
        yield Project(folder, url, temporary, {"SAFEMIGRATE_POSTGRES_BIN": ""})
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


FIRST, NAME = "20260101000000_base", "20260102000000_change"
BASE = """
CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL, bio text);
CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" integer REFERENCES "User", title text);
CREATE TYPE "Role" AS ENUM ('READER');
"""
ROWS = """
INSERT INTO "User" (email, bio) SELECT 'u' || n, 'bio ' || n FROM generate_series(1, 500) n;
INSERT INTO "Post" ("userId", title) SELECT 1 + n % 500, 'post ' || n FROM generate_series(1, 1000) n;
"""
# One group: both tables, with data to keep.
DROPS = """
UPDATE "Post" SET title = upper(title) WHERE id <= 10;
ALTER TABLE "User" DROP COLUMN bio;
ALTER TABLE "Post" ADD COLUMN body text;
"""
# Three groups: a transaction, a statement that stands alone, a transaction.
MIXED = """
ALTER TABLE "User" ADD COLUMN nick text;
CREATE INDEX CONCURRENTLY "User_nick_idx" ON "User" (nick);
ALTER TABLE "Post" ADD COLUMN body text;
"""
# Transactions that are in the way: of the last group of MIXED, of the first statement on "User".
IN_LAST_GROUP = 'LOCK TABLE "Post" IN ROW EXCLUSIVE MODE'
IN_THE_COLUMN = 'LOCK TABLE "User" IN ROW EXCLUSIVE MODE'


@pytest.fixture(scope="session")
def template(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose first migration is applied, with rows."""
    url = server.url.with_database(f"template_{secrets.token_hex(4)}")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{url.database}"')
    with new_project(tmp_path_factory.mktemp("template") / "project", url) as made:
        made.migration(FIRST, BASE)
        assert made.run("apply").code == 0
        made.sql(ROWS)
        yield made
    with connect(server.url) as connection:
        session.run(connection, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture
def project(template: Project, server: LocalServer, tmp_path: Path) -> Iterator[Project]:
    """A copy of the template."""
    url = server.url.with_database(f"test_{secrets.token_hex(4)}")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{url.database}" TEMPLATE "{template.url.database}"')
        with new_project(tmp_path / "project", url) as made:
            shutil.copytree(template.folder, made.folder, dirs_exist_ok=True)
            yield made
        session.run(connection, f'DROP DATABASE "{url.database}" WITH (FORCE)')


def confirmed(project: Project, *arguments: str) -> tuple[str, ...]:
    return (*arguments, "--confirm", project.url.database)


def settled(project: Project) -> None:
    """Wait until the server has noticed that its client is gone, within client_connection_check_interval."""
    deadline = time.monotonic() + 10
    while project.sessions():
        assert time.monotonic() < deadline, "a killed client's session lives on"
        time.sleep(0.05)


def led_out(project: Project, *command: str) -> Ended:
    ended = project.run(*confirmed(project, *command))
    assert ended.code == 0, ended.stderr
    left = project.leftovers()
    assert not left, left
    return ended


def is_applied(project: Project, before: State) -> None:
    after = project.state()
    assert after.applied == (*before.applied, NAME)
    assert after.failed == ()
    assert after.schema != before.schema


USERS = 'CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL, bio text);\n'


@pytest.fixture
def baselined(tmp_path: Path, database: DatabaseUrl) -> Iterator[Project]:
    """A project with one migration, which Prisma has applied, and rows."""
    with new_project(tmp_path / "project", database) as made:
        made.migration(FIRST, USERS)
        made.sql(USERS)
        made.sql("INSERT INTO \"User\" (email, bio) SELECT 'u' || n, 'bio ' || n FROM generate_series(1, 50) n")
        record(made, FIRST)
        yield made


def record(project: Project, name: str, failed: str = "") -> None:
    """Write the row that Prisma writes for a migration."""
    migration = migrations.read(project.folder / "prisma" / "migrations" / name)
    with connect(project.url) as connection:
        history.create_table(connection, "public")
        row = history.record_started(connection, "public", migration)
        if failed:
            history.record_failed(connection, "public", row, failed)
        else:
            history.record_finished(connection, "public", row)


def refused(project: Project, *arguments: str, code: int = 2, says: tuple[str, ...], **environment: str) -> Ended:
    """Run a command that must be refused, say why, and leave everything as it was."""
    before = project.state()
    ended = project.run(*(arguments or ("apply",)), **environment)
    assert ended.code == code, ended.stderr + ended.stdout
    for words in says:
        assert words in ended.stderr + ended.stdout, ended.stderr + ended.stdout
    assert project.state() == before
    assert project.leftovers() == []
    return ended
