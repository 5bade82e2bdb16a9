from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safemigrate.model import (
    Confirmation,
    Finding,
    Measured,
    Migration,
    MigrationOutcome,
    Proof,
    Severity,
    Span,
    Verdict,
)
from safemigrate.workflow.proving.remember import Memory, keys

FINDING = Finding(
    "index-not-concurrent",
    Severity.WARNING,
    "message",
    "01_a",
    Span(0, 9, 1, 1, 1, 10),
    verdict=Confirmation.CONFIRMED,
    measured=Measured('"User"', "ShareLock", 0.5, scans=3),
)
PROVEN = MigrationOutcome(
    "01_a", "ab", "proven", (FINDING,), proof=Proof(Verdict.LOSSY, ("why",), 2, 10, "15.1", 0.5), detail="d"
)
BROKEN = MigrationOutcome("02_b", "cd", "does not run", detail="line 1")


def migration(name: str, sql: str) -> Migration:
    return Migration(name, Path(name, "migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())


def test_what_was_put_is_got_by_the_same_key_on_the_same_ground(tmp_path: Path) -> None:
    memory = Memory("15", 5, folder=tmp_path)
    memory.put("one", PROVEN)
    memory.put("two", BROKEN)
    memory.save()
    again = Memory("15", 5, folder=tmp_path)
    assert (again.get("one"), again.get("two"), again.get("three")) == (PROVEN, BROKEN, None)
    assert Memory("15", 6, folder=tmp_path).get("one") is None


def test_a_key_changes_with_every_migration_before_it() -> None:
    history = [migration("1", "a"), migration("2", "b"), migration("3", "c")]
    edited = [history[0], migration("2", "B"), history[2]]
    assert [one == other for one, other in zip(keys(history), keys(edited), strict=True)] == [True, False, False]


@pytest.mark.parametrize("content", ["", "{", "\x00", "[]", "3", '{"one": {}}', '{"one": 3}'])
def test_a_file_that_cannot_be_read_is_proven_anew(tmp_path: Path, content: str) -> None:
    memory = Memory(folder=tmp_path)
    memory.put("one", PROVEN)
    memory.save()
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    assert Memory(folder=tmp_path).get("one") is None


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(folder=tmp_path / "file")
    memory.put("one", PROVEN)
    memory.save()
    assert memory.get("one") == PROVEN


def test_only_so_many_files_are_kept(tmp_path: Path) -> None:
    for ground in range(25):
        memory = Memory(ground, folder=tmp_path)
        memory.put("one", PROVEN)
        memory.save()
    assert len(list(tmp_path.iterdir())) == 20
