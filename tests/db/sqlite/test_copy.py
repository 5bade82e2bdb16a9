"""Copies are whole and of one moment, or are not there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import SqlError, connect, rows, run, value
from safemigrate.db.sqlite.copy import backup, compact, integrity, overwrite
from safemigrate.db.sqlite.rows import differences
from safemigrate.errors import ConnectionFailed
from safemigrate.model import Progress


@pytest.fixture(params=["delete", "wal"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of some pages, in both journal modes."""
    made = tmp_path / "dev.db"
    with connect(made, create=True) as connection:
        run(connection, f"PRAGMA journal_mode = {request.param}")
        run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        run(connection, "INSERT INTO t (a) SELECT value FROM json_each('[1,2,3,4]')")
        run(connection, "INSERT INTO t (a) SELECT zeroblob(2000) FROM t, t AS u, t AS v")
    return made


def same_rows(one: Path, other: Path) -> bool:
    with connect(one) as connection:
        connection.attach(other, "other")
        return not differences(connection, "main", "other")


def test_copy_has_everything_that_is_committed(path: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    with connect(path) as connection:
        run(connection, "INSERT INTO t (a) VALUES ('only in the journal, perhaps')")
        backup(path, tmp_path / "copy.db", seen.append)
    assert same_rows(path, tmp_path / "copy.db")
    assert seen[-1].done == seen[-1].total > 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"dev.db", "copy.db"}


def test_copy_is_of_one_moment_while_another_writes(path: Path, tmp_path: Path) -> None:
    with connect(path, timeout=0) as writer:

        def write(_progress: Progress) -> None:
            if value(writer, "PRAGMA journal_mode") == "wal":
                run(writer, "DELETE FROM t")

        backup(path, tmp_path / "copy.db", write)
    with connect(tmp_path / "copy.db") as copy:
        assert value(copy, "SELECT count(*) FROM t") == 68
        assert integrity(copy) == []


def test_copy_of_an_open_connection(path: Path, tmp_path: Path) -> None:
    with connect(path) as connection:
        backup(connection, tmp_path / "copy.db")
        assert not connection.in_transaction
        compact(connection, tmp_path / "compact.db")
    assert same_rows(path, tmp_path / "copy.db")


def test_compact_copy_has_no_free_pages(path: Path, tmp_path: Path) -> None:
    with connect(path) as connection:
        run(connection, "DELETE FROM t WHERE id % 2")
    compact(path, tmp_path / "small.db")
    assert same_rows(path, tmp_path / "small.db")
    with connect(tmp_path / "small.db") as small:
        assert value(small, "PRAGMA freelist_count") == 0


def test_what_is_there_is_not_written_over(path: Path, tmp_path: Path) -> None:
    for there in ("copy.db", "other.db-wal"):
        (tmp_path / there).write_text("mine")
        with pytest.raises(ConnectionFailed, match="is there already"):
            backup(path, tmp_path / there.removesuffix("-wal"))
        assert (tmp_path / there).read_text() == "mine"


def test_copy_that_is_stopped_leaves_nothing(path: Path, tmp_path: Path) -> None:
    def stop(_progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(path, tmp_path / "copy.db", stop)
    assert [one.name for one in tmp_path.iterdir()] == ["dev.db"]


def test_overwriting_is_seen_by_those_who_have_the_file_open(path: Path, tmp_path: Path) -> None:
    backup(path, tmp_path / "copy.db")
    with connect(path) as reader:
        assert value(reader, "SELECT count(*) FROM t") == 68
        with connect(path) as writer:
            run(writer, "DROP TABLE t")
            run(writer, "CREATE TABLE u (a)")
        overwrite(path, tmp_path / "copy.db")
        assert rows(reader, "SELECT count(*) FROM t") == [(68,)]
    assert same_rows(path, tmp_path / "copy.db")


def test_file_in_use_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    backup(path, tmp_path / "copy.db")
    with connect(path) as connection, connection.transaction():
        run(connection, "DELETE FROM t")
        with pytest.raises(ConnectionFailed, match="in use"):
            overwrite(path, tmp_path / "copy.db", timeout=0)
    with connect(path) as connection:
        assert value(connection, "SELECT count(*) FROM t") == 0


def test_nothing_is_written_between_what_is_kept_and_what_is_overwritten(path: Path, tmp_path: Path) -> None:
    backup(path, tmp_path / "copy.db")
    with connect(path, timeout=0) as writer:

        def write(_progress: Progress) -> None:
            with suppress(SqlError):
                run(writer, "INSERT INTO t (a) VALUES ('late')")

        with suppress(ConnectionFailed):
            overwrite(path, tmp_path / "copy.db", tmp_path / "kept.db", on_progress=write)
        late = value(writer, "SELECT count(*) FROM t WHERE a = 'late'")
        assert value(writer, "PRAGMA journal_mode") == ("wal" if late else "delete")
    assert (tmp_path / "kept.db").exists() is not bool(late)
    overwrite(path, tmp_path / "copy.db", tmp_path / "kept2.db")
    with connect(tmp_path / "kept2.db") as kept:
        assert value(kept, "SELECT count(*) FROM t") == 68 + late


def test_damage_is_found(path: Path) -> None:
    with connect(path) as connection:
        run(connection, "PRAGMA journal_mode = DELETE")
        run(connection, "CREATE INDEX i ON t (a)")
    data = bytearray(path.read_bytes())
    data[-3000:-1000] = b"\xff" * 2000
    path.write_bytes(data)
    with connect(path) as connection:
        assert integrity(connection) != []


def test_what_only_the_application_has_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "dev.db"
    with connect(path, create=True) as connection:
        connection.create_function("known", 1, lambda value: value, deterministic=True)
        connection.create_collation("OURS", lambda one, other: (one > other) - (one < other))
        run(connection, "CREATE TABLE t (a TEXT COLLATE OURS CHECK (known(a) <> ''))")
        run(connection, "CREATE INDEX i ON t (a)")
        run(connection, "CREATE TABLE u (a NOT NULL)")
        run(connection, "INSERT INTO t VALUES ('a'), ('b')")
        run(connection, "INSERT INTO u VALUES (1)")
    backup(path, tmp_path / "copy.db")
    with connect(path) as connection:
        assert integrity(connection) == []
        connection.attach(tmp_path / "copy.db", "copy")
        assert differences(connection, "main", "copy") == []
        run(connection, "PRAGMA writable_schema = ON")
        run(connection, "UPDATE sqlite_master SET sql = 'CREATE TABLE u (a CHECK (a > 1))' WHERE name = 'u'")
    with connect(path) as connection:
        assert integrity(connection) == ["CHECK constraint failed in u"]
