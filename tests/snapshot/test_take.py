from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db import programs
from safemigrate.db.postgres import Server, connect
from safemigrate.db.postgres import server as ask
from safemigrate.db.session import run
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ServerProgramError, SnapshotError
from safemigrate.model import Progress
from safemigrate.snapshot import store as stores
from safemigrate.snapshot.take import take

SHOP = """
    CREATE TABLE "User" (id serial PRIMARY KEY, name text);
    CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" int REFERENCES "User");
    CREATE TABLE "Year" (y int) PARTITION BY RANGE (y);
    CREATE TABLE "Year_all" PARTITION OF "Year" DEFAULT;
    INSERT INTO "User" (name) SELECT 'user ' || i FROM generate_series(1, 20) i;
    INSERT INTO "Post" ("userId") SELECT i FROM generate_series(1, 20) i;
    INSERT INTO "Year" SELECT generate_series(1, 7);
    CREATE SCHEMA safemigrate;
    CREATE TABLE safemigrate.run (id int);
    INSERT INTO safemigrate.run VALUES (1);
"""

BIG = """
    CREATE TABLE big AS SELECT i, md5(random()::text) || md5(random()::text) AS t FROM generate_series(1, 300000) i
"""

# A process of its own: to be killed, or to be given a file size limit.
CHILD = """
import resource, sys
from pathlib import Path
from safemigrate.db.postgres import connect, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import SnapshotError
from safemigrate.snapshot.take import take
url, store, limit = DatabaseUrl.parse(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with connect(url) as connection:
    found = server(connection)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    take(url, found, scope="full", store=store, on_progress=lambda progress: print(progress.detail, flush=True))
except SnapshotError as error:
    sys.exit(f"{error.summary}|{error.why}")
"""


@pytest.fixture
def target(database: DatabaseUrl) -> Iterator[Server]:
    with connect(database) as connection:
        run(connection, SHOP)
        yield ask(connection)


def test_a_scoped_snapshot_has_the_rows_asked_for_and_the_schema_of_everything(
    database: DatabaseUrl, target: Server, store: Path
) -> None:
    seen: list[Progress] = []
    taken = take(
        database,
        target,
        scope="scoped",
        tables=['"public"."Post"', '"public"."Year"'],
        store=store,
        migration="20260101_x",
        git={"commit": "abc"},
        on_progress=seen.append,
    )
    rows = {table.name: table.rows for table in taken.manifest.tables}
    assert rows == {
        '"public"."Post"': 20,
        '"public"."User"': None,
        '"public"."Year_all"': 7,  # the rows of a partitioned table are its partitions'
        '"safemigrate"."run"': None,
    }
    assert taken.manifest.held == ('"public"."Post"', '"public"."Year_all"')
    assert taken.manifest.sequences['"public"."User_id_seq"'] == 20
    assert taken.manifest.migration == "20260101_x"
    assert taken.manifest.git == {"commit": "abc"}
    assert "tester" in taken.manifest.roles
    assert {progress.detail for progress in seen} == {"public.Post", "public.Year_all"}
    pg_restore = programs.client("pg_restore", target.major)
    sql = subprocess.run([pg_restore, "-f", "-", taken.archive], capture_output=True, text=True, check=True).stdout
    assert 'COPY public."Post"' in sql
    assert 'COPY public."User"' not in sql
    assert 'CREATE TABLE public."User"' in sql
    assert "CREATE TABLE safemigrate.run" in sql


def test_a_full_snapshot_has_every_row_and_a_schema_snapshot_none(
    database: DatabaseUrl, target: Server, store: Path
) -> None:
    full = take(database, target, scope="full", store=store)
    schema = take(database, target, scope="schema", store=store)
    assert [table.rows for table in full.manifest.tables] == [20, 20, 7, 1]
    assert schema.manifest.held == ()
    assert [one.id for one in stores.all_in(store)] == [schema.id, full.id]


def test_what_is_on_the_disk_is_private_ignored_by_git_and_as_the_manifest_says(
    database: DatabaseUrl, target: Server, store: Path
) -> None:
    taken = take(database, target, scope="full", store=store)
    assert {path.name: path.stat().st_mode & 0o777 for path in taken.path.iterdir()} == {
        "database.dump": 0o600,
        "manifest.json": 0o600,
    }
    assert [folder.stat().st_mode & 0o777 for folder in (taken.path, store, store.parent)] == [0o700] * 3
    assert (store.parent / ".gitignore").read_text() == "*\n"
    written = json.loads((taken.path / "manifest.json").read_text())
    assert written["bytes"] == taken.archive.stat().st_size
    assert written["version"] == 1
    assert written["database"] == str(database)
    assert written["lsn"].count("/") == 1
    assert stores.find(store, "latest").manifest == taken.manifest


