from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.errors import ConnectionFailed
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal, side
from safemigrate.prisma import sqlite_history as history
from tests.execute.sqlite.scene import Scene, dump
from tests.small_disk import small_disk


@pytest.mark.parametrize(
    ("database", "beside"),
    [
        ("project/prisma/dev.db", "project/.safemigrate/kept/prisma/dev.db"),
        ("project/dev.db", "project/.safemigrate/kept/dev.db"),
        ("elsewhere/dev.db", "project/.safemigrate/kept/_{elsewhere}/dev.db"),
    ],
)
def test_where_it_lies(database: str, beside: str, tmp_path: Path) -> None:
    expected = tmp_path / beside.replace("{elsewhere}", (tmp_path / "elsewhere").as_posix())
    assert side.side_of(tmp_path / "project", tmp_path / database) == expected


def test_one_file_under_two_names_has_one(tmp_path: Path) -> None:
    (tmp_path / "dev.db").touch()
    (tmp_path / "link.db").symlink_to("dev.db")
    assert side.side_of(tmp_path, tmp_path / "link.db") == side.side_of(tmp_path, tmp_path / "dev.db")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_it_is_private(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    assert scene.side.stat().st_mode & 0o777 == 0o600
    for folder in (scene.side.parent, scene.side.parent.parent, scene.side.parent.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (scene.side.parent.parent.parent / ".gitignore").read_text() == "*\n"


def test_reading_makes_nothing(scene: Scene, opened: Connection) -> None:
    assert not side.attach(opened, scene.side)
    assert journal.runs(opened) == []
    assert journal.holds(opened) == []
    assert not scene.side.parent.exists()


def test_deleted_it_is_as_if_another_had_applied(scene: Scene) -> None:
    with connect(scene.database) as opened:
        scene.apply(opened)
    scene.side.unlink()
    with connect(scene.database) as opened:
        assert not side.attach(opened, scene.side)
        assert journal.runs(opened) == []


@pytest.mark.parametrize("moves", [True, False])
def test_what_is_kept_follows_a_file_that_is_moved_or_copied(*, moves: bool, scene: Scene) -> None:
    root, before = scene.database.parent.parent, dump(scene.database)
    with connect(scene.database) as opened:
        scene.apply(opened)
        assert side.follow(opened, scene.side) is None
    (scene.side.parent / "no database").write_text("x" * 1000)
    other = root / "dev.db"
    if moves:
        scene.database.rename(other)
    else:
        shutil.copy(scene.database, other)
    moved = Scene(other, scene.scratch)
    with connect(other) as opened:
        assert not side.attach(opened, moved.side)
        assert side.follow(opened, moved.side) == scene.side
        assert moved.side.stat().st_mode & 0o777 == 0o600
        moved.take_back(opened)
        assert dump(other) == before
    with connect(scene.database, create=moves) as opened:
        side.attach(opened, scene.side)
        assert [one.state for one in journal.runs(opened)] == [RunState.APPLIED] * (not moves)


def test_nothing_follows_a_file_of_another_history(scene: Scene) -> None:
    root = scene.database.parent.parent
    with connect(scene.database) as opened:
        scene.apply(opened)
    for name in ("empty.db", "reset.db"):
        with connect(root / name, create=True) as opened:
            if name == "reset.db":
                history.create_table(opened)
            beside = side.side_of(root, root / name)
            assert side.follow(opened, beside) is None
            assert not beside.exists()


def test_killed_before_it_was_made(scene: Scene, opened: Connection) -> None:
    scene.side.parent.mkdir(parents=True)
    scene.side.touch()
    assert not side.attach(opened, scene.side)
    scene.apply(opened)
    assert len(journal.runs(opened)) == 1


@pytest.mark.parametrize("size", [100, 5000])
def test_no_database(size: int, scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    scene.side.parent.mkdir(parents=True)
    scene.side.write_bytes(os.urandom(size))
    with pytest.raises(ConnectionFailed, match="cannot be read"):
        side.attach(opened, scene.side)
    with pytest.raises(ConnectionFailed, match="cannot be read") as failed:
        scene.apply(opened)
    assert failed.value.fix == (f"mv {scene.side} {scene.side}.broken   # begins anew",)
    assert dump(scene.database) == before


def test_another_database(scene: Scene, opened: Connection) -> None:
    scene.side.parent.mkdir(parents=True)
    plain = sqlite3.connect(scene.side)
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    with pytest.raises(ConnectionFailed, match="another database"):
        side.attach(opened, scene.side)
    assert not side.attached(opened)


def test_a_newer_version(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    opened.execute("PRAGMA safemigrate.user_version = 99")
    side.detach(opened)
    with pytest.raises(ConnectionFailed, match="newer version"):
        side.attach(opened, scene.side)


def test_a_file_in_its_way(scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    home = scene.side.parent.parent.parent
    home.mkdir()
    (home / "kept").write_text("")
    with pytest.raises(ConnectionFailed, match="cannot make"):
        scene.apply(opened)
    assert dump(scene.database) == before


def test_a_full_disk_when_it_is_written_anew_takes_nothing_back(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    before, size = dump(scene.side), scene.side.stat().st_size
    with small_disk(size // 2), pytest.raises(ConnectionFailed, match="could not be written anew") as caught:
        side.shrink(scene.database, scene.side)
    assert caught.value.fix[1] == f"sqlite3 {scene.side} VACUUM"
    assert dump(scene.side) == before
    side.shrink(scene.database, scene.side)
    assert dump(scene.side) == before
