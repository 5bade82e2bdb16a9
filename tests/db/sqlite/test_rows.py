"""Rows of two files: equal to the byte and the type, or said where not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, connect, run, value
from safemigrate.db.sqlite.rows import differences, key_of, same

USER = (
    "CREATE TABLE User (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, n, twice AS (n * 2))",
    "INSERT INTO User VALUES (1, 'Ann', 1), (2, 'Bob', NULL), (3, 'it''s {odd}', x'00ff'), (4, '', 'a' || char(0))",
)
PLAIN = ("CREATE TABLE plain (a, b TEXT)", "INSERT INTO plain VALUES (1, 'x'), (1, 'x'), (2, NULL), (NULL, NULL)")
PAIRS = (
    "CREATE TABLE pair (a TEXT, b INT NOT NULL, c, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "INSERT INTO pair VALUES ('x', 1, 1), ('X', 1, 2)",
)


numbers = st.one_of(st.integers(-(2**53), 2**53), st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False))
one = st.one_of(numbers, numbers.map(str), numbers.map(lambda number: str(number).encode()), st.text(), st.none())
stored = st.one_of(
    st.tuples(one, one),
    numbers.map(lambda number: (number, str(number))),
    st.integers(-(2**53), 2**53).map(lambda number: (number, float(number))),
)

EXCHANGED = 'table "plain": 1 row is missing|table "plain": 1 row is not expected'


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Connection]:
    """Two files of the same rows, the second attached as `after` and writable."""
    for name in ("before.db", "after.db"):
        with connect(tmp_path / name, create=True) as made:
            for statement in (*USER, *PLAIN, *PAIRS):
                run(made, statement)
    with connect(tmp_path / "before.db") as connection:
        connection.attach(tmp_path / "after.db", "after", write=True)
        yield connection


def test_same_rows_in_another_order_are_the_same(both: Connection) -> None:
    run(both, "DELETE FROM after.plain")
    run(both, "INSERT INTO after.plain SELECT a, b FROM main.plain ORDER BY rowid DESC")
    assert differences(both, "main", "after") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM after.User WHERE id > 2", 'table "User": 2 rows are missing ("id": 3, 4)'),
        ("INSERT INTO after.User (id) VALUES (9)", 'table "User": 1 row is not expected ("id": 9)'),
        ("UPDATE after.User SET n = '1' WHERE id = 1", 'table "User": "n" has another value in 1 row ("id": 1)'),
        ("UPDATE after.User SET n = 1.0 WHERE id = 1", 'table "User": "n" has another value in 1 row ("id": 1)'),
        ("UPDATE after.User SET n = '' WHERE id = 2", 'table "User": "n" has another value in 1 row ("id": 2)'),
        ("UPDATE after.User SET n = 'a' WHERE id = 4", 'table "User": "n" has another value in 1 row ("id": 4)'),
        ("UPDATE after.User SET name = 'ANN' WHERE id = 1",
         'table "User": "name" has another value in 1 row ("id": 1)'),
        ("UPDATE after.User SET name = 'z'", 'table "User": "name" has another value in 4 rows ("id": 1, 2, 3, ...)'),
        ("UPDATE after.plain SET a = 2 WHERE a IS NULL", EXCHANGED),
        ("DELETE FROM after.plain WHERE rowid = 1", 'table "plain": 1 row is missing'),
        ("INSERT INTO after.plain VALUES (2, NULL)", 'table "plain": 1 row is not expected'),
        ("UPDATE after.plain SET b = 'X' WHERE rowid = 1", EXCHANGED),
        ("DELETE FROM after.pair WHERE a = 'X'", 'table "pair": 1 row is missing ("b", "a": (1, \'X\'))'),
        ("DROP TABLE after.pair", 'table "pair" is gone'),
        ("CREATE TABLE after.other (a)", 'table "other" is new'),
    ],
)  # fmt: skip
def test_a_difference_is_said(both: Connection, change: str, said: str) -> None:
    run(both, change)
    assert "|".join(differences(both, "main", "after")) == said


def test_type_counts_where_the_affinity_does_not_decide_it(both: Connection) -> None:
    for schema, declared in (("main", "INTEGER"), ("after", "")):
        run(both, f"CREATE TABLE {schema}.t (id INTEGER PRIMARY KEY, a {declared})")
    run(both, "INSERT INTO main.t VALUES (1, 7), (2, 7)")
    run(both, "INSERT INTO after.t VALUES (1, 7), (2, 7.0)")
    assert differences(both, "main", "after") == ['table "t": "a" has another value in 1 row ("id": 2)']


@pytest.mark.parametrize("affinity", ["TEXT", "NUMERIC", "INTEGER", "REAL"])
@given(stored)
def test_one_affinity_stores_what_is_equal_as_one_type(affinity: str, values: tuple[object, object]) -> None:
    """The rule that `typed_alike` stands on; integers at the end of their range are left out."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE l (a {affinity})")
    connection.execute(f"CREATE TABLE r (a {affinity})")
    connection.execute("INSERT INTO l VALUES (?)", values[:1])
    connection.execute("INSERT INTO r VALUES (?)", values[1:])
    [(plain, typed)] = connection.execute(f"SELECT {same('l.a', 'r.a', typed=True)}, {same('l.a', 'r.a')} FROM l, r")
    connection.close()
    assert plain == typed