def test_the_manifest_counts_the_moment_of_the_dump(database: DatabaseUrl, target: Server, store: Path) -> None:
    """Rows are written all the while; the counts are those of the dump, and its sequences are not behind."""
    stop = threading.Event()

    def write() -> None:
        with connect(database) as connection:
            while not stop.is_set():
                run(connection, "INSERT INTO \"User\" (name) SELECT 'late' FROM generate_series(1, 100)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        taken = take(database, target, scope="full", store=store)
    finally:
        stop.set()
        writer.join()
    from safemigrate.snapshot.restore import restore
    from safemigrate.snapshot.verify import compare

    into = database.with_database(f"{database.database}_copy")
    try:
        restore(taken, into)
        compare(taken, into)
    finally:
        with connect(database) as connection:
            run(connection, f'DROP DATABASE IF EXISTS "{into.database}"')


def test_a_table_that_is_not_there_is_named(database: DatabaseUrl, target: Server, store: Path) -> None:
    with pytest.raises(SnapshotError, match=r'there is no table "public"\."Psot"'):
        take(database, target, scope="scoped", tables=['"public"."Psot"'], store=store)
    assert not store.exists()


def test_names_that_look_like_patterns_are_names(database: DatabaseUrl, target: Server, store: Path) -> None:
    with connect(database) as connection:
        run(
            connection,
            'CREATE TABLE "a*" AS SELECT 1; CREATE TABLE "ab" AS SELECT 1; CREATE TABLE "q""?.$" AS SELECT 1',
        )
    taken = take(database, target, scope="scoped", tables=['"public"."ab"'], store=store)
    assert taken.manifest.held == ('"public"."ab"',)
    taken = take(database, target, scope="scoped", tables=['"public"."q""?.$"', '"public"."a*"'], store=store)
    sql = subprocess.run(
        [programs.client("pg_restore", target.major), "-f", "-", taken.archive],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [line.split()[1] for line in sql.splitlines() if line.startswith("COPY")] == [
        'public."a*"',
        'public."q""?.$"',
    ]


def test_a_pg_dump_older_than_the_server_is_refused_by_name(
    database: DatabaseUrl, target: Server, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    (old / "pg_dump").chmod(0o755)
    monkeypatch.setenv(programs.OVERRIDE, str(old))
    monkeypatch.setattr(programs, "_WHEELS", ())
    with pytest.raises(ServerProgramError) as caught:
        take(database, target, scope="full", store=store)
    assert caught.value.summary == f"pg_dump 9 is older than the server, which is PostgreSQL {target.major}"


def test_missing_rights_are_said_with_the_grant(database: DatabaseUrl, target: Server, store: Path) -> None:
    role = f"reader_{database.database}"
    with connect(database) as connection:
        run(connection, f"CREATE ROLE {role} LOGIN")
        try:
            url = DatabaseUrl.parse(database.prisma().replace("tester@", f"{role}@"))
            with pytest.raises(SnapshotError, match=r"pg_dump of .* failed") as caught:
                take(url, target, scope="schema", store=store)
        finally:
            run(connection, f"DROP ROLE {role}")
    assert "permission denied" in caught.value.why
    assert caught.value.fix[0].startswith(f'GRANT pg_read_all_data TO "{role}"')
    assert list(store.iterdir()) == []


def test_too_little_space_is_noticed_before_anything_is_written(
    database: DatabaseUrl, target: Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 100

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage())
    with pytest.raises(SnapshotError, match=r"the snapshot needs about .* MB"):
        take(database, target, scope="full", store=store)
    assert not store.exists()


def test_a_disk_that_fills_up_leaves_no_snapshot(database: DatabaseUrl, store: Path) -> None:
    with connect(database) as connection:
        run(connection, BIG)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, database.prisma(), store, "1000000"], capture_output=True, text=True
    )
    assert child.returncode == 1
    assert f"the disk is full: the snapshot does not fit into {store}" in child.stderr
    assert "The half snapshot is removed, the database is unchanged." in child.stderr
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_take_that_is_stopped_leaves_no_snapshot(database: DatabaseUrl, store: Path, by: signal.Signals) -> None:
    with connect(database) as connection:
        run(connection, BIG)
        found = ask(connection)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, database.prisma(), store, "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"public.big\n"
        child.send_signal(by)
        child.wait(20)
    assert child.returncode != 0
    assert stores.all_in(store) == []
    left = [path.name for path in store.iterdir()]
    assert [name.endswith(".part") for name in left] == [True] * (by is signal.SIGKILL)
    _wait_until_nobody_dumps(database)
    taken = take(database, found, scope="schema", store=store)
    assert [path.name for path in store.iterdir()] == [taken.id]  # the leftover is swept


def test_a_snapshot_that_another_run_is_writing_is_left_alone(
    database: DatabaseUrl, target: Server, store: Path
) -> None:
    with stores.being_written(store, "other") as other:
        take(database, target, scope="schema", store=store)
        assert other.exists()
    assert (store / "other").exists()


def test_no_secret_reaches_an_argument_or_the_manifest(
    database: DatabaseUrl, target: Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    popen = subprocess.Popen

    def spy(arguments: list[str], **options: object) -> object:
        started.extend(arguments)
        return popen(arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", spy)
    url = DatabaseUrl.parse(database.prisma().replace("tester@", "tester:hunter2@"))
    taken = take(url, target, scope="schema", store=store)
    assert "hunter2" not in " ".join(started) + (taken.path / "manifest.json").read_text()
    assert any("pg_dump" in argument for argument in started)


def test_a_store_that_cannot_be_made_is_named(database: DatabaseUrl, target: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SnapshotError, match="cannot make the folder"):
        take(database, target, scope="schema", store=tmp_path / "file" / "snapshots")


def _wait_until_nobody_dumps(database: DatabaseUrl) -> None:
    deadline = time.monotonic() + 20
    with connect(database) as connection:
        query = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while time.monotonic() < deadline and connection.execute(query).fetchone() != (0,):
            time.sleep(0.05)
