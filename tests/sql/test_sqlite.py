"""SQLite's own SQL: split where sqlite3 splits it, understood where sqlite3 takes it, and nothing lost."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from safemigrate.sql import Name, split
from safemigrate.sql.actions import (
    AddColumn,
    Call,
    Column,
    Constraint,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DropColumn,
    DropIndex,
    DropObject,
    DropTable,
    Insert,
    Opaque,
    Other,
    Rename,
    Set,
    Transaction,
    Update,
    Vacuum,
)
from tests.rollback.strategies import examples
from tests.sql.test_fuzz import BETWEEN, assert_nothing_is_lost, mutated

T, U = Name(None, "T"), Name(None, "U")
SETUP = """
CREATE TABLE T (a INTEGER PRIMARY KEY, b TEXT, "c;d" TEXT);
CREATE TABLE U (id TEXT NOT NULL PRIMARY KEY, n INT);
CREATE TABLE L (x);
"""
# What SQLite takes, one statement each, in an order in which they run.
TAKEN = [
    "INSERT INTO T (b) VALUES ('it''s;'), (X'3B')",
    "INSERT OR IGNORE INTO T SELECT 1, ';', id FROM U",
    "REPLACE INTO T (a, b) VALUES (1, 'x')",
    "WITH w AS (SELECT 1 AS one) INSERT INTO L SELECT one FROM w",
    "UPDATE OR REPLACE T SET b = replace(b, ';', '') WHERE [c;d] IS NULL",
    'DELETE FROM T WHERE "c;d" = \';\' OR `b` = "--"',
    "CREATE TRIGGER t1 AFTER UPDATE OF a, b ON T FOR EACH ROW WHEN new.a BEGIN UPDATE T SET b = CASE a WHEN 1 THEN ';' "
    "END; DELETE FROM L; END",
    "CREATE TEMP TRIGGER t2 INSERT ON T BEGIN SELECT 1; END",
    "CREATE VIEW v AS SELECT CASE a WHEN 1 THEN ';' END AS e FROM T",
    "CREATE TRIGGER t3 INSTEAD OF DELETE ON v BEGIN DELETE FROM T WHERE a = old.e; END",
    "DROP TRIGGER IF EXISTS t3",
    "DROP VIEW v",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON T (lower(b), a DESC, b COLLATE NOCASE) WHERE b IS NOT NULL",
    "DROP INDEX i",
    "CREATE TABLE [new T] (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, `n;` VARCHAR(20) DEFAULT ';', x, "
    "y UNSIGNED BIG INT DEFAULT -1 CHECK (y < 3) NOT NULL ON CONFLICT IGNORE UNIQUE COLLATE NOCASE, "
    "z DATETIME DEFAULT CURRENT_TIMESTAMP, g INT GENERATED ALWAYS AS (id + 1) VIRTUAL, h AS (id) STORED, "
    "u TEXT REFERENCES U (id) ON DELETE CASCADE ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED, "
    "CONSTRAINT k FOREIGN KEY (u) REFERENCES U ON DELETE SET NULL NOT DEFERRABLE CHECK (x > 1) UNIQUE (x, y))",
    "CREATE TABLE s (a INT PRIMARY KEY, b TEXT DEFAULT (datetime('now'))) STRICT, WITHOUT ROWID",
    "CREATE TEMPORARY TABLE q AS SELECT * FROM T",
    "CREATE VIRTUAL TABLE f USING fts5(title, body, content='', prefix='2 3')",
    "DROP TABLE IF EXISTS f",
    "ALTER TABLE T ADD COLUMN n TEXT NOT NULL DEFAULT '' CHECK (n <> ';')",
    "ALTER TABLE T ADD p INT REFERENCES U (n)",
    "ALTER TABLE T RENAME b TO bb",
    "ALTER TABLE T RENAME COLUMN bb TO b",
    "ALTER TABLE T DROP p",
    "ALTER TABLE main.L RENAME TO M",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA main.journal_mode(DELETE)",
    "PRAGMA foreign_key_check",
    "ANALYZE",
    "REINDEX T",
    "VACUUM",
    "BEGIN IMMEDIATE",
    "SAVEPOINT a",
    "RELEASE a",
    "ROLLBACK",
    "EXPLAIN QUERY PLAN SELECT ';'",
    "SELECT datetime('now'), x'00', 0x1F, .5e-3 FROM T",
    "VALUES (1, ';')",
]


@pytest.mark.parametrize("between", [";\n", " ; -- it's ; \n", "; /* ' ; */ ", "\r\n;;"])
def test_each_statement_runs_alone_as_in_the_file(between: str) -> None:
    text = between.join(TAKEN)
    statements = assert_nothing_is_lost(text, "sqlite")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SETUP)
    for statement in statements:
        assert not [action for action in statement.actions if isinstance(action, Opaque)], statement.sql
        connection.execute(statement.sql)
    assert [statement.sql for statement in statements] == TAKEN


STATEMENT = st.sampled_from([*TAKEN, "CREATE TRIGGER t BEGIN", "CREATE TABLE x (a", "COMMIT"])
NOISE = st.sampled_from([*"'\"`[]();,.\n\0😀\\", "/*", "*/", "--", "X'", "END;", "BEGIN ", "CASE ", "\r\n", "CREATE "])


@st.composite
def texts(draw: DrawFn) -> str:
    """A file of statements, as it is or after what a tired hand does to it."""
    pieces = draw(st.lists(st.tuples(STATEMENT, BETWEEN), max_size=4))
    text = draw(st.sampled_from(["", "\ufeff"])) + "".join(statement + between for statement, between in pieces)
    for _ in range(draw(st.integers(0, 3))):
        text = mutated(text, draw(st.sampled_from(["cut", "insert", "drop", "double", "swap"])), draw, NOISE)
    return text


@examples(200)
@given(texts())
def test_nothing_is_lost_whatever_the_text(text: str) -> None:
    assert_nothing_is_lost(text, "sqlite")


@examples(200)
@given(st.lists(st.tuples(st.sampled_from(TAKEN), BETWEEN.filter(lambda one: ";" in one)), min_size=1, max_size=5))
def test_every_statement_is_complete_for_sqlite3_and_no_sooner(parts: list[tuple[str, str]]) -> None:
    text = "".join(statement + between for statement, between in parts)
    for statement in split(text, dialect="sqlite"):
        assert sqlite3.complete_statement(f"{statement.sql};")
        pieces = statement.sql.split(";")
        assert not any(sqlite3.complete_statement(";".join([*pieces[:stop], ""])) for stop in range(1, len(pieces)))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE TABLE T (a INTEGER PRIMARY KEY AUTOINCREMENT, B VARCHAR (9) NOT NULL DEFAULT (1) COLLATE NOCASE "
            "CONSTRAINT k CHECK (B > 1) REFERENCES U (id) ON DELETE CASCADE, c, PRIMARY KEY (B)) STRICT",
            CreateTable(
                T,
                (
                    Column("a", "INTEGER", not_null=True, primary_key=True, identity=True),
                    Column(
                        "B",
                        "VARCHAR (9)",
                        not_null=True,
                        default="(1)",
                        collation="NOCASE",
                        references=U,
                        referenced=("id",),
                        on_delete="cascade",
                    ),
                    Column("c", ""),
                ),
                (U,),
                constraints=(
                    Constraint("check", "k", ("B",), "B > 1"),
                    Constraint("primary key", "", ("B",)),
                ),
                options=("strict",),
            ),
        ),
        ("CREATE TABLE T AS SELECT 1", CreateTable(T, query=True)),
        ("CREATE VIRTUAL TABLE T USING fts5(a)", CreateTable(T)),
        ("CREATE INDEX s.i ON T (a)", CreateIndex(Name("s", "T"), "i", ("a",), keys="a")),
        (
            'CREATE VIEW v (a) AS SELECT 1 FROM T, "Order" ORDER BY t.a',
            CreateView(Name(None, "v"), mentions=("t", "order", "a")),
        ),
        (
            "CREATE TRIGGER t DELETE ON T BEGIN DELETE FROM U; END",
            CreateTrigger("t", T, None, "before", ("delete",), each_row=True, mentions=("u",)),
        ),
        ("DROP TABLE IF EXISTS T", DropTable((T,), if_exists=True)),
        ("DROP INDEX i", DropIndex((Name(None, "i"),))),
        ("DROP TRIGGER t", DropObject("trigger", (Name(None, "t"),))),
        ("ALTER TABLE T ADD a INT DEFAULT 1", AddColumn(T, Column("a", "INT", default="1"))),
        ("ALTER TABLE T DROP COLUMN a", DropColumn(T, "a")),
        ("ALTER TABLE T RENAME TO U", Rename("table", T, "U")),
        ("ALTER TABLE T RENAME a TO TO_", Rename("column", Name(None, "a"), "TO_", T)),
        (
            "INSERT OR IGNORE INTO T (a) SELECT b FROM U WHERE c",
            Insert(T, True, ("a",), ("b",), U, rest="WHERE c", conflict="ignore"),
        ),
        (
            "REPLACE INTO T (a) VALUES (1)",
            Insert(T, columns=("a",), values=("1",), update=Update(T, ("a",)), conflict="replace"),
        ),
        ("UPDATE OR FAIL T SET a = 1 WHERE b", Update(T, ("a",), "a = 1", "b")),
        ("DELETE FROM T WHERE [a b]", Delete(T, "[a b]")),
        ("PRAGMA foreign_keys = ON", Set("foreign_keys", "ON")),
        ("PRAGMA s.User_Version(3)", Set("user_version", "3")),
        ("PRAGMA writable_schema=0", Set("writable_schema", "0")),
        ("END TRANSACTION", Transaction("commit")),
        ("ROLLBACK TO SAVEPOINT a", Transaction("rollback to")),
        ("VACUUM INTO 'x'", Vacuum(full=True)),
        ("SELECT load_extension('x')", Call(Name(None, "load_extension"))),
        ("SELECT replace(a, 1, 2), upper(b) FROM T", Other("SELECT")),
    ],
)
def test_what_a_statement_does(sql: str, expected: object) -> None:
    (statement,) = split(sql, dialect="sqlite")
    assert statement.actions == (expected,)


@pytest.mark.parametrize(
    ("between", "is_opaque"),
    [
        ('CREATE UNIQUE INDEX "sqlite_autoindex_a_2" ON "a" ("b");', False),
        ('CREATE INDEX "i" ON "a" ("b"); CREATE INDEX "j" ON "a" ("c");', False),
        ("UPDATE sqlite_master SET sql = '';", True),
        ('CREATE INDEX "i" ON "a" ("b"); DELETE FROM sqlite_master;', True),
    ],
)
def test_a_schema_that_takes_indexes_only_is_understood(between: str, is_opaque: bool) -> None:
    for end, stays_open in (("Pragma writable_schema=0;", False), ("", True)):
        found = split(f"Pragma writable_schema=1; {between} {end}", dialect="sqlite")
        assert isinstance(found[0].actions[0], Opaque) is (is_opaque or stays_open)


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH 'other.db' AS other",
        "PRAGMA writable_schema = 1",
        "CREATE TYPE e AS ENUM ('a')",
        "ALTER TABLE T ALTER COLUMN a TYPE int",
        "ALTER TABLE T ADD CONSTRAINT k CHECK (a)",
        "DROP TABLE a, b",
        "CREATE TABLE T (a) WITHOUT OIDS",
        "DO $$ x $$",
    ],
)
def test_what_is_not_understood_is_opaque(sql: str) -> None:
    (statement,) = split(sql, dialect="sqlite")
    assert isinstance(statement.actions[0], Opaque)
