"""What a reader sees of a history for SQLite: each rebuild as what it comes to, on the INSERT that does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.lint.policy import Policy
from safemigrate.model import Outcome, Result
from safemigrate.report import reading
from safemigrate.workflow.reading.reader import Reader

INIT = """\
-- CreateTable
CREATE TABLE "Team" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT
);

-- CreateTable
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT COLLATE NOCASE,
    "name" TEXT,
    "age" TEXT NOT NULL,
    "bio" TEXT,
    "teamId" INTEGER
);

-- CreateIndex
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
"""
PLAIN = """\
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Team" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "size" INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "new_Team" ("id") SELECT "id" FROM "Team";
DROP TABLE "Team";
ALTER TABLE "new_Team" RENAME TO "Team";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""
SLIM = """\
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL,
    "fullName" TEXT,
    "age" INTEGER NOT NULL,
    "country" TEXT NOT NULL,
    "teamId" INTEGER,
    CONSTRAINT "User_teamId_fkey" FOREIGN KEY ("teamId") REFERENCES "Team" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
INSERT INTO "new_User" ("age", "email", "id", "teamId") SELECT "age", "email", "id", "teamId" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""


def test_a_rebuild_is_told_as_what_it_comes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    history = Path("prisma/migrations")
    texts = {"20260101090000_init": INIT, "20260102090000_size": PLAIN, "20260103090000_slim_user": SLIM}
    for name, text in texts.items():
        (history / name).mkdir(parents=True)
        (history / name / "migration.sql").write_text(text)
    (history / "migration_lock.toml").write_text('provider = "sqlite"\n')
    reader = Reader(Policy(()), None)
    read = [reader.read(history / name / "migration.sql") for name in texts]
    assert [bool(one.findings) for one in read] == [False, False, True]
    golden("text/check-sqlite.txt", reading.render(Outcome("check", Result.BLOCKED, migrations=tuple(read))))
