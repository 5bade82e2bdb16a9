from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import connect
from safemigrate.db.sqlite.foreign_keys import added, foreign_keys, violations
from safemigrate.db.sqlite.script import execute
from safemigrate.db.sqlite.written import writes
from safemigrate.errors import MigrationFailed

TABLES = (
    'CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "email" TEXT, "name" TEXT)',
    """INSERT INTO "User" VALUES (1, 'a', 'x'), (2, 'a', NULL)""",
    'CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "author" INT REFERENCES "User")',
    'CREATE INDEX "there" ON "Post" ("author")',
)


@pytest.mark.parametrize(
    ("sql", "why", "fix"),
    [
        (
            'CREATE UNIQUE INDEX "u" ON "User" ("email")',
            'UNIQUE constraint failed: User.email (SQLITE_CONSTRAINT_UNIQUE). Rows of "User" are alike there.',
            'SELECT "email", count(*) FROM "User" GROUP BY "email" HAVING count(*) > 1;',
        ),
        (
            'CREATE UNIQUE INDEX "u" ON "User" (lower("email"))',
            "UNIQUE constraint failed: index 'u' (SQLITE_CONSTRAINT_UNIQUE). Rows are alike in what index 'u' is",
            "",
        ),
        (
            'INSERT INTO "Post" VALUES (1, 9)',
            "A row would refer to one that is not there.",
            "PRAGMA foreign_key_check;",
        ),
        ('DROP TABLE "new_X"', 'A rebuild of "X" broke off before, or its first statement is missing.', ""),
        (
            'CREATE INDEX "there" ON "Post" ("id")',
            "index there already exists (SQLITE_ERROR). Somebody made it by hand, or it was put back",
            'DROP INDEX "there";',
        ),
        ("DROP TABLE gone", "no such table: gone (SQLITE_ERROR).", ""),
        ("SELEC 1", 'near "SELEC": syntax error (SQLITE_ERROR).', ""),
    ],
)
def test_a_failure_says_what_leads_out(tmp_path: Path, sql: str, why: str, fix: str) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        for each in TABLES:
            execute(connection, each)
        with pytest.raises(MigrationFailed) as failure:
            execute(connection, sql, 7)
    assert failure.value.summary == f"line 7 failed: {sql}"
    assert why in failure.value.why
    assert failure.value.fix == ((fix,) if fix else ())


def test_what_a_statement_would_write_is_known_before_it_runs(tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        for each in TABLES:
            execute(connection, each)
        for _ in range(2):  # the second time from Python's cache of statements
            with writes(connection) as found:
                connection.execute('EXPLAIN DELETE FROM "User"').close()
            assert found == {("delete", "User")}
        connection.execute("DELETE FROM User")  # the callback is gone
        assert found == {("delete", "User")}


def test_violations_are_new_where_there_are_more_than_before(tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        for each in TABLES:
            execute(connection, each)
        with foreign_keys(connection, on=False):
            connection.execute('INSERT INTO "Post" VALUES (1, 8)')
            before = violations(connection)
            connection.execute('ALTER TABLE "Post" RENAME TO "Article"')
            assert not added(before, violations(connection))
            connection.execute('INSERT INTO "Article" VALUES (2, 9)')
            assert added(before, violations(connection)) == {("Article", "User"): 2}
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
