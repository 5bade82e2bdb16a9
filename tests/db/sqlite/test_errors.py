"""What a file, a disk and rights do to a user, met for real."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safemigrate.db.sqlite import errors
from safemigrate.db.sqlite.connection import connect, run, value
from safemigrate.db.sqlite.copy import backup, compact, overwrite
from safemigrate.errors import ConnectionFailed
from tests.rights import let_anybody_enter, ordinary_user
from tests.small_disk import small_disk

MADE = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t (a) VALUES ('a'), ('b')")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is in order, in a folder of its own, which anybody may enter."""
    let_anybody_enter(tmp_path)
    (tmp_path / "prisma").mkdir()
    made = tmp_path / "prisma" / "dev.db"
    with connect(made, create=True) as connection:
        for statement in MADE:
            run(connection, statement)
    return made


def write(path: Path) -> None:
    with connect(path, timeout=0) as connection, connection.transaction():
        run(connection, "INSERT INTO t (a) VALUES ('c')")


def read(path: Path) -> int:
    with connect(path, write=False, timeout=0) as connection:
        return int(value(connection, "SELECT count(*) FROM t"))


@contextmanager
def another(path: Path, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """A second process that has run statements on the file and sits there."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for s in sys.argv[2:]: c.execute(s)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, path, *statements], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def failure(path: Path) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught:
        write(path)
    return caught.value


def test_missing_file_and_folder(tmp_path: Path) -> None:
    error = failure(tmp_path / "dev.db")
    assert error.summary == f"there is no file {tmp_path / 'dev.db'}"
    assert f"touch {tmp_path / 'dev.db'}" in error.fix
    assert failure(tmp_path / "none" / "dev.db").summary == f"there is no folder {tmp_path / 'none'}"
    (tmp_path / "link.db").symlink_to(tmp_path / "gone.db")
    assert failure(tmp_path / "link.db").summary == f"there is no file {tmp_path / 'gone.db'}"


def test_tilde_is_no_home_folder(tmp_path: Path) -> None:
    error = failure(tmp_path / "~" / "dev.db")
    assert ("Only a shell reads ~" in error.why, error.fix) == (True, ())


def test_old_library_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert "3.37 is the oldest" in failure(path).summary


def test_folder_and_socket(tmp_path: Path) -> None:
    assert "is a folder" in failure(tmp_path).summary
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in failure(tmp_path / "pipe").summary


@pytest.mark.parametrize("content", [b"PRAGMA key", os.urandom(4096)], ids=["text", "encrypted"])
def test_no_database_or_an_encrypted_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dev.db").write_bytes(content * 100)
    error = failure(tmp_path / "dev.db")
    assert error.summary == f"{tmp_path / 'dev.db'} is not a SQLite database, or it is encrypted"
    assert "SQLCipher" in error.why
    assert any(line.startswith("sqlcipher ") for line in error.fix)
    assert (tmp_path / "dev.db").read_bytes() == content * 100


def test_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "dev.db").touch()
    with connect(tmp_path / "dev.db") as connection:
        assert value(connection, "SELECT count(*) FROM sqlite_master") == 0
    backup(tmp_path / "dev.db", tmp_path / "copy.db")
    with connect(tmp_path / "copy.db") as connection:
        assert value(connection, "SELECT count(*) FROM sqlite_master") == 0


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_busy_says_who(path: Path, mode: str) -> None:
    with another(path, f"PRAGMA journal_mode = {mode}", "BEGIN IMMEDIATE", "DELETE FROM t") as other:
        error = failure(path)
        assert error.summary.startswith("dev.db is in use: python")
        assert f"(pid {other.pid})" in error.summary
        assert f"ps -o pid,etime,args -p {other.pid}" in error.fix
        assert read(path) == 2
        backup(path, path.with_name("copy.db"))
        with pytest.raises(ConnectionFailed, match=r"dev\.db is in use"):
            overwrite(path, path.with_name("copy.db"), timeout=0)
    assert read(path) == 2


def test_busy_that_cannot_be_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "holders", lambda _path: [])
    with connect(path) as connection, connection.transaction():
        error = failure(path)
    assert error.summary == "dev.db is in use by another process"
    assert f"lsof {path}" in error.fix[0]


def test_reader_that_holds_up_a_commit(path: Path) -> None:
    with another(path, "BEGIN", "SELECT * FROM t") as other:
        error = failure(path)
    assert f"(pid {other.pid})" in error.summary
    assert read(path) == 2


def test_read_only_file(path: Path) -> None:
    path.chmod(0o444)
    path.parent.chmod(0o777)
    with ordinary_user():
        error = failure(path)
        assert error.summary == f"{path} is read-only"
        assert f"chmod u+rw {path.parent} {path}" in error.fix
        assert read(path) == 2


def test_read_only_folder(path: Path) -> None:
    path.chmod(0o666)
    path.parent.chmod(0o555)
    with ordinary_user():
        error = failure(path)
        assert error.summary == f"the folder {path.parent} is read-only"
        assert "journal beside the file" in error.why
        assert read(path) == 2
        with pytest.raises(ConnectionFailed, match="cannot be written"):
            backup(path, path.with_name("copy.db"))


def test_unreadable_file_and_folder(path: Path) -> None:
    path.chmod(0o600)
    if os.geteuid() != 0:
        path.chmod(0)
    with ordinary_user():
        assert failure(path).summary == f"{path} cannot be read: you have no right to"
    path.parent.chmod(0o600)
    with ordinary_user():
        assert failure(path).summary == f"{path} cannot be opened: permission denied"
    path.parent.chmod(0o755)


def test_wal_in_a_read_only_folder(path: Path) -> None:
    with connect(path) as connection:
        run(connection, "PRAGMA journal_mode = WAL")
    path.chmod(0o666)
    path.parent.chmod(0o555)
    with ordinary_user():
        error = failure(path)
    assert error.summary == f"the folder {path.parent} is read-only"
    assert "WAL mode" in error.why


def test_journals_of_a_killed_writer_are_read(path: Path) -> None:
    for mode in ("wal", "delete"):
        with another(
            path, f"PRAGMA journal_mode = {mode}", "PRAGMA wal_autocheckpoint = 0", "INSERT INTO t (a) VALUES (1)"
        ) as other:
            other.send_signal(signal.SIGKILL)
    assert read(path) == 4


HALF = ("PRAGMA cache_size = 2", "BEGIN", "UPDATE t SET a = zeroblob(30000)", "INSERT INTO t (a) SELECT a FROM t")


def test_half_a_transaction_of_a_killed_writer_is_taken_back(path: Path) -> None:
    with another(path, *HALF) as other:
        other.send_signal(signal.SIGKILL)
    assert path.with_name("dev.db-journal").stat().st_size > 0
    path.chmod(0o666)
    path.parent.chmod(0o555)
    with ordinary_user():
        error = failure(path)
        assert error.summary == f"the folder {path.parent} is read-only"
        assert "killed while it wrote" in error.why
    path.parent.chmod(0o755)
    assert path.stat().st_size > 10_000
    assert read(path) == 2  # one that may not write has it taken back
    with connect(path) as connection:
        assert value(connection, "SELECT group_concat(a) FROM t") == "a,b"
    assert not path.with_name("dev.db-journal").exists()


def test_full_disk_leaves_the_file_as_it_was(path: Path) -> None:
    with small_disk(40_000), pytest.raises(ConnectionFailed) as caught, connect(path) as connection:
        run(connection, "INSERT INTO t (a) VALUES (zeroblob(100000))")
    assert "the disk" in caught.value.summary
    assert any(line.startswith("df -h ") for line in caught.value.fix)
    assert read(path) == 2


def test_copy_that_does_not_fit_leaves_nothing(path: Path) -> None:
    with connect(path) as connection:
        run(connection, "INSERT INTO t (a) VALUES (zeroblob(100000))")
    for copy in (backup, compact):
        with small_disk(40_000), pytest.raises(ConnectionFailed, match="the disk"):
            copy(path, path.with_name("copy.db"))
    assert [one.name for one in path.parent.iterdir()] == ["dev.db"]


def test_damaged_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:4196] = b"\xff" * 100  # the table's first page
    path.write_bytes(data)
    with pytest.raises(ConnectionFailed) as caught:
        read(path)
    assert caught.value.summary == f"{path} is damaged"
    assert any(".recover" in line for line in caught.value.fix)


def test_formats_of_a_newer_sqlite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[47] = 9  # schema format number (sqlite.org/fileformat.html, 1.3.9)
    path.write_bytes(data)
    assert "a file format that SQLite" in failure(path).summary
    data[47] = 4
    path.write_bytes(data)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = sql || ' FUTURE'")
    connection.close()
    assert "has a schema that SQLite" in failure(path).summary


def test_file_that_is_moved_away_while_it_is_open(path: Path) -> None:
    def delete() -> None:
        with connect(path) as connection:
            path.rename(path.with_name("old.db"))
            run(connection, "DELETE FROM t")

    with pytest.raises(ConnectionFailed, match="was moved or deleted while it was open"):
        delete()
