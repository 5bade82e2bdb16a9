"""A snapshot of a file is whole, of one moment, or not there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import connect, run, value
from safemigrate.errors import ConnectionFailed, SnapshotError
from safemigrate.model import Progress
from safemigrate.snapshot import store as stores
from safemigrate.snapshot.sqlite.take import take
from safemigrate.snapshot.store import Snapshot

CHILD = """
import resource, signal, sys
from pathlib import Path
from safemigrate.db.sqlite.connection import connect
from safemigrate.errors import SafemigrateError
from safemigrate.snapshot.sqlite.take import take
if int(sys.argv[3]):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
def wait(progress):
    print(progress.done, flush=True)
    sys.stdin.readline()
try:
    with connect(Path(sys.argv[1])) as connection:
        take(connection, store=Path(sys.argv[2]), on_progress=wait)
except SafemigrateError as error:
    sys.exit(error.summary)
"""


def taken_of(path: Path, store: Path, *, compact: bool = False, migration: str = "") -> Snapshot:
    with connect(path) as connection:
        return take(connection, store=store, compact=compact, migration=migration)


def test_a_snapshot_has_everything_and_says_what(shop: Path, store: Path) -> None:
    seen: list[Progress] = []
    with connect(shop) as connection:
        taken = take(connection, store=store, migration="20260101_x", git={"commit": "abc"}, on_progress=seen.append)
    assert {table.name: table.rows for table in taken.manifest.tables} == {'"Post"': 3, '"User"': 2}
    assert taken.manifest.held == ('"Post"', '"User"')
    assert taken.manifest.sequences == {'"User"': 7}
    assert (taken.manifest.scope, taken.manifest.migration, taken.manifest.git) == (
        "full",
        "20260101_x",
        {"commit": "abc"},
    )
    assert taken.manifest.database == f"file:{shop}"
    assert taken.manifest.journal_mode == "wal"
    assert (seen[-1].detail, seen[-1].done) == ("shop.db", seen[-1].total)
    assert stores.find(store, "latest").manifest == taken.manifest


def test_what_is_on_the_disk_is_private_and_as_the_manifest_says(shop: Path, store: Path) -> None:
    taken = taken_of(shop, store)
    assert {path.name: path.stat().st_mode & 0o777 for path in taken.path.iterdir()} == {
        "database.db": 0o600,
        "manifest.json": 0o600,
        "verified.json": 0o600,
    }
    written = json.loads((taken.path / "manifest.json").read_text())
    assert (written["version"], written["bytes"]) == (1, taken.archive.stat().st_size)


def test_a_manifest_of_before_sqlite_is_read(shop: Path, store: Path) -> None:
    taken = taken_of(shop, store)
    old = json.loads((taken.path / "manifest.json").read_text())
    del old["journal_mode"]
    (taken.path / "manifest.json").write_text(json.dumps(old))
    assert stores.find(store, taken.id).manifest.journal_mode == ""
    del old["sha256"]
    (taken.path / "manifest.json").write_text(json.dumps(old))
    with pytest.raises(SnapshotError, match="cannot be read"):
        stores.find(store, taken.id)


def test_a_compact_snapshot_has_no_free_pages(shop: Path, store: Path) -> None:
    with connect(shop) as connection:
        run(connection, "CREATE TABLE junk AS SELECT zeroblob(100000) a")
        run(connection, "DROP TABLE junk")
    whole, small = taken_of(shop, store), taken_of(shop, store, compact=True)
    assert small.manifest.bytes < whole.manifest.bytes - 100_000
    assert small.manifest.tables == whole.manifest.tables


def test_small_file_takes_milliseconds(shop: Path, store: Path) -> None:
    with connect(shop) as connection:
        run(connection, "CREATE TABLE filler AS SELECT zeroblob(200000) a")
        began = time.perf_counter()
        take(connection, store=store)
    assert time.perf_counter() - began < 1  # 8 ms on an idle machine


def test_rows_that_break_a_rule_of_their_table_are_no_damage(shop: Path, store: Path) -> None:
    with connect(shop) as connection:
        run(connection, "PRAGMA ignore_check_constraints = ON")
        run(connection, "CREATE TABLE checked (a CHECK (a > 1))")
        run(connection, "INSERT INTO checked VALUES (0)")
    taken_of(shop, store)


def test_a_file_in_the_middle_of_a_transaction_is_taken_as_committed(shop: Path, store: Path) -> None:
    with connect(shop) as writer, writer.transaction():
        run(writer, "DELETE FROM Post")
        taken = taken_of(shop, store)
    assert {table.name: table.rows for table in taken.manifest.tables}['"Post"'] == 3


def test_damaged_file_is_said(shop: Path, store: Path) -> None:
    with connect(shop) as connection:
        run(connection, "PRAGMA journal_mode = DELETE")
        run(connection, "CREATE TABLE filler AS SELECT value, zeroblob(1000) FROM json_each('[1,2,3,4,5,6,7,8,9]')")
        page = value(connection, "SELECT rootpage FROM sqlite_master WHERE name = 'filler'")
    data = bytearray(shop.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    shop.write_bytes(data)
    with pytest.raises(ConnectionFailed, match="is damaged"):
        taken_of(shop, store)
    assert list(store.iterdir()) == []


def test_too_little_space_is_noticed_before_anything_is_written(
    shop: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 100

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage())
    with pytest.raises(SnapshotError, match=r"the snapshot needs about .* MB"):
        taken_of(shop, store)
    assert not store.exists()


def big(path: Path) -> Path:
    with connect(path) as connection:
        run(connection, "CREATE TABLE big AS SELECT zeroblob(20000000) a")
    return path


def test_a_disk_that_fills_up_leaves_no_snapshot(shop: Path, store: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, big(shop), store, "10000000"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert "the disk" in child.stderr
    assert child.returncode == 1
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_take_that_is_stopped_leaves_no_snapshot(shop: Path, store: Path, by: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, big(shop), store, "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout
        assert int(child.stdout.readline()) > 0
        child.send_signal(by)
        child.wait(20)
    assert stores.all_in(store) == []
    assert [path.suffix for path in store.iterdir()] == [".part"] * (by is signal.SIGKILL)
    taken = taken_of(shop, store)
    assert [path.name for path in store.iterdir()] == [taken.id]  # the leftover is swept
