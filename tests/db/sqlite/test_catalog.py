"""What a file holds, read back as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import Column, ForeignKey, Trigger, View, affinity, read
from safemigrate.db.sqlite.connection import Connection, connect, run


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A new file."""
    with connect(tmp_path / "dev.db", create=True) as made:
        yield made


def test_table_with_everything(connection: Connection) -> None:
    run(
        connection,
        """CREATE TABLE [User] (
          -- the key, by itself
          "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
          `name` varchar(20) NOT NULL DEFAULT 'it''s, (fine)' COLLATE NOCASE CHECK (name <> ')'),
          "full" TEXT GENERATED ALWAYS AS (name || ')') STORED,
          plain,
          CONSTRAINT "u" UNIQUE ("name", plain), CHECK (length(name) > 0)
        )""",
    )
    run(connection, "INSERT INTO User (name) VALUES ('a'), ('b')")
    catalog = read(connection)
    user = catalog.tables["User"]
    assert user.columns == (
        Column("id", "INTEGER", "INTEGER", True, None, 1, "", "BINARY"),
        Column("name", "varchar(20)", "TEXT", True, "'it''s, (fine)'", 0, "", "NOCASE"),
        Column("full", "TEXT", "TEXT", False, None, 0, "name || ')'", "BINARY"),
        Column("plain", "", "BLOB", False, None, 0, "", "BINARY"),
    )
    assert (user.primary_key, user.autoincrement, user.counter) == (("id",), True, 2)
    assert (user.strict, user.without_rowid, user.virtual) == (False, False, "")
    [unique] = catalog.indexes_of("user")
    assert (unique.unique, unique.columns, unique.origin, unique.collations) == (
        True,
        ("name", "plain"),
        "u",
        ("NOCASE", "BINARY"),
    )
    assert "sqlite_sequence" not in catalog.tables


def test_options_of_a_table(connection: Connection) -> None:
    run(connection, "CREATE TABLE a (x ANY, y TEXT, PRIMARY KEY (y, x)) STRICT, WITHOUT ROWID")
    table = read(connection).tables["A"]
    assert (table.strict, table.without_rowid, table.primary_key) == (True, True, ("y", "x"))
    assert [column.affinity for column in table.columns] == ["BLOB", "TEXT"]
    assert [column.key for column in table.columns] == [2, 1]


def test_foreign_keys_name_what_they_refer_to(connection: Connection) -> None:
    run(connection, "CREATE TABLE Parent (a, b, PRIMARY KEY (b, a))")
    run(
        connection,
        """CREATE TABLE child (x, y, z REFERENCES gone ON DELETE CASCADE,
           FOREIGN KEY (x, y) REFERENCES "parent" ON UPDATE SET NULL)""",
    )
    assert read(connection).tables["child"].foreign_keys == (
        ForeignKey(("z",), "gone", (), "NO ACTION", "CASCADE"),
        ForeignKey(("x", "y"), "Parent", ("b", "a"), "SET NULL", "NO ACTION"),
    )


def test_indexes(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (a, b)")
    run(connection, "CREATE UNIQUE INDEX plain ON t (b, a DESC)")
    run(connection, "CREATE INDEX partial ON t (a) WHERE b = 'where' AND a > 1")
    run(connection, "CREATE INDEX expression ON t (b, lower(a))")
    indexes = read(connection).indexes
    assert (indexes["plain"].columns, indexes["plain"].unique, indexes["plain"].where) == (("b", "a"), True, "")
    assert indexes["partial"].where == "b = 'where' AND a > 1"
    assert indexes["expression"].columns is None
    assert {index.origin for index in indexes.values()} == {"c"}
    assert indexes["plain"].sql == "CREATE UNIQUE INDEX plain ON t (b, a DESC)"


def test_triggers_and_views(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "User" (a)')
    run(connection, "CREATE VIEW v AS SELECT a FROM user")
    run(connection, "CREATE TRIGGER t AFTER INSERT ON user BEGIN SELECT 1; END")
    catalog = read(connection)
    assert catalog.views["V"] == View("v", "CREATE VIEW v AS SELECT a FROM user")
    trigger = Trigger("t", "User", "CREATE TRIGGER t AFTER INSERT ON user BEGIN SELECT 1; END")
    assert catalog.triggers_of("USER") == [trigger]


def test_virtual_table_is_one_table(connection: Connection) -> None:
    run(connection, "CREATE VIRTUAL TABLE notes USING fts5(title, body)")
    catalog = read(connection)
    assert list(catalog.tables) == ["notes"]
    assert catalog.tables["notes"].virtual == "fts5"
    assert [column.name for column in catalog.tables["notes"].columns] == ["title", "body"]
    assert not catalog.indexes


def test_table_keeps_its_root_through_a_rename(connection: Connection) -> None:
    run(connection, "CREATE TABLE a (x)")
    root = read(connection).tables["a"].root
    run(connection, "ALTER TABLE a RENAME TO b")
    assert read(connection).tables["b"].root == root


def test_attached_file_is_read_by_itself(connection: Connection, tmp_path: Path) -> None:
    with connect(tmp_path / "other.db", create=True) as other:
        run(other, "CREATE TABLE a (x INTEGER PRIMARY KEY, y REFERENCES b)")
        run(other, "CREATE TABLE b (x PRIMARY KEY)")
        run(other, "CREATE INDEX i ON a (y)")
        alone = read(other)
    run(connection, "CREATE TABLE a (other)")
    connection.attach(tmp_path / "other.db", "before")
    found = read(connection, "before")
    assert dict(found.tables) == dict(alone.tables)
    assert dict(found.indexes) == dict(alone.indexes)


def test_names_do_not_mind_case(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "Üser" (a)')
    tables = read(connection).tables
    assert "ÜSER" in tables
    assert "üser" not in tables  # SQLite folds ASCII only
    assert tables.get("nobody") is None


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("", "BLOB"),
        ("CHARINT", "INTEGER"),
        ("varchar(3)", "TEXT"),
        ("BLOB", "BLOB"),
        ("DOUBLE", "REAL"),
        ("FLOATING POINT", "INTEGER"),
        ("DATETIME", "NUMERIC"),
        ("JSONB", "NUMERIC"),
        ("DECIMAL", "NUMERIC"),
    ],
)
def test_affinity_is_sqlites(declared: str, found: str) -> None:
    assert affinity(declared) == found


def test_a_catalog_is_read_once_as_long_as_nothing_in_it_changes(tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)")
        first = read(connection)
        assert read(connection) is first
        connection.execute("INSERT INTO a DEFAULT VALUES")
        assert read(connection).tables["a"].counter == 1
        connection.execute("CREATE INDEX i ON a (id)")
        assert "i" in read(connection).indexes
        connection.execute("DROP INDEX i")
        connection.execute("DELETE FROM sqlite_sequence")
        assert read(connection) is first
