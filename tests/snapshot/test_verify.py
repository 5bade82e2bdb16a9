from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

from safemigrate.db.postgres import connect, server
from safemigrate.db.session import run
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import SnapshotError
from safemigrate.snapshot.restore import restore
from safemigrate.snapshot.store import Snapshot
from safemigrate.snapshot.take import take
from safemigrate.snapshot.verify import compare, verify


@pytest.fixture
def snapshot(database: DatabaseUrl, store: Path) -> Snapshot:
    with connect(database) as connection:
        run(
            connection,
            "CREATE EXTENSION citext; CREATE TABLE t (id serial PRIMARY KEY, a text);"
            "INSERT INTO t (a) SELECT md5(i::text) FROM generate_series(1, 5000) i;"
            "CREATE SEQUENCE down INCREMENT -1; SELECT nextval('down')",
        )
        found = server(connection)
    return take(database, found, scope="full", store=store)


def unhashed(snapshot: Snapshot) -> Snapshot:
    """The snapshot as if its manifest had been written for the bytes that are there now."""
    data = snapshot.archive.read_bytes()
    manifest = dataclasses.replace(snapshot.manifest, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return Snapshot(snapshot.path, manifest)


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.write_bytes(data)


def test_a_whole_snapshot_is_verified_and_with_a_restore_it_is_recorded(snapshot: Snapshot, copy: DatabaseUrl) -> None:
    verify(snapshot)
    assert not snapshot.verified
    verify(snapshot, copy)
    assert snapshot.verified


def test_a_truncated_archive_is_noticed_by_its_size(snapshot: Snapshot) -> None:
    snapshot.archive.write_bytes(snapshot.archive.read_bytes()[:-100])
    with pytest.raises(SnapshotError, match=r"is damaged: [\d,]+ bytes instead of"):
        verify(snapshot)


def test_a_flipped_bit_is_noticed_by_the_sum(snapshot: Snapshot) -> None:
    flip(snapshot.archive, snapshot.manifest.bytes - 2000)
    with pytest.raises(SnapshotError, match="its sha256 is not the one written"):
        verify(snapshot)


def test_a_lost_archive_is_named(snapshot: Snapshot) -> None:
    snapshot.archive.unlink()
    with pytest.raises(SnapshotError, match="has lost its archive"):
        verify(snapshot)


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_an_archive_that_was_bad_when_it_was_hashed_is_noticed_by_reading_it(snapshot: Snapshot, damage: str) -> None:
    if damage == "cut":
        snapshot.archive.write_bytes(snapshot.archive.read_bytes()[: snapshot.manifest.bytes // 2])
    else:
        flip(snapshot.archive, snapshot.manifest.bytes // 2)
    with pytest.raises(SnapshotError, match="cannot be read") as caught:
        verify(unhashed(snapshot))
    assert "pg_restore: error" in caught.value.why


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM t WHERE id = 1", 'table "public"."t" has 4,999 rows instead of 5,000'),
        ("DROP TABLE t", 'table "public"."t" is missing'),
        ("CREATE TABLE more ()", 'table "public"."more" was not in the snapshot'),
        ("SELECT setval('t_id_seq', 7)", 'sequence "public"."t_id_seq" stands at 7 instead of 5000'),
        ("ALTER SEQUENCE down RESTART", 'sequence "public"."down" stands at None instead of -1'),
        ("DROP EXTENSION citext", "extension citext is missing"),
    ],
)
def test_every_difference_of_a_restore_is_said(snapshot: Snapshot, copy: DatabaseUrl, change: str, said: str) -> None:
    restore(snapshot, copy)
    with connect(copy) as connection:
        run(connection, change)
    with pytest.raises(SnapshotError, match="does not restore to what it was taken of") as caught:
        compare(snapshot, copy)
    assert said in caught.value.why.splitlines()
    assert not snapshot.verified


def test_a_sequence_that_went_on_while_the_dump_was_written_is_no_loss(snapshot: Snapshot, copy: DatabaseUrl) -> None:
    restore(snapshot, copy)
    with connect(copy) as connection:
        run(connection, "SELECT nextval('t_id_seq'), nextval('down')")
    compare(snapshot, copy)
