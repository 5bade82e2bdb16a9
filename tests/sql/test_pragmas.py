from __future__ import annotations

import pytest

from safemigrate.sql import split
from safemigrate.sql.pragmas import in_one_transaction, pragma, switches, without_foreign_keys

REBUILD = """
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
BEGIN;
DROP TABLE "a";
COMMIT;
PRAGMA foreign_key_check;
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("PRAGMA foreign_keys=OFF", ("foreign_keys", "OFF")),
        ("pragma main.foreign_keys(0)", ("foreign_keys", "0")),
        ("PRAGMA \"foreign_keys\" = 'off'", ("foreign_keys", "off")),
        ("PRAGMA foreign_key_check", ("foreign_key_check", "")),
        ("PRAGMA foreign_keys", ("foreign_keys", "")),
        ("SELECT 1", ("", "")),
    ],
)
def test_a_pragma_has_a_name_and_a_value(sql: str, expected: tuple[str, str]) -> None:
    assert pragma(split(sql, dialect="sqlite")[0]) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("on", True), ("YES", True), ("1", True), ("02", True), ("off", False), ("0", False), ("-1", False), ("x", False)],
)
def test_what_sqlite_takes_for_true(value: str, expected: bool) -> None:
    import sqlite3

    sql = f"PRAGMA foreign_keys = {value}"
    assert switches(split(sql, dialect="sqlite")[0], "foreign_keys") is expected
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA foreign_keys = {'OFF' if expected else 'ON'}")
    connection.execute(sql)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (int(expected),)
    connection.close()


def test_a_rebuild_runs_in_one_transaction_without_its_switches() -> None:
    statements = split(REBUILD, dialect="sqlite")
    assert without_foreign_keys(statements)
    assert [one.sql for one in in_one_transaction(statements)] == ['DROP TABLE "a"', "PRAGMA foreign_key_check"]


def test_deferring_means_something_where_foreign_keys_are_on() -> None:
    statements = split(
        "PRAGMA defer_foreign_keys=ON; DELETE FROM a; PRAGMA foreign_keys=ON; PRAGMA foreign_keys", dialect="sqlite"
    )
    assert not without_foreign_keys(statements)
    assert [one.kind for one in in_one_transaction(statements)] == ["PRAGMA", "DELETE"]
