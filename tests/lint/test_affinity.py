from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from safemigrate.lint.affinity import affinity, holds, misfits

VALUES = [None, 0, 1, 7, -3, 1.5, 2.0, "12", "abc", "1.5", " 7 ", "", "2024-01-02T03:04:05.000Z", b"12"]
KINDS: dict[str, Any] = {
    "INTEGER": int,
    "BIGINT": int,
    "REAL": (int, float),
    "DECIMAL": (int, float),
    "TEXT": str,
    "BLOB": bytes,
}


@pytest.mark.parametrize("after", KINDS)
@pytest.mark.parametrize("before", [*KINDS, "DATETIME", "BOOLEAN", ""])
def test_what_does_not_fit_is_what_sqlite_leaves_of_another_kind(before: str, after: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"CREATE TABLE old (v {before}); CREATE TABLE new (v {after})")
    connection.executemany("INSERT INTO old VALUES (?)", [(value,) for value in VALUES])
    counted = connection.execute(f"SELECT count(*) FROM old WHERE {misfits('v', after)}").fetchone()[0]
    connection.execute("INSERT INTO new SELECT v FROM old")
    left = [value for (value,) in connection.execute("SELECT v FROM new WHERE v IS NOT NULL")]
    assert counted == sum(not isinstance(value, KINDS[after]) for value in left)


@pytest.mark.parametrize(
    "type_", ["INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC", "VARCHAR(9)", "FLOATING POINT", "INT8"]
)
def test_the_affinity_is_what_sqlite_makes_of_a_text(type_: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"CREATE TABLE t (v {type_}); INSERT INTO t VALUES ('500.0')")
    kind = {"INTEGER": "integer", "NUMERIC": "integer", "REAL": "real"}.get(affinity(type_), "text")
    assert connection.execute("SELECT typeof(v) FROM t").fetchone()[0] == kind


@pytest.mark.parametrize(
    ("before", "after", "is_held"),
    [
        ("INTEGER", "BIGINT", True),
        ("BIGINT", "INTEGER", False),
        ("INTEGER", "TEXT", True),
        ("TEXT", "INTEGER", False),
        ("VARCHAR(9)", "TEXT", True),
        ("REAL", "INTEGER", False),
        ("INTEGER", "BOOLEAN", False),
        ("BOOLEAN", "INTEGER", True),
        ("DATETIME", "TEXT", False),
        ("BLOB", "TEXT", False),
    ],
)
def test_which_changes_lose_nothing(before: str, after: str, is_held: bool) -> None:
    assert holds(before, after) is is_held
