"""A restore gives back the file that was, and keeps the one that is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import connect, run, value
from safemigrate.db.sqlite.rows import differences
from safemigrate.errors import ConnectionFailed, SnapshotError
from safemigrate.snapshot.sqlite.restore import restore
from safemigrate.snapshot.sqlite.take import take
from safemigrate.snapshot.store import Snapshot


@pytest.fixture
def taken(shop: Path, store: Path) -> Snapshot:
    with connect(shop) as connection:
        return take(connection, store=store)


def equal(one: Path, other: Path) -> bool:
    with connect(one) as connection:
        connection.attach(other, "other")
        left, right = read(connection), read(connection, "other")
        return not compare(left, right) and not differences(connection, "main", "other")


def test_into_a_new_file(taken: Snapshot, shop: Path, tmp_path: Path) -> None:
    assert restore(taken, tmp_path / "new.db") == ()
    assert equal(shop, tmp_path / "new.db")
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o666 & ~_mask()
    with connect(tmp_path / "new.db") as connection:
        assert value(connection, "PRAGMA journal_mode") == "wal"
        assert value(connection, "SELECT seq FROM sqlite_sequence") == 7


def test_into_an_empty_file(taken: Snapshot, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    assert restore(taken, tmp_path / "new.db") == ()
    assert equal(shop, tmp_path / "new.db")
    assert [one.name for one in tmp_path.glob("new*")] == ["new.db"]


def test_what_is_there_is_refused_or_kept(taken: Snapshot, shop: Path, tmp_path: Path) -> None:
    with connect(shop) as connection:
        run(connection, "DROP TABLE Post")
        run(connection, "INSERT INTO User (name) VALUES ('written since')")
    with pytest.raises(SnapshotError, match="is not empty") as caught:
        restore(taken, shop)
    assert f"--into file:{tmp_path / 'shop_restored.db'}" in caught.value.fix[0]
    inode = shop.stat().st_ino
    [said] = restore(taken, shop, over_live=True)
    kept = next(tmp_path.glob("shop_before_*.db"))
    assert said == f"the database as it was is kept as {kept}"
    assert equal(taken.archive, shop)
    assert shop.stat().st_ino == inode
    with connect(kept) as connection:
        assert value(connection, "SELECT name FROM User ORDER BY id DESC") == "written since"
        assert "Post" not in read(connection).tables


def test_those_who_have_the_file_open_read_what_is_restored(taken: Snapshot, shop: Path) -> None:
    with connect(shop) as other:
        run(other, "DELETE FROM Post")
        restore(taken, shop, over_live=True)
        assert value(other, "SELECT count(*) FROM Post") == 3
        run(other, "INSERT INTO Post VALUES (4, 7)")
    with connect(shop) as again:
        assert value(again, "SELECT count(*) FROM Post") == 4


def test_a_file_in_the_middle_of_a_transaction_is_refused(taken: Snapshot, shop: Path, tmp_path: Path) -> None:
    with connect(shop) as other, other.transaction():
        run(other, "DELETE FROM Post")
        with pytest.raises(ConnectionFailed, match=r"shop\.db is in use"):
            restore(taken, shop, over_live=True, timeout=0)
    with connect(shop) as connection:
        assert value(connection, "SELECT count(*) FROM Post") == 0
    assert not list(tmp_path.glob("shop_before_*"))


def test_a_snapshot_of_another_kind_is_refused(taken: Snapshot, shop: Path) -> None:
    manifest = taken.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace("database.db", "database.dump"))
    from safemigrate.snapshot import store as stores

    with pytest.raises(SnapshotError, match="is no SQLite file"):
        restore(stores.find(taken.path.parent, taken.id), shop)


CHILD = """
import sys
from pathlib import Path
from safemigrate.snapshot import store
from safemigrate.snapshot.sqlite.restore import restore
def wait(progress):
    print("step", flush=True)
    sys.stdin.readline()
restore(store.find(Path(sys.argv[1]), "latest"), Path(sys.argv[2]), over_live=True, on_progress=wait)
"""


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_kill_leaves_the_old_file_or_the_restored_one(shop: Path, store: Path, tmp_path: Path, mode: str) -> None:
    """Killed at every step, the file is one of the two, whole; and no row of the old one is lost."""
    with connect(shop) as connection:
        run(connection, f"PRAGMA journal_mode = {mode}")
        run(connection, "CREATE TABLE filler (id INTEGER PRIMARY KEY, a)")
        run(connection, "INSERT INTO filler SELECT value, zeroblob(500000) FROM json_each('[1,2,3,4,5]')")
        taken = take(connection, store=store)
        run(connection, "UPDATE filler SET a = zeroblob(490000)")
        run(connection, "DELETE FROM Post")
    shutil.copy(shop, tmp_path / "old.db")
    ends: list[str] = []
    while not ends or ends[-1] == "old":
        _killed_at(len(ends), store, shop)
        is_old, is_new = equal(tmp_path / "old.db", shop), equal(taken.archive, shop)
        assert is_old != is_new
        ends.append("old" if is_old else "new")
        assert is_old or equal(tmp_path / "old.db", next(tmp_path.glob("shop_before_*.db")))
        for left in tmp_path.glob("shop_before_*"):
            left.unlink()
    assert len(ends) > 4


def _killed_at(step: int, store: Path, into: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, store, into], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        for _ in range(step):
            child.stdout.readline()
            child.stdin.write("\n")
            child.stdin.flush()
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
