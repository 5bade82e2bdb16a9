"""What SQLite stores, told by an expression: held against what it does store."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import affinity, read
from safemigrate.db.sqlite.connection import connect, quote, rows, value
from safemigrate.rollback.sqlite.values import constant, stored
from tests.rollback.sqlite.chance import VALUES

TYPES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB")
DEFAULTS = {
    "1": 1,
    "-1.5": -1.5,
    "'it''s'": "it's",
    '"quoted"': "quoted",
    "word": "word",
    "true": 1,
    "(1 + 1)": 2,
    "(NULL)": None,
    "x'00ff'": b"\x00\xff",
    "CURRENT_TIMESTAMP": ...,
    "(random())": ...,
    "(lower('A'))": ...,
}


@pytest.mark.parametrize("into", TYPES)
@pytest.mark.parametrize("type_name", TYPES)
def test_is_as_it_will_be_stored(type_name: str, into: str, tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        connection.execute(f"CREATE TABLE one (id INTEGER PRIMARY KEY, v {type_name})")
        connection.execute(f"CREATE TABLE other (id INTEGER PRIMARY KEY, v {into})")
        for number, given in enumerate(VALUES):
            connection.execute("INSERT INTO one VALUES (?, ?)", [number, given])
        connection.execute("INSERT INTO other SELECT id, v FROM one")
        told = stored("one.v", affinity(type_name), affinity(into))
        said = rows(connection, f"SELECT id, {told}, typeof({told}) FROM one")
        assert said == rows(connection, "SELECT id, v, typeof(v) FROM other")


def test_a_default_is_what_a_row_gets(tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        columns = ", ".join(f"{quote(f'c{number}')} DEFAULT {text}" for number, text in enumerate(DEFAULTS))
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.execute("INSERT INTO t DEFAULT VALUES")
        (row,) = rows(connection, "SELECT * FROM t")
        for column, expected, given in zip(read(connection).tables["t"].columns, DEFAULTS.values(), row, strict=True):
            told = constant(column)
            if expected is ...:
                assert told is None
            else:
                assert expected == given == value(connection, f"SELECT {told}")
