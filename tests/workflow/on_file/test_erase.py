"""Taking one row's values out of what is kept beside a file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest

from safemigrate.errors import ConsentRequired, HistoryError, ShadowError
from safemigrate.execute.sqlite import side
from safemigrate.model import Outcome, Result
from safemigrate.workflow.erase import erase
from safemigrate.workflow.options import EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.prune import prune

from .conftest import CHANGE, Project

SQL = """
ALTER TABLE "User" ADD COLUMN "age" INTEGER;
UPDATE "User" SET "createdAt" = 'never';
ALTER TABLE "User" DROP COLUMN "bio";
DELETE FROM "User" WHERE "id" = 2;
DROP TABLE "Post";
DROP TABLE "Log";
"""


@pytest.fixture
def kept(project: Project) -> Project:
    project.run(
        "UPDATE User SET bio = 'SECRET-' || id || '-' || hex(zeroblob(300))",
        "UPDATE Post SET title = 'POSTED-' || id",
        "CREATE TABLE Log (at BLOB, what TEXT)",
        "INSERT INTO Log VALUES (x'00FF', 'LOGGED-1'), (7, 'LOGGED-2')",
    )
    project.write(CHANGE, SQL)
    project.apply()
    return project


def erased(project: Project, table: str, key: Mapping[str, str], *, dry_run: bool = False) -> Outcome:
    return erase(project.request(), EraseOptions(table, key, dry_run=dry_run))


def held(project: Project) -> bytes:
    """The bytes of the side database, and of what lies beside it."""
    beside = side.side_of(project.folder, project.file)
    return b"".join(path.read_bytes() for path in beside.parent.iterdir())


def test_what_will_not_fit_when_it_is_written_anew_is_not_begun(kept: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(held(kept))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, size))
    with pytest.raises(ShadowError, match="bytes are needed in"):
        erased(kept, "User", {"id": "1"})
    assert b"SECRET-1" in held(kept)


def test_a_row_is_gone_to_the_byte_and_does_not_come_back(kept: Project) -> None:
    assert b"SECRET-1" in held(kept)
    assert erased(kept, "user", {"ID": "1"}, dry_run=True).result is Result.REHEARSED
    kept.agrees = False
    with pytest.raises(ConsentRequired):
        erased(kept, "User", {"id": "1"})
    assert b"SECRET-1" in held(kept)
    kept.agrees = True
    outcome = erased(kept, "User", {"id": "1"})
    assert outcome.result is Result.ERASED
    assert [note.partition(" in ")[2] for note in outcome.notes if note.endswith(" rows")]
    assert any(note.startswith("snapshot ") and 'holds rows of "User"' in note for note in outcome.notes)
    assert any("point to it" in note for note in outcome.notes)
    assert erased(kept, "User", {"id": "2"}).result is Result.ERASED
    assert erased(kept, '"main"."Post"', {"authorId": "1"}).result is Result.ERASED
    assert all(gone not in held(kept) for gone in (b"SECRET-1", b"SECRET-2", b"POSTED-1"))
    assert b"SECRET-3" in held(kept)
    kept.run("DELETE FROM User WHERE id = 1")
    assert kept.rollback().result is Result.ROLLED_BACK
    assert kept.rows("SELECT id, substr(bio, 1, 8) FROM User") == [(3, "SECRET-3")]
    assert kept.rows("SELECT title FROM Post") == [("POSTED-2",)]


def test_a_row_without_a_key_is_found_by_its_values(kept: Project) -> None:
    assert erased(kept, "Log", {"at": "X'00FF'"}).result is Result.ERASED
    assert b"LOGGED-1" not in held(kept)
    kept.rollback()
    assert kept.rows("SELECT what FROM Log") == [("LOGGED-2",)]


def test_what_a_rollback_left(kept: Project) -> None:
    kept.run("UPDATE User SET age = 4711 WHERE id = 1")
    kept.rollback()
    assert erased(kept, "User", {"id": "1"}).result is Result.ERASED
    assert kept.rollback(RollbackOptions(undo=True)).result is Result.APPLIED
    assert kept.rows("SELECT id, age FROM User ORDER BY id") == [(1, None), (3, None)]


def test_what_belongs_to_another_copy_of_the_file_is_erased_too(kept: Project) -> None:
    shutil.copy(kept.keep("now.db"), kept.file)
    kept.run("DELETE FROM _prisma_migrations WHERE migration_name = '" + CHANGE + "'")
    assert erased(kept, "User", {"id": "1"}).result is Result.ERASED
    assert b"SECRET-1" not in held(kept)


def test_what_cannot_be_searched_is_named(kept: Project) -> None:
    outcome = erased(kept, "Log", {"nobody": "1"}, dry_run=True)
    assert any("cannot be searched by this key" in note for note in outcome.notes)
    assert erased(kept, "User", {"id": "99"}).result is Result.NOTHING
    with pytest.raises(HistoryError, match='nothing is kept of table "Nobody"'):
        erased(kept, "Nobody", {"id": "1"})


def test_what_was_pruned_leaves_no_bytes(kept: Project) -> None:
    prune(kept.request(), PruneOptions(migration=CHANGE))
    assert b"SECRET" not in held(kept)
