from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safemigrate.errors import SnapshotError
from safemigrate.snapshot import manifest as manifests
from safemigrate.snapshot.manifest import Manifest, Table
from safemigrate.snapshot.store import Snapshot, all_in, being_written, find, prepare, sweep

NOW = datetime(2026, 11, 22, 13, 45, 1, 123456, tzinfo=UTC)


def manifest(name: str, taken_at: datetime = NOW) -> Manifest:
    return Manifest(
        id=name,
        migration="20260101_x",
        scope="scoped",
        taken_at=taken_at,
        lsn="0/1",
        database="postgresql://me@db:5432/shop",
        server_version=150018,
        system_identifier="77",
        encoding="UTF8",
        collate="C",
        ctype="C",
        pg_dump="15.18",
        archive="database.dump",
        bytes=3,
        sha256="ab",
        tables=(Table('"public"."Ä"', 3), Table('"public"."b"', None)),
        sequences={'"public"."s"': 7, '"public"."unused"': None},
        extensions={"plpgsql": "1.0"},
        roles=("me",),
        git={"commit": "abc", "dirty": True},
    )


def put(store: Path, name: str, age: int = 0) -> Path:
    with being_written(store, name) as folder:
        (folder / manifests.NAME).write_text(manifest(name, NOW - timedelta(hours=age)).write())
    return store / name


def test_a_manifest_reads_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(manifest("a").write())
    assert manifests.read(tmp_path / "manifest.json") == manifest("a")


def test_every_key_of_a_manifest_is_documented() -> None:
    assert manifests.__doc__ is not None
    for key in json.loads(manifest("a").write()):
        assert key in manifests.__doc__


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', "\xff"])
def test_a_broken_manifest_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(SnapshotError, match="cannot be read"):
        manifests.read(path)


def test_a_manifest_of_a_later_version_asks_for_an_upgrade(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 2}')
    with pytest.raises(SnapshotError, match="has version 2, and this safemigrate reads 1"):
        manifests.read(tmp_path / "manifest.json")


def test_snapshots_are_found_by_id_by_its_beginning_and_as_the_latest(tmp_path: Path) -> None:
    put(tmp_path, "20261122T1-aa", age=1)
    put(tmp_path, "20261122T2-bb")
    put(tmp_path, "20261122T2-bbb", age=2)
    assert [one.id for one in all_in(tmp_path)] == ["20261122T2-bb", "20261122T1-aa", "20261122T2-bbb"]
    assert find(tmp_path, "latest").id == "20261122T2-bb"
    assert find(tmp_path, "20261122T1").id == "20261122T1-aa"
    assert find(tmp_path, "20261122T2-bb").id == "20261122T2-bb"
    with pytest.raises(SnapshotError, match="2 snapshots begin with 20261122T2"):
        find(tmp_path, "20261122T2")
    with pytest.raises(SnapshotError, match="there is no snapshot nope") as caught:
        find(tmp_path, "nope")
    assert "20261122T1-aa" in caught.value.why


def test_an_empty_or_missing_store_has_no_snapshots(tmp_path: Path) -> None:
    assert all_in(tmp_path / "missing") == []
    with pytest.raises(SnapshotError, match="there is no snapshot latest"):
        find(tmp_path, "latest")


def test_a_snapshot_whose_manifest_is_broken_says_so_when_asked_for(tmp_path: Path) -> None:
    (put(tmp_path, "broken") / manifests.NAME).write_text("{")
    assert all_in(tmp_path) == []
    with pytest.raises(SnapshotError, match="cannot be read"):
        find(tmp_path, "broken")


def test_a_half_written_snapshot_has_no_final_name(tmp_path: Path) -> None:
    seen = []

    def interrupted(folder: Path) -> None:
        seen.append(folder.name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), being_written(tmp_path, "half") as part:
        interrupted(part)
    assert seen == ["half.part"]
    assert [path.name for path in tmp_path.iterdir()] == [".gitignore"]


def test_what_killed_runs_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    whole = put(tmp_path, "whole")
    abandoned, young = tmp_path / "old.part", tmp_path / "young.part"
    for folder in (abandoned, young):
        folder.mkdir()
    os.utime(abandoned, (0, 0))
    assert sweep(tmp_path) == [abandoned]
    assert whole.exists()
    assert young.exists()


def test_a_store_of_the_projects_own_choice_is_ignored_by_git_too(tmp_path: Path) -> None:
    prepare(tmp_path / "backups")
    assert (tmp_path / "backups" / ".gitignore").read_text() == "*\n"


def test_a_verified_snapshot_says_so(tmp_path: Path) -> None:
    snapshot = Snapshot(put(tmp_path, "a"), manifest("a"))
    assert not snapshot.verified
    snapshot.mark_verified("PostgreSQL 15.18")
    assert snapshot.verified
    assert all_in(tmp_path)[0].verified
