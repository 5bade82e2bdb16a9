"""The four snapshot commands on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.digest import digest
from safemigrate.db.postgres import connect, quote
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ConsentRequired, MigrationFailed, SnapshotError
from safemigrate.model import Result
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow import snapshot
from safemigrate.workflow.prune_snapshots import SnapshotPruneOptions, prune
from tests.workflow.conftest import Project

INIT = (
    'CREATE TABLE "User" (id serial PRIMARY KEY, bio text); CREATE TABLE "Post" (id serial PRIMARY KEY);'
    ' CREATE TABLE "Other" (id int); INSERT INTO "User" (bio) SELECT \'b\' FROM generate_series(1, 7);'
    ' INSERT INTO "Post" DEFAULT VALUES; INSERT INTO "Other" VALUES (1);'
)


@pytest.fixture
def other(server: LocalServer, database: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """A name on the same server that no database has yet; what a test makes of it, and of swaps, is dropped."""
    name = f"{database.database}_other"
    yield server.url.with_database(name)
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        found = session.rows(
            connection,
            "SELECT datname FROM pg_database WHERE datname LIKE %s",
            [f"{database.database}!_%".replace("!", "\\")],
        )
        for (each,) in found:
            session.run(connection, f"DROP DATABASE {quote(each)} WITH (FORCE)")


def rows_of(url: DatabaseUrl) -> dict[str, object]:
    with connect(url) as connection:
        return dict(digest(connection))


def test_create_everything_list_and_verify(project: Project) -> None:
    project.baseline(INIT)
    created = snapshot.create(project.request(), "full")
    (taken,) = created.snapshots
    assert (created.result, taken.scope, taken.verified) == (Result.OK, "full", False)
    assert set(taken.tables) == {
        '"public"."User"',
        '"public"."Post"',
        '"public"."Other"',
        '"public"."_prisma_migrations"',
    }
    assert created.next[0].startswith(f"safemigrate snapshot verify {taken.id} --deep")
    assert snapshot.verify(project.request(), taken.id[:12], deep=False).snapshots == (taken,)
    deep = snapshot.verify(project.request(), "latest", deep=True, shadow="local")
    assert deep.snapshots == (replace(taken, verified=True),)
    assert "found equal: 4 tables, 10 rows in 4 of them" in deep.notes[0]
    assert snapshot.list_(project.request()).snapshots == (replace(taken, verified=True),)


def test_create_without_rows(project: Project) -> None:
    project.baseline(INIT)
    (taken,) = snapshot.create(project.request(), "none").snapshots
    assert (taken.scope, taken.tables) == ("none", ())


def test_create_what_pending_migrations_put_at_risk(project: Project) -> None:
    project.baseline(INIT)
    with pytest.raises(SnapshotError, match="no migration is pending"):
        snapshot.create(project.request(), "scoped", project.shadow)
    project.write("20240201000000_slim", 'ALTER TABLE "User" DROP COLUMN bio;')
    (taken,) = snapshot.create(project.request(), "scoped", project.shadow).snapshots
    assert (taken.scope, set(taken.tables)) == ("scoped", {'"public"."User"', '"public"."_prisma_migrations"'})
    project.write("20240202000000_wrong", 'ALTER TABLE "Nobody" DROP COLUMN bio;')
    with pytest.raises(MigrationFailed, match="20240202000000_wrong, line 1 failed"):
        snapshot.create(project.request(), "scoped", project.shadow)


def test_list_needs_no_database_and_names_what_is_no_snapshot(project: Project) -> None:
    request = replace(project.request(), url=None)
    empty = snapshot.list_(request)
    assert (empty.result, empty.next) == (Result.NOTHING, ("safemigrate snapshot create",))
    project.baseline(INIT)
    (taken,) = snapshot.create(project.request(), "full").snapshots
    store = Path(taken.path).parent
    (store / "20200101T000000Z-dead.part").mkdir()
    (store / "broken").mkdir()
    (store / "broken" / "manifest.json").write_text("{")
    listed = snapshot.list_(request)
    assert listed.snapshots == (taken,)
    assert [note.split(" ")[0] for note in listed.notes] == [
        str(store / "20200101T000000Z-dead.part"),
        str(store / "broken"),
    ]
    with pytest.raises(SnapshotError, match="cannot be read"):
        snapshot.verify(request, "broken", deep=False)


def test_a_store_that_is_set_needs_no_project(project: Project, tmp_path: Path) -> None:
    request = replace(project.request(), project=tmp_path / "nowhere", settings=Settings(store=tmp_path / "store"))
    assert snapshot.list_(request).result is Result.NOTHING


@pytest.mark.parametrize("deep", [False, True])
def test_a_damaged_snapshot_is_found(project: Project, deep: bool) -> None:
    project.baseline(INIT)
    (taken,) = snapshot.create(project.request(), "full").snapshots
    archive = Path(taken.path) / "database.dump"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(SnapshotError, match="damaged"):
        snapshot.verify(project.request(), taken.id, deep=deep, shadow="local")
    assert not snapshot.list_(project.request()).snapshots[0].verified


@pytest.mark.parametrize("as_url", [False, True])
def test_restore_into_a_database_that_is_not_there(project: Project, other: DatabaseUrl, as_url: bool) -> None:
    project.baseline(INIT)
    before = rows_of(project.url)
    (taken,) = snapshot.create(project.request(), "full").snapshots
    project.run('DELETE FROM "User"')
    into = f"postgresql://{other.user}@{other.host}:{other.port}/{other.database}" if as_url else other.database
    outcome = snapshot.restore(project.request(), "latest", into)
    assert (outcome.result, outcome.database, project.asked) == (Result.OK, str(other), [])
    assert "restored and found equal: 4 tables, 10 rows in 4 of them" in outcome.notes[0]
    assert outcome.next == (f"safemigrate status --url {other}",)
    assert rows_of(other) == before
    assert snapshot.list_(project.request()).snapshots == (replace(taken, verified=True),)


def test_restore_over_a_live_database_takes_consent_and_keeps_it(project: Project, other: DatabaseUrl) -> None:
    project.baseline(INIT)
    before = rows_of(project.url)
    snapshot.create(project.request(), "full")
    project.run('DELETE FROM "User"; CREATE TABLE later (id int)')
    live = rows_of(project.url)
    project.agrees = False
    with pytest.raises(ConsentRequired) as refused:
        snapshot.restore(project.request(), "latest", project.url.database)
    assert rows_of(project.url) == live
    assert f"--confirm {project.url.database}" in refused.value.fix[0]
    assert "5 tables" in project.asked[0]
    project.agrees = True
    outcome = snapshot.restore(project.request(), "latest", project.url.database)
    assert rows_of(project.url) == before
    kept = outcome.notes[1].removeprefix("the database as it was is kept as ")
    assert rows_of(project.url.with_database(kept)) == live


def test_a_partial_snapshot_never_takes_the_place_of_a_live_database(project: Project) -> None:
    project.baseline(INIT)
    snapshot.create(project.request(), "none")
    live = rows_of(project.url)
    with pytest.raises(SnapshotError, match="cannot take the place"):
        snapshot.restore(project.request(), "latest", project.url.database)
    assert (rows_of(project.url), project.asked) == (live, [])


def test_a_database_with_nothing_but_a_function_is_not_empty(project: Project, other: DatabaseUrl) -> None:
    project.baseline(INIT)
    snapshot.create(project.request(), "full")
    project.agrees = False
    with connect(other.with_database("postgres")) as connection:
        session.run(connection, f"CREATE DATABASE {quote(other.database)}")
    with connect(other) as connection:
        session.run(connection, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(ConsentRequired):
        snapshot.restore(project.request(), "latest", other.database)


@pytest.mark.parametrize(
    ("into", "error", "words"),
    [
        ("postgresql://app:secret@h:6543/app", ConnectionFailed, "pooled"),
        ("postgresql://app:secret@127.0.0.1:1/app", ConnectionFailed, "nothing listens"),
        ("file:dev.db", SnapshotError, "no PostgreSQL database"),
    ],
)
def test_restore_into_what_cannot_take_it(project: Project, into: str, error: type[Exception], words: str) -> None:
    project.baseline(INIT)
    snapshot.create(project.request(), "full")
    with pytest.raises(error, match=words) as raised:
        snapshot.restore(project.request(), "latest", into)
    assert "secret" not in repr(vars(raised.value))


def test_old_snapshots_go_and_the_last_verified_one_stays(project: Project) -> None:
    project.baseline("CREATE TABLE t (id int PRIMARY KEY)")
    ids = [snapshot.create(project.request(), "full").snapshots[0].id for _ in range(3)]
    deep = snapshot.verify(project.request(), ids[0], True, project.shadow)
    assert deep.snapshots[0].verified
    with pytest.raises(SnapshotError, match="nothing says which"):
        prune(project.request(), SnapshotPruneOptions())
    looked = prune(project.request(), SnapshotPruneOptions(keep=1, dry_run=True))
    assert (looked.result, [one.id for one in looked.snapshots]) == (Result.REHEARSED, [ids[1]])
    assert looked.notes == (f"{ids[0]} stays: it is the newest that was restored once and found equal",)
    project.agrees = False
    with pytest.raises(ConsentRequired, match="nobody agreed to lose snapshots"):
        prune(project.request(), SnapshotPruneOptions(keep=1))
    project.agrees = True
    assert prune(project.request(), SnapshotPruneOptions(keep=1)).result is Result.PRUNED
    assert [one.id for one in snapshot.list_(project.request()).snapshots] == [ids[2], ids[0]]
    old = prune(project.request(), SnapshotPruneOptions(older_than=timedelta(days=1)))
    assert old.result is Result.NOTHING
