"""Columns that a migration computed: what was written to them since goes back where that is certain, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import rows, value
from tests.rollback.sqlite.cases import rebuild
from tests.rollback.sqlite.journey import journey

# type before, values before, type after, expression, written since, what that goes back to; None: kept aside
CASES = [
    ("REAL", "19.99, 5, 0.1", "INTEGER", 'CAST(round("v" * 100) AS INTEGER)', "1234", 12.34),
    ("REAL", "19.99, 5, 0.1", "INTEGER", 'CAST(round("v" * 100) AS INTEGER)', "'none'", None),
    ("INTEGER", "100, 250", "REAL", '"t"."v" / 100.0', "7.5", 750),
    ("INTEGER", "100, 250", "REAL", '"v" / 100.0', "7.501", None),
    ("INTEGER", "1, 2", "INTEGER", '"v" + 10', "99", 89),
    ("TEXT", "'Ada', 'Bob'", "TEXT", "'Dr ' || \"v\"", "'Dr Eve'", "Eve"),
    ("TEXT", "'Ada', 'Bob'", "TEXT", "'Dr ' || \"v\"", "'Ms Eve'", None),
    ("TEXT", "'ADMIN', 'USER', 'USER'", "INTEGER", "CASE \"v\" WHEN 'ADMIN' THEN 1 ELSE 0 END", "1", "ADMIN"),
    ("TEXT", "'ADMIN', 'USER', 'GUEST'", "INTEGER", "CASE \"v\" WHEN 'ADMIN' THEN 1 ELSE 0 END", "0", None),
    ("TEXT", "'yes', 'no', NULL", "BOOLEAN", "CASE WHEN \"v\" = 'yes' THEN 1 WHEN \"v\" = 'no' THEN 0 END", "0", "no"),
    ("BOOLEAN", "1, 0", "TEXT", "CASE WHEN \"v\" THEN 'true' ELSE 'false' END", "'true'", 1),
    (
        "TEXT",
        "'2024-01-01T10:00:00.000Z'",
        "INTEGER",
        "strftime('%s', \"v\") * 1000",
        "60000",
        "1970-01-01T00:01:00.000Z",
    ),
    ("TEXT", "'2024-01-01 10:00:00'", "INTEGER", "CAST(strftime('%s', \"v\") AS INTEGER)", "60", "1970-01-01 00:01:00"),
    ("DATETIME", "1700000000000", "TEXT", "datetime(\"v\" / 1000, 'unixepoch')", "'1970-01-01 00:01:00'", 60000),
    ("TEXT", "'Ada', 'Bob'", "TEXT", 'upper("v")', "'EVE'", None),
    ("TEXT", "'ADA', 'BOB'", "TEXT", 'upper("v")', "'EVE'", "EVE"),
    ("TEXT", "'ADA', 'BOB'", "TEXT", 'upper("v")', "'Eve'", None),
    ("INTEGER", "1, 2", "INTEGER", '"v" + "id"', "9", None),
    ("INTEGER", "1, 2", "INTEGER", '"v" + (SELECT 1)', "9", None),
    ("INTEGER", "NULL", "INTEGER", '"v" + 1', "9", None),
]


@pytest.mark.parametrize(("was", "values", "now", "expression", "since", "back"), CASES)
def test_goes_back_where_it_is_certain(
    was: str, values: str, now: str, expression: str, since: str, back: object, tmp_path: Path
) -> None:
    before = f'CREATE TABLE "t" ("id" INTEGER PRIMARY KEY, "v" {was});'
    before += "".join(f'INSERT INTO "t" ("v") VALUES ({one});' for one in values.split(", "))
    migration = rebuild("t", f'"id" INTEGER PRIMARY KEY, "v" {now}', '"id", "v"', f'"id", {expression}')
    with journey(tmp_path, before, migration) as found:
        assert found.reasons == ()
        found.write(f'INSERT INTO "t" VALUES (9, {since}); UPDATE "t" SET "v" = {since} WHERE "id" = 1;')
        former = value(found.connection, 'SELECT "v" FROM before."t" WHERE "id" = 1')
        ((parting,),) = (step.partings for step in found.plan.steps if step.partings)
        kept = value(found.connection, parting.count)
        found.back()
        expected = [(1, former if back is None else back), (9, back)]
        assert rows(found.connection, 'SELECT "id", "v" FROM "t" WHERE "id" IN (1, 9)') == expected
        assert (kept >= 2) if back is None else (kept == 0)


def test_a_required_column_has_its_value_where_that_is_certain(tmp_path: Path) -> None:
    before = """CREATE TABLE "t" ("id" INTEGER PRIMARY KEY, "price" REAL NOT NULL); INSERT INTO "t" VALUES (1, 9.5);"""
    columns = '"id" INTEGER PRIMARY KEY, "cents" INTEGER NOT NULL'
    with journey(tmp_path, before, rebuild("t", columns, '"id", "cents"', '"id", "price" * 100')) as found:
        (check,) = (one for one in found.plan.steps[0].checks if "no value for this required" in one.message)
        found.write('INSERT INTO "t" VALUES (2, 125);')
        assert value(found.connection, check.count) == 0
        found.write("""INSERT INTO "t" VALUES (3, 'free');""")
        assert value(found.connection, check.count) == 1
        found.write('DELETE FROM "t" WHERE "id" = 3;')
        found.back()
        assert rows(found.connection, 'SELECT * FROM "t"') == [(1, 9.5), (2, 1.25)]
