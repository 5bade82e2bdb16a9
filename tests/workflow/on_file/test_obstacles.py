"""What is in the way of an apply on a file: it is said before anything is changed, or waited for."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db.sqlite.connection import connect, rows, run, value
from safemigrate.errors import ConnectionFailed, Restored, ShadowError, SnapshotError
from safemigrate.model import Result, silent
from safemigrate.snapshot import store as stores
from safemigrate.snapshot.sqlite.restore import restore
from safemigrate.workflow.apply import apply
from safemigrate.workflow.on_file.room import copies_in
from safemigrate.workflow.options import ApplyOptions
from safemigrate.workflow.request import Request
from tests.children import forked, was_killed
from tests.rights import let_anybody_enter, ordinary_user

INIT = "CREATE TABLE User (id INTEGER PRIMARY KEY, bio TEXT);"
NEXT = "ALTER TABLE User ADD COLUMN age INT;"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose file has rows and one migration to come, in folders that anybody may enter."""
    let_anybody_enter(tmp_path)
    made = tmp_path / "project"
    (made / "prisma").mkdir(parents=True)
    (made / ".git").mkdir()
    (made / "prisma" / "schema.prisma").write_text('datasource db {\n  provider = "sqlite"\n  url = "file:dev.db"\n}\n')
    (made / "prisma" / "dev.db").touch()
    _write(made, "20260101_init", INIT)
    assert done(made) is Result.APPLIED
    with connect(made / "prisma" / "dev.db") as connection:
        run(connection, "INSERT INTO User (bio) VALUES ('a'), ('b')")
    _write(made, "20260102_age", NEXT)
    return made


def _write(root: Path, name: str, sql: str) -> None:
    (root / "prisma" / "migrations" / name).mkdir(parents=True)
    (root / "prisma" / "migrations" / name / "migration.sql").write_text(sql)


def done(root: Path, **options: float) -> Result:
    request = Request(
        project=root,
        schema=None,
        url=None,
        settings=Settings(),
        on_progress=silent,
        interactive=False,
        confirm=None,
        ask_name=None,
        consent=lambda _database, _losses: True,
        proceed=lambda _question: True,
    )
    return apply(request, ApplyOptions(**options)).result  # type: ignore[arg-type]


def columns(root: Path) -> list[str]:
    with connect(root / "prisma" / "dev.db", write=False) as connection:
        return [name for (name,) in rows(connection, "SELECT name FROM pragma_table_info('User')")]


@contextmanager
def reader(path: Path, seconds: float) -> Iterator[int]:
    """Another process that reads in a transaction for so long."""
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN')\n"
        "c.execute('SELECT * FROM User').fetchone(); print('ready', flush=True); time.sleep(float(sys.argv[2]))"
    )
    arguments = [sys.executable, "-c", code, str(path), str(seconds)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_read_only(root: Path, what: str) -> None:
    place = root / "prisma" / ("dev.db" if what == "file" else "")
    with ordinary_user(root):
        place.chmod(0o444 if what == "file" else 0o555)
        with pytest.raises(ConnectionFailed, match="is read-only"):
            done(root)
        place.chmod(0o755)
    assert columns(root) == ["id", "bio"]


def test_reader_is_waited_for(root: Path) -> None:
    with reader(root / "prisma" / "dev.db", 0.8):
        assert done(root, lock_timeout=0.1) is Result.APPLIED
    assert columns(root) == ["id", "bio", "age"]


def test_reader_who_stays_is_named(root: Path) -> None:
    with reader(root / "prisma" / "dev.db", 60) as pid, pytest.raises(Restored, match=rf"in\s+use.*\(pid {pid}\)"):
        done(root, lock_timeout=0.1, retries=0)
    assert columns(root) == ["id", "bio"]


def test_store_that_cannot_be_written(root: Path) -> None:
    with ordinary_user(root):
        (root / ".safemigrate" / "snapshots").chmod(0o555)
        with pytest.raises(SnapshotError, match=r"cannot be written to .*Permission denied"):
            done(root)
        (root / ".safemigrate" / "snapshots").chmod(0o755)
    assert columns(root) == ["id", "bio"]


def test_no_room_for_copies(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: int, _target: int, _bytes: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", full)
    with pytest.raises(ShadowError, match=r"no copy of .*: No space left on device") as caught:
        done(root)
    assert "set `store`" in caught.value.fix[1]
    assert columns(root) == ["id", "bio"]
    assert [one for one in (root / ".safemigrate" / "snapshots").iterdir() if one.suffix == stores.PART] == []


def test_what_will_not_fit_is_not_begun(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = root / ".safemigrate" / "snapshots"
    before = sorted(store.iterdir())
    size = (root / "prisma" / "dev.db").stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2 * size - 1))
    with pytest.raises(ShadowError, match=f"{2 * size:,} bytes are needed in {store} .* {2 * size - 1:,} are free"):
        done(root)
    assert sorted(store.iterdir()) == before
    assert columns(root) == ["id", "bio"]


def test_copies_of_a_killed_run_go_with_the_next_command(root: Path) -> None:
    """They have every row; those of a run that lives stay."""
    store = root / ".safemigrate" / "snapshots"

    def work() -> None:
        with copies_in(store) as made:
            shutil.copy(root / "prisma" / "dev.db", made.folder)
            os.kill(os.getpid(), signal.SIGKILL)

    assert was_killed(forked(work))
    assert len([*store.glob("copies-*/dev.db")]) == 1
    with copies_in(store) as made:
        assert made.folder.stat().st_mode & 0o777 == 0o700
        assert done(root, dry_run=True) is Result.REHEARSED
        assert [*store.glob("copies-*")] == [made.folder]
    assert [*store.glob("copies-*")] == []


def test_snapshot_of_before_is_in_the_store(root: Path, tmp_path: Path) -> None:
    assert done(root) is Result.APPLIED
    taken = stores.find(root / ".safemigrate" / "snapshots", "latest")
    assert (taken.manifest.migration, taken.manifest.scope, taken.verified) == ("20260102_age", "full", True)
    restore(taken, tmp_path / "before.db")
    with connect(tmp_path / "before.db") as connection:
        assert value(connection, "SELECT group_concat(bio) FROM User") == "a,b"
        assert value(connection, "SELECT count(*) FROM pragma_table_info('User')") == 2
