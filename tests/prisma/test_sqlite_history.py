from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.model import AppliedState, Migration
from safemigrate.prisma import history as pure
from safemigrate.prisma import sqlite_history as history
from tests.prisma_cli import PrismaCli, only

USER = 'CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL);\n'
NICK = 'ALTER TABLE "User" ADD COLUMN "nick" TEXT;\n'
MODELS = "model User {\n  id   Int @id @default(autoincrement())\n  name String\n  nick String?\n}\n"


def file(name: str, sql: str = "SELECT 1;\n") -> Migration:
    return Migration(name, Path(name, "migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())


A, B, C = file("20230101000000_a"), file("20230102000000_b"), file("20230103000000_c")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path / "dev.db", create=True) as connection:
        yield connection


def started(connection: Connection, migration: Migration, logs: str | None = None) -> str:
    """Write the row that Prisma writes before it runs a migration, and its reason where that fails."""
    connection.execute(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES (?, ?, ?, ?)",
        [migration.name, migration.checksum, migration.name, logs],
    )
    return migration.name


def test_no_table_is_none(opened: Connection) -> None:
    assert history.read(opened) is None
    assert not history.guarded(opened)
    assert not history.lower_guard(opened)


def test_a_row_from_start_to_rollback(opened: Connection) -> None:
    history.create_table(opened)
    history.create_table(opened)
    assert history.read(opened) == []
    identifier = started(opened, A, "it broke: 100%")
    [failed] = history.read(opened) or []
    assert (failed.id, failed.state, failed.applied_steps) == (identifier, AppliedState.FAILED, 0)
    assert failed.logs == "it broke: 100%"
    history.delete(opened, identifier)
    history.record_applied(opened, A, identifier)
    [finished] = history.read(opened) or []
    assert (finished.state, finished.applied_steps, finished.logs) == (AppliedState.APPLIED, 1, "")
    assert finished.started_at == finished.finished_at
    assert abs(finished.started_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert history.mark_rolled_back(opened, A.name) == 1
    assert history.mark_rolled_back(opened, A.name) == 0
    [undone] = history.read(opened) or []
    assert (undone.state, undone.checksum) == (AppliedState.ROLLED_BACK, A.checksum)
    history.delete(opened, identifier)
    assert history.read(opened) == []


def test_rows_of_one_moment_keep_their_order(opened: Connection) -> None:
    history.create_table(opened)
    with opened.transaction():
        for migration in (C, A, B):
            history.record_applied(opened, migration, migration.name)
    assert [found.name for found in history.read(opened) or []] == [C.name, A.name, B.name]


@pytest.mark.parametrize(
    "stored",
    [
        1767323045678,
        "2026-01-02T03:04:05.678+00:00",
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T05:04:05.678+02:00",
        "2026-01-02 03:04:05.678",
    ],
)
def test_times_as_engines_wrote_them(stored: object, opened: Connection) -> None:
    history.create_table(opened)
    history.record_applied(opened, A, A.name)
    opened.execute("UPDATE _prisma_migrations SET started_at = ?, finished_at = ?", [stored, stored])
    [found] = history.read(opened) or []
    assert found.started_at == found.finished_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


@pytest.mark.parametrize("stored", ["yesterday", 1e300, -(2**62), "9999-99-99"])
def test_a_time_that_is_none_is_applied_all_the_same(stored: object, opened: Connection) -> None:
    history.create_table(opened)
    history.record_applied(opened, A, A.name)
    opened.execute("UPDATE _prisma_migrations SET finished_at = ?", [stored])
    assert [found.state for found in history.read(opened) or []] == [AppliedState.APPLIED]


def test_rows_of_two_engines_have_one_order(opened: Connection) -> None:
    """By SQL numbers would come before all texts."""
    history.create_table(opened)
    for migration in (A, B, C):
        history.record_applied(opened, migration, migration.name)
    early = "UPDATE _prisma_migrations SET started_at = '2020-01-01T00:00:00+00:00' WHERE migration_name = ?"
    opened.execute(early, [B.name])
    assert [found.name for found in history.read(opened) or []] == [B.name, A.name, C.name]


def test_a_baseline_replaces_what_failed(opened: Connection) -> None:
    history.create_table(opened)
    started(opened, A)
    history.record_baseline(opened, A)
    failed, baseline = history.read(opened) or []
    assert (failed.state, baseline.state) == (AppliedState.ROLLED_BACK, AppliedState.APPLIED)
    assert baseline.started_at == baseline.finished_at
    assert baseline.applied_steps == 0


def test_the_guard_is_no_migration(opened: Connection) -> None:
    history.create_table(opened)
    history.record_applied(opened, A, A.name)
    for _ in range(2):
        history.raise_guard(opened, "why")
        assert history.guarded(opened)
    assert [found.name for found in history.read(opened) or []] == [A.name]
    assert history.lower_guard(opened)
    assert opened.execute("SELECT migration_name FROM _prisma_migrations").fetchall() == [(A.name,)]


def test_a_guard_resolved_by_hand_is_none(opened: Connection) -> None:
    history.create_table(opened)
    history.raise_guard(opened, "why")
    assert history.mark_rolled_back(opened, pure.GUARD) == 1
    assert not history.guarded(opened)


def test_an_attached_file(opened: Connection, tmp_path: Path) -> None:
    with connect(tmp_path / "other.db", create=True) as other:
        history.create_table(other)
        history.record_applied(other, A, A.name)
    opened.attach(tmp_path / "other.db", "before")
    assert [found.name for found in history.read(opened, "before") or []] == [A.name]
    assert history.read(opened) is None


@only("5.22.0", "7.10.0")
def test_prisma_reads_what_we_write_and_we_what_it_writes(prisma: PrismaCli, tmp_path: Path) -> None:
    project = prisma.project(tmp_path / "project", MODELS, "sqlite")
    folder = project / "prisma" / "migrations"
    init, nick = file("20230101000000_init", USER), file("20230102000000_nick", NICK)
    for one in (init, nick):
        (folder / one.name).mkdir(parents=True)
        (folder / one.name / "migration.sql").write_text(one.sql)
    (folder / "migration_lock.toml").write_text('provider = "sqlite"\n')
    url = f"file:{tmp_path / 'dev.db'}"
    text = "SELECT sql FROM sqlite_master WHERE name = '_prisma_migrations'"

    done = prisma.run(project, "migrate", "deploy", url=url)
    assert done.returncode == 0, done.stdout + done.stderr
    with connect(tmp_path / "dev.db") as connection:
        state = pure.state([init, nick], history.read(connection))
        assert (state.applied, state.pending, state.edited) == ((init, nick), (), ())
        made = connection.execute(text).fetchone()
        history.delete(connection, (history.read(connection) or [])[0].id)
        history.record_applied(connection, init, init.name)
        history.mark_rolled_back(connection, nick.name)
        connection.execute('ALTER TABLE "User" DROP COLUMN "nick"')
    with connect(tmp_path / "ours.db", create=True) as connection:
        history.create_table(connection)
        assert connection.execute(text).fetchone() == made

    again = prisma.run(project, "migrate", "deploy", url=url)
    assert again.returncode == 0, again.stdout + again.stderr
    assert nick.name in again.stdout
    with connect(tmp_path / "dev.db") as connection:
        assert pure.state([init, nick], history.read(connection)).applied == (init, nick)
        history.raise_guard(connection, "why")
    stopped = prisma.run(project, "migrate", "deploy", url=url)
    assert stopped.returncode != 0
    assert pure.GUARD in stopped.stdout + stopped.stderr
