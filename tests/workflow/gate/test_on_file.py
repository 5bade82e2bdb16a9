"""What is held against the end of a SQLite history: schema.prisma by Prisma's CLI, a live file by its catalog."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db.sqlite.connection import connect
from safemigrate.errors import ConnectionFailed
from safemigrate.model import Outcome, Result, silent
from safemigrate.prisma import sqlite_history
from safemigrate.prisma.migrations import decode
from safemigrate.workflow.check_branch import BranchOptions, check_branch
from safemigrate.workflow.gate.effort import Effort
from safemigrate.workflow.request import Request
from tests.prisma_cli import PrismaCli, installed_prisma, only, prisma
from tests.repositories import BASE, NEW, TAG, commit, git, migration, project
from tests.workflow.gate.test_look import install, whole, write_schema

__all__ = ["installed_prisma", "prisma"]

INIT, BIO = BASE
MODEL = "model Tag {\n  id Int @id\n}\n"
REBUILT = """\
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "bio" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("bio", "id", "name") SELECT "bio", "id", coalesce("name", '') FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository", "sqlite")


@pytest.fixture
def root(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(original, tmp_path / "repository", symlinks=True)


def check(root: Path, live: Path | None = None, *, cache: bool = True) -> Outcome:
    request = Request(
        project=root,
        schema=None,
        url=f"file:{live}" if live else None,
        settings=Settings(),
        on_progress=silent,
        interactive=False,
        confirm=None,
        ask_name=None,
        consent=lambda *_: False,
        proceed=lambda _: False,
    )
    return check_branch(request, BranchOptions(effort=Effort(cache=cache)))


def sqlite(root: Path, more: str) -> None:
    """Write the schema with more in it."""
    write_schema(root, more)
    path = root / "prisma" / "schema.prisma"
    path.write_text(path.read_text().replace("postgresql", "sqlite"))


def test_a_schema_that_no_migration_follows(root: Path) -> None:
    asked = install(root)
    sqlite(root, MODEL)
    for _ in range(2):  # then from memory
        outcome = check(root)
        assert (outcome.result, whole(outcome)) == (Result.BLOCKED, {"schema-drift": "error"})
        assert 'CREATE TABLE "Tag" ()' in outcome.findings[0].message
        assert asked.read_text().count("asked") == 2  # about the branch, and about the base
    migration(root, NEW, 'ALTER TABLE "Nowhere" ADD COLUMN x int;')
    assert whole(check(root)) == {}  # nobody knows the end of what does not run
    assert asked.read_text().count("asked") == 2


@pytest.mark.prisma
@only("5.22.0")
def test_the_real_prisma(root: Path, prisma: PrismaCli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in prisma.environment.items():
        monkeypatch.setenv(name, value)
    (root / ".gitignore").write_text("node_modules\n")
    migration(root, INIT, 'CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT);')
    migration(root, BIO, 'ALTER TABLE "User" ADD COLUMN "bio" TEXT;')
    commit(root)
    git(root, "branch", "-qf", "main")
    prisma.project(root, "model User {\n  id Int @id\n  name String\n  bio String?\n  age Int?\n}\n", "sqlite")
    outcome = check(root)
    assert whole(outcome) == {"schema-drift": "error"}
    assert outcome.findings[0].message == (
        "schema.prisma asks for what no migration does: "
        'column "User"."age" is missing; column "User"."name": definition TEXT, expected TEXT NOT NULL'
    )
    commit(root)
    git(root, "branch", "-qf", "main")  # and now the base has it too
    schema = root / "prisma" / "schema.prisma"
    schema.write_text(schema.read_text().replace("  age Int?", "  age Int?\n  size Int?"))
    outcome = check(root)
    assert outcome.findings[0].message.endswith('does: column "User"."size" is missing')
    migration(root, "20250502000000_size", 'ALTER TABLE "User" ADD COLUMN "size" INTEGER;')
    assert whole(check(root)) == {"schema-drift": "warning"}
    git(root, "checkout", "-q", "main", "--", "prisma")
    shutil.rmtree(root / "prisma/migrations/20250502000000_size")
    migration(root, NEW, REBUILT)
    assert whole(check(root)) == {}


def deployed(path: Path, history: dict[str, str]) -> None:
    """Apply a history, and record it."""
    with connect(path, create=True) as connection:
        sqlite_history.create_table(connection)
        for name, sql in history.items():
            connection.execute(sql)
            sqlite_history.record_applied(connection, decode(name, Path(name, "migration.sql"), sql.encode()), name)


@pytest.mark.parametrize(
    ("there", "by_hand", "expected"),
    [
        (BASE, "", {}),
        ({INIT: BASE[INIT]}, "", {}),
        ({**BASE, NEW: TAG}, "", {}),
        (BASE, 'CREATE INDEX by_hand ON "User" (name)', {"database-drift": "warning"}),
        ({**BASE, "20250401000000_lost": "SELECT 1;"}, "", {"missing-migration": "warning"}),
        ({**BASE, BIO: BASE[BIO] + "-- edited"}, "", {"edited-after-apply": "error"}),
        (
            BASE,
            "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%bio'",
            {"failed-migration": "error"},
        ),
    ],
    ids=["as-the-base", "behind", "ahead", "drift", "missing", "edited", "failed"],
)
def test_a_live_file(root: Path, tmp_path: Path, there: dict[str, str], by_hand: str, expected: dict[str, str]) -> None:
    live = tmp_path / "live.db"
    deployed(live, there)
    if by_hand:
        with connect(live) as connection:
            connection.execute(by_hand)
    migration(root, NEW, TAG)
    before = live.read_bytes()
    outcome = check(root, live)
    assert whole(outcome) == expected
    assert outcome.database == f"file:{live}"
    assert live.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("live")] == ["live.db"]


def test_a_file_without_a_history_is_named_and_one_that_is_not_there_is_an_error(root: Path, tmp_path: Path) -> None:
    live = tmp_path / "live.db"
    with pytest.raises(ConnectionFailed, match=r"live\.db"):
        check(root, live)
    with connect(live, create=True) as connection:
        connection.execute("CREATE TABLE t (id int)")
    assert "has no migration history" in check(root, live).notes[0]
