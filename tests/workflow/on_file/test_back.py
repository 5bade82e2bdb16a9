"""Rollbacks of a SQLite file that are told by what an application wrote meanwhile."""

from __future__ import annotations

from safemigrate.model import Result

from .conftest import CHANGE, Project


def rebuild(table: str, columns: str, listed: str, selected: str = "") -> str:
    """Write a rebuild as Prisma does."""
    return (
        f'CREATE TABLE "new_{table}" ({columns}); INSERT INTO "new_{table}" ({listed}) SELECT {selected or listed} '
        f'FROM "{table}"; DROP TABLE "{table}"; ALTER TABLE "new_{table}" RENAME TO "{table}";'
    )


def test_a_default_that_is_another_each_time_is_the_same_in_the_copy_and_in_the_file(project: Project) -> None:
    project.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, "
        "code BLOB NOT NULL DEFAULT (randomblob(8)))",
        "INSERT INTO t (id) VALUES (1)",
    )
    (first,) = project.rows("SELECT * FROM t")
    project.write(CHANGE, rebuild("t", "id INTEGER PRIMARY KEY", "id"))
    project.apply()
    project.run("INSERT INTO t VALUES (2), (3)")
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.rows("SELECT * FROM t WHERE id = 1") == [first]
    assert project.rows("SELECT count(DISTINCT code), count(at) FROM t") == [(3, 3)]
