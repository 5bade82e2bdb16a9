from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.model import Outcome, silent
from safemigrate.workflow.check import CheckOptions, check
from safemigrate.workflow.request import Request

SQL = """\
-- AlterTable
ALTER TABLE "User" ADD COLUMN "bio" TEXT;

-- CreateIndex
CREATE INDEX "User_name_idx" ON "User"("name");

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id");
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    write(folder, "20260101000000_change", SQL)
    (folder / "migration_lock.toml").write_text('provider = "postgresql"\n')
    return folder


def write(history: Path, name: str, sql: str) -> None:
    (history / name).mkdir(parents=True)
    (history / name / "migration.sql").write_bytes(sql.encode())


def fix(path: Path, *, agree: bool = True, changed_since: str | None = None) -> tuple[Outcome, list[str]]:
    shown: list[str] = []

    def rewrite(difference: str) -> bool:
        shown.append(difference)
        return agree

    request = Request(
        project=path if path.is_dir() else path.parent,
        schema=None,
        url=None,
        settings=Settings(),
        on_progress=silent,
        interactive=False,
        confirm=None,
        ask_name=None,
        consent=lambda _database, _losses: False,
        proceed=lambda _question: False,
        rewrite=rewrite,
    )
    options = CheckOptions(files=(str(path),), offline=True, fix=True, changed_since=changed_since)
    return check(request, options), shown


def names(history: Path) -> list[str]:
    return sorted(path.name for path in history.iterdir() if path.is_dir())


def test_what_is_agreed_to_is_written_and_then_read(history: Path) -> None:
    outcome, shown = fix(history)
    assert names(history) == [
        "20260101000000_change",
        "20260101000001_change_validate",
        "20260101000002_change_User_name_idx",
    ]
    assert [one.name for one in outcome.migrations] == names(history)
    assert [finding for one in outcome.migrations for finding in one.findings] == []
    assert '+CREATE INDEX CONCURRENTLY "User_name_idx"' in shown[0]
    assert "is rewritten for index-not-concurrent, foreign-key-validates; what comes after it" in outcome.notes[0]
    again, shown = fix(history)
    assert (shown, again.notes) == ([], ())


def test_what_is_declined_stays(history: Path) -> None:
    outcome, _ = fix(history, agree=False)
    assert names(history) == ["20260101000000_change"]
    assert (history / "20260101000000_change" / "migration.sql").read_text() == SQL
    assert "is left as it is" in outcome.notes[0]
    assert {finding.rule for finding in outcome.migrations[0].findings} == {
        "index-not-concurrent",
        "foreign-key-validates",
    }


def test_a_file_alone_shows_that_the_check_was_validated(history: Path) -> None:
    write(history, "20260102000000_required", 'ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL;')
    outcome, _ = fix(history / "20260102000000_required")
    assert [one.name.rsplit("_", 1)[-1] for one in outcome.migrations] == ["required", "validate"]
    assert [finding for one in outcome.migrations for finding in one.findings] == []


@pytest.mark.parametrize("neighbour", ["20260101000001_next", "20260101000001_a", "20260101000000_z"])
def test_what_comes_after_stays_before_what_came_after(history: Path, neighbour: str) -> None:
    write(history, neighbour, "SELECT 1;")
    fix(history / "20260101000000_change")
    found = names(history)
    assert found.index("20260101000000_change") == 0
    assert found[-1] == neighbour
    assert [name.rsplit("_", 1)[-1] for name in found[1:-1]] == ["validate", "idx"]


def test_a_plain_file_gets_files_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "change.sql"
    path.write_bytes(SQL.replace("\n", "\r\n").encode())
    fix(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "change.sql",
        "change_02_validate.sql",
        "change_03_User_name_idx.sql",
    ]
    assert (tmp_path / "change_02_validate.sql").read_bytes() == (
        b'ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_fkey";\r\n'
    )


def test_what_is_committed_is_only_rewritten_for_its_branch(history: Path) -> None:
    import git

    with git.Repo.init(history.parent, initial_branch="main") as repository:
        repository.git.execute(["git", "commit", "--allow-empty", "-m", "begin"], env=AUTHOR)
        repository.git.checkout("-b", "change")
        repository.git.add("--all")
        repository.git.execute(["git", "commit", "-m", "change"], env=AUTHOR)
    outcome, shown = fix(history)
    assert shown == []
    assert "git knows it, so a database may have it" in outcome.notes[0]
    _, shown = fix(history, changed_since="main")
    assert len(shown) == 1


AUTHOR = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
