"""Which tables are not certain to be as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import connect
from safemigrate.db.sqlite.written import touched, writes

BEFORE = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT)",
    "CREATE TABLE b (id INTEGER PRIMARY KEY, t TEXT)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, a INT REFERENCES a ON DELETE CASCADE)",
    "CREATE VIRTUAL TABLE words USING fts5 (t)",
    "CREATE TRIGGER follow AFTER UPDATE ON b BEGIN UPDATE child SET a = NULL; END",
    "INSERT INTO a VALUES (1, 'one'), (2, 'two')",
    "INSERT INTO child VALUES (1, 1)",
    "INSERT INTO words VALUES ('one')",
)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("SELECT * FROM a", set()),
        ("CREATE INDEX i ON a (t)", set()),
        ("UPDATE a SET t = t WHERE 0", {"a"}),
        ("DELETE FROM a", {"a", "child"}),
        ("UPDATE b SET t = 1", {"b", "child"}),
        ("ALTER TABLE b ADD COLUMN c", {"b"}),
        ("ALTER TABLE b RENAME TO d", {"b", "d"}),
        ("ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b", {"a", "b", "child"}),
        ("ALTER TABLE b RENAME TO c; DELETE FROM c; ALTER TABLE c RENAME TO b", {"b"}),
        ("DROP TABLE b; CREATE TABLE b (id INTEGER PRIMARY KEY, t TEXT)", {"b"}),
        ("INSERT INTO words VALUES ('two')", {"words"}),
        ("DELETE FROM words_content", {"words"}),
        ("DROP TABLE words; CREATE VIRTUAL TABLE words USING fts5 (t)", {"words"}),
    ],
)
def test_what_may_hold_something_else(script: str, expected: set[str], tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        for sql in BEFORE:
            connection.execute(sql)
        before = read(connection)
        with writes(connection) as wrote:
            for sql in script.split("; "):
                connection.execute(sql).fetchall()
        assert touched(before, read(connection), {table for _, table in wrote}) == expected
