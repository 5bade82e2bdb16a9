"""What a snapshot of a file promises, and how it is said that a promise is broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import connect, run
from safemigrate.errors import SnapshotError
from safemigrate.snapshot.manifest import Table
from safemigrate.snapshot.sqlite.take import take
from safemigrate.snapshot.sqlite.verify import compare, verify
from safemigrate.snapshot.store import Snapshot, sha256


@pytest.fixture
def taken(shop: Path, store: Path) -> Snapshot:
    with connect(shop) as connection:
        return take(connection, store=store)


def test_a_sound_snapshot(taken: Snapshot) -> None:
    assert taken.verified
    (taken.path / "verified.json").unlink()
    verify(taken)
    assert not taken.verified
    verify(taken, deep=True)
    assert taken.verified
    assert json.loads((taken.path / "verified.json").read_text())["how"].startswith("SQLite 3.")
    assert {one.name for one in taken.path.iterdir()} == {"database.db", "manifest.json", "verified.json"}


def test_damage_is_named(taken: Snapshot) -> None:
    data = taken.archive.read_bytes()
    taken.archive.write_bytes(data[:-1])
    with pytest.raises(SnapshotError, match=f"{len(data) - 1:,} bytes instead of {len(data):,}"):
        verify(taken)
    taken.archive.write_bytes(data[:-1] + b"x")
    with pytest.raises(SnapshotError, match="its sha256 is not the one written"):
        verify(taken)
    taken.archive.unlink()
    with pytest.raises(SnapshotError, match="has lost its archive"):
        verify(taken)


def test_damage_from_before_the_hash_is_found_by_reading(taken: Snapshot) -> None:
    data = bytearray(taken.archive.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    taken.archive.write_bytes(data)
    with pytest.raises(SnapshotError, match="cannot be read"):
        verify(Snapshot(taken.path, replace(taken.manifest, sha256=sha256(taken.archive))))


def test_what_differs_from_the_manifest_is_listed(taken: Snapshot, shop: Path) -> None:
    with connect(shop) as connection:
        run(connection, "DELETE FROM Post WHERE id = 1")
        run(connection, "CREATE TABLE more (a)")
        run(connection, "INSERT INTO User (name) VALUES ('c')")
    (taken.path / "verified.json").unlink()
    tables = (*taken.manifest.tables, Table('"Gone"', 1))
    with pytest.raises(SnapshotError) as caught:
        compare(Snapshot(taken.path, replace(taken.manifest, tables=tables)), shop)
    assert caught.value.why.splitlines() == [
        'table "Gone" is missing',
        'table "Post" has 2 rows instead of 3',
        'table "User" has 3 rows instead of 2',
        'table "more" was not in the snapshot',
        'the counter of "User" stands at 8 instead of 7',
    ]
    assert not (taken.path / "verified.json").exists()
