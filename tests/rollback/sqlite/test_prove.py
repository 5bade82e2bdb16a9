"""Up, down, up on a table of changes; and with rows written in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, rows, value
from safemigrate.errors import MigrationFailed
from safemigrate.model import Verdict
from tests.rollback.sqlite.cases import EXACT, EXTRAS, ID, SEARCH, WITHOUT_AGE, Case, rebuild
from tests.rollback.sqlite.journey import journey, script


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_is_exact(case: Case, tmp_path: Path) -> None:
    with journey(tmp_path, case.before, case.migration) as found:
        assert found.reasons == ()
        assert found.verdict is Verdict.EXACT
        if case.since:
            found.write(case.since)
            found.back()
            assert found.unlike(tmp_path, case.since if case.then is None else case.then) == []


def test_an_index_of_another_tables_rows_finds_them_again(tmp_path: Path) -> None:
    sql = """DELETE FROM "Post" WHERE "id" = 5; UPDATE "Post" SET "title" = 'x' WHERE "id" = 1; DROP TABLE "search";"""
    with journey(tmp_path, SEARCH, sql) as found:
        found.back()
        words = """SELECT group_concat("rowid") FROM "search" WHERE "search" MATCH '{}'"""
        assert [value(found.connection, words.format(word)) for word in ("second", "one", "words")] == ["5", "1", "1,5"]


@pytest.mark.parametrize(
    "begun", ["", """INSERT INTO "t" DEFAULT VALUES; DELETE FROM "t"; UPDATE sqlite_sequence SET seq = 0"""]
)
@pytest.mark.parametrize("sql", ['DROP TABLE "t";', rebuild("t", ID, '"id"'), rebuild("t", '"id" INTEGER', '"id"')])
def test_a_counter_that_has_not_begun_is_as_it_was(sql: str, begun: str, tmp_path: Path) -> None:
    with journey(tmp_path, f'CREATE TABLE "t" ({ID}); {begun};', sql) as found:
        found.back()
        counters = "SELECT * FROM {}.sqlite_sequence"
        assert rows(found.connection, counters.format("main")) == rows(found.connection, counters.format("before"))


def test_what_nobody_can_read_is_said(tmp_path: Path) -> None:
    before = "CREATE VIRTUAL TABLE bare USING fts5(text, content=''); INSERT INTO bare (rowid, text) VALUES (1, 'one');"
    with journey(tmp_path, before, "DROP TABLE bare;") as found:
        assert found.verdict is Verdict.LOSSY
        assert found.reasons[0] == 'table "bare": nobody can read what its module fts5 stores'


def test_is_exact_in_wal_mode(tmp_path: Path) -> None:
    def before(connection: Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        script(connection, EXTRAS)

    with journey(tmp_path, before, WITHOUT_AGE) as found:
        assert found.reasons == ()
        assert value(found.connection, "PRAGMA journal_mode") == "wal"


def test_the_numbers_of_the_file_come_back(tmp_path: Path) -> None:
    with journey(tmp_path, "PRAGMA user_version = 7;", "PRAGMA user_version = 8; PRAGMA application_id = 9;") as found:
        found.back()
        numbers = (value(found.connection, f"PRAGMA {name}") for name in ("user_version", "application_id"))
        assert tuple(numbers) == (7, 0)


def test_says_what_cannot_be_read(tmp_path: Path) -> None:
    def before(connection: Connection) -> None:
        connection.create_collation("mine", lambda one, other: (one > other) - (one < other))
        script(connection, "CREATE TABLE t (id TEXT PRIMARY KEY COLLATE mine, v); INSERT INTO t VALUES ('a', 1);")
        connection.create_collation("mine", None)

    with (
        pytest.raises(MigrationFailed, match="1_change: what it changed cannot be read") as error,
        journey(tmp_path, before, "UPDATE t SET v = 2;"),
    ):
        pass
    assert "no such collation sequence: mine" in error.value.why
