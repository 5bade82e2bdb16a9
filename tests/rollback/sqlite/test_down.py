"""down.sql of a file is a script for SQLite's shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import connect
from safemigrate.db.sqlite.rows import differences
from safemigrate.rollback.down import is_ours, of_file, render
from tests.rollback.sqlite.cases import EXTRAS, POSTS, WITHOUT_AGE, Case
from tests.rollback.sqlite.journey import journey

CASES = [
    Case("a rebuild", EXTRAS, WITHOUT_AGE),
    Case("a rename", POSTS, 'ALTER TABLE "User" RENAME TO "Person";'),
    Case("rows", POSTS, """UPDATE "User" SET "name" = 'x'; DELETE FROM "User" WHERE "id" = 1;"""),
    Case("tables", POSTS, 'DROP TABLE "Post"; CREATE TABLE "New" ("id" INTEGER PRIMARY KEY);'),
]


def shell(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = ["sqlite3", "-bail", "dev.db"]
    return subprocess.run(command, input=script, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_runs_by_hand(case: Case, tmp_path: Path) -> None:
    with journey(tmp_path, case.before, case.migration) as found:
        script = render(found.plan, of_file(tmp_path / "dev.db", tmp_path / "kept.db", tmp_path))
    done = shell(tmp_path, script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with connect(tmp_path / "dev.db") as connection:
        connection.attach(tmp_path / "before.db", "before")
        assert compare(read(connection, "before"), read(connection)) == []
        assert differences(connection, "before", "main") == []


def test_says_how_and_what(tmp_path: Path) -> None:
    with journey(tmp_path, POSTS, 'ALTER TABLE "User" DROP COLUMN "age";') as found:
        script = render(found.plan, of_file(tmp_path / "a b" / "dev.db", tmp_path / "kept" / "dev.db", tmp_path))
    assert is_ours(script)
    assert "-- verdict: exact\n-- proof: up, down and up again on SQLite 3." in script
    assert "-- By hand: sqlite3 -bail 'a b/dev.db' < down.sql" in script
    assert '-- brings back values of "User"."age", kept in "safemigrate"."' in script
    assert "ATTACH 'file:kept/dev.db?mode=rw' AS safemigrate;\nPRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;" in script
    assert '-- fills "User"."age" from its rows of today, with the kept values\nINSERT INTO "User"' in script
    assert script.endswith("PRAGMA foreign_key_check;\nCOMMIT;\n")


def test_changes_nothing_where_what_was_kept_is_not_there(tmp_path: Path) -> None:
    with journey(tmp_path, POSTS, 'ALTER TABLE "User" DROP COLUMN "age";') as found:
        script = render(found.plan, of_file(tmp_path / "dev.db", tmp_path / "gone.db", tmp_path))
        text = found.connection.execute("SELECT sql FROM sqlite_master WHERE name = 'User'").fetchone()
    done = shell(tmp_path, script)
    assert done.returncode
    assert "unable to open database" in done.stderr
    with connect(tmp_path / "dev.db") as connection:
        assert connection.execute("SELECT sql FROM sqlite_master WHERE name = 'User'").fetchone() == text