def test_tables_can_be_named(both: Connection) -> None:
    run(both, "DELETE FROM after.User")
    assert differences(both, "main", "after", ["plain"]) == []
    assert differences(both, "main", "after", ["user"]) == ['table "User": 4 rows are missing ("id": 1, 2, 3, ...)']


def test_full_text_index_is_compared_by_what_it_holds(both: Connection) -> None:
    for schema in ("main", "after"):
        run(both, f"CREATE VIRTUAL TABLE {schema}.notes USING fts5(title, body)")
        run(both, f"INSERT INTO {schema}.notes VALUES ('a', 'b'), ('c', 'd')")
    assert differences(both, "main", "after") == []
    run(both, "UPDATE after.notes SET body = 'e' WHERE title = 'c'")
    assert differences(both, "main", "after") == [
        'table "notes": 1 row is missing',
        'table "notes": 1 row is not expected',
    ]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", ("a",)),
        ("CREATE TABLE t (a INT PRIMARY KEY, b)", ()),  # may hold NULL
        ("CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)", ()),  # sqlite.org/lang_createtable.html: no alias
        ("CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b)", ("a",)),
        ("CREATE TABLE t (a TEXT, b, PRIMARY KEY (b, a)) WITHOUT ROWID", ("b", "a")),
        ("CREATE TABLE t (a TEXT NOT NULL UNIQUE, b)", ("a",)),
        ("CREATE TABLE t (a TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, b)", ("a",)),
        ("CREATE TABLE t (a TEXT NOT NULL, b, PRIMARY KEY (a COLLATE NOCASE))", ()),
        ("CREATE TABLE t (a TEXT UNIQUE, b)", ()),
        ("CREATE TABLE t (a, b)", ()),
    ],
)
def test_key_tells_any_two_rows_apart(tmp_path: Path, table: str, key: tuple[str, ...]) -> None:
    with connect(tmp_path / "t.db", create=True) as connection:
        run(connection, table)
        catalog = read(connection)
        assert key_of(catalog.tables["t"], catalog.indexes_of("t")) == key


def test_index_of_a_table_that_is_gone_is_not_read(both: Connection) -> None:
    for schema in ("main", "after"):
        run(both, f"CREATE VIRTUAL TABLE {schema}.search USING fts5(a, content='plain')")
        run(both, f"DROP TABLE {schema}.plain")
    assert differences(both, "main", "after") == []


def test_column_called_rowid_is_a_column(both: Connection) -> None:
    for schema, order in (("main", ""), ("after", "DESC")):
        run(both, f"CREATE TABLE {schema}.t (rowid TEXT, a)")
        run(both, f"INSERT INTO {schema}.t SELECT 'same', value FROM json_each('[1,2,3]') ORDER BY value {order}")
    assert differences(both, "main", "after") == []
    run(both, "UPDATE after.t SET rowid = 'other', a = 3 WHERE a = 2")
    assert len(differences(both, "main", "after")) == 2


@pytest.mark.parametrize("where", ["a > 1", ""])
def test_index_of_some_rows_is_no_key(tmp_path: Path, where: str) -> None:
    with connect(tmp_path / "t.db", create=True) as connection:
        run(connection, "CREATE TABLE t (a NOT NULL)")
        run(connection, "CREATE UNIQUE INDEX i ON t (a)" + f" WHERE {where}" * bool(where))
        catalog = read(connection)
        assert key_of(catalog.tables["t"], catalog.indexes_of("t")) == (() if where else ("a",))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [("NULL", "NULL", 1), ("1", "1.0", 0), ("'1'", "1", 0), ("'a'", "'A' COLLATE NOCASE", 0), ("NULL", "''", 0)],
)
def test_same(both: Connection, left: str, right: str, equal: int) -> None:
    assert value(both, f"SELECT {same(left, f'({right})')}") == equal
