"""A disk that is full at whatever point: the file is as it was, nothing lies about, and the next command goes on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from safemigrate.errors import SafemigrateError
from safemigrate.snapshot.store import PART
from tests.small_disk import small_disk

from .conftest import CHANGE, Project

REBUILD = """
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL);
INSERT INTO "new_User" ("id", "email") SELECT "id", "email" FROM "User";
DROP TABLE "User"; ALTER TABLE "new_User" RENAME TO "User"; CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
PRAGMA foreign_keys=ON;
"""
PAGE = 4096


def refused(project: Project, command: Callable[[], object], file: str) -> int:
    """Run a command with more and more room until it is done; return how often it was not."""
    before, store = project.keep(file), project.folder / ".safemigrate" / "snapshots"
    for times in count():
        said = ""
        try:
            with small_disk((times + 1) * 3 * PAGE):
                command()
        except SafemigrateError as error:
            said = str(error)
        if not said:
            return times
        assert project.unlike(before) == [], said
        assert [*store.glob(f"*{PART}")] == [], said
    raise AssertionError


def test_a_full_disk(project: Project) -> None:
    project.run("UPDATE User SET bio = hex(randomblob(6000))")
    project.write(CHANGE, REBUILD)
    assert refused(project, lambda: project.apply(dry_run=True), "a.db") > 3
    assert refused(project, project.apply, "b.db") > 3
    assert refused(project, project.rollback, "c.db") > 3
    assert project.rows("SELECT count(*), sum(length(bio)) FROM User") == [(3, 36000)]
