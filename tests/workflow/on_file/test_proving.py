from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from safemigrate.db.sqlite.connection import connect
from safemigrate.model import Migration, MigrationOutcome, Verdict, silent
from safemigrate.workflow.on_file.proving import proven
from safemigrate.workflow.proving import BROKEN, PROVEN, UNCHANGED, Terms
from safemigrate.workflow.proving.remember import Memory, written

INIT = """
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "name" TEXT);
CREATE TABLE "Post" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "title" TEXT, "authorId" INTEGER NOT NULL,
    CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
"""


def rebuild(columns: str, copied: str) -> str:
    return f"""
        PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, {columns});
        INSERT INTO "new_User" ({copied}) SELECT {copied} FROM "User";
        DROP TABLE "User";
        ALTER TABLE "new_User" RENAME TO "User";
        CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
        PRAGMA foreign_keys=ON;
    """


def history(*scripts: str) -> list[Migration]:
    return [
        Migration(f"{n}_m", Path(f"{n}_m/migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())
        for n, sql in enumerate(scripts)
    ]


def prove(
    *scripts: str, wanted: Sequence[int] | None = None, start: Path | None = None, terms: Terms | None = None
) -> list[MigrationOutcome]:
    numbers = range(len(scripts)) if wanted is None else wanted
    found = proven(history(*scripts), numbers, terms or Terms(), None, silent, start=start)
    return [found[number] for number in numbers]


def test_a_long_history_is_proven_by_several_processes_as_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scripts = [INIT, *(f'ALTER TABLE "User" ADD COLUMN "c{n}" TEXT' for n in range(22)), 'DELETE FROM "User"']
    one, two = (proven(history(*scripts), range(len(scripts)), Terms(), None, silent, jobs=jobs) for jobs in (1, 2))

    assert sorted(one) == sorted(two) == [*range(len(scripts))]
    assert all(without_seconds(written(one[number])) == without_seconds(written(two[number])) for number in one)
    assert [*tmp_path.iterdir()] == []


def without_seconds(found: Any) -> Any:
    """Leave out how long it took, which is another each time."""
    if isinstance(found, dict):
        return {name: without_seconds(one) for name, one in found.items() if name != "seconds"}
    return [without_seconds(one) for one in found] if isinstance(found, list) else found


def test_a_history_is_proven_with_rows_that_are_none_of_its_own() -> None:
    narrower = rebuild('"email" TEXT NOT NULL', '"id", "email"')
    renamed = 'ALTER TABLE "Post" RENAME TO "Article"; ALTER TABLE "Article" RENAME COLUMN "title" TO "name"'
    outcomes = prove(INIT, narrower, renamed, 'DROP TABLE "Article"', 'DELETE FROM "User"')
    assert {one.state for one in outcomes} == {PROVEN}
    assert {one.proof.verdict for one in outcomes if one.proof} == {Verdict.EXACT}
    assert {one.detail for one in outcomes} == {""}
    assert [one.proof.rows for one in outcomes if one.proof] == [0, 10, 10, 10, 5]
    assert "ATTACH 'file:.safemigrate/kept/dev.db?mode=rw' AS safemigrate;" in outcomes[1].script
    (deleted,) = outcomes[-1].traces
    assert deleted.rows == {'"User"': (0, 0, 5)}


def test_each_is_read_with_the_schema_that_it_finds() -> None:
    narrower = rebuild('"email" TEXT NOT NULL', '"id", "email"')
    required = rebuild('"email" TEXT NOT NULL, "age" INT NOT NULL', '"id", "email"')
    outcomes = prove(INIT, narrower, required)
    assert [[each.rule for each in one.findings] for one in outcomes] == [
        [],
        ["drop-column"],
        ["required-column-without-default"],
    ]


def test_its_own_rows_stay_and_ours_do_not() -> None:
    seeds = """INSERT INTO "User" ("email") VALUES ('root@example.org')"""
    outcomes = prove(INIT, seeds, 'UPDATE "User" SET "name" = "email"', wanted=[2])
    assert outcomes[0].traces[0].rows == {'"User"': (0, 6, 0)}


def test_what_does_not_run_is_broken_and_the_history_goes_on() -> None:
    outcomes = prove(
        INIT, 'ALTER TABLE "User" ADD COLUMN "email" TEXT', 'ALTER TABLE "Gone" ADD COLUMN "x"', "SELECT 1"
    )
    assert [one.state for one in outcomes] == [PROVEN, BROKEN, BROKEN, UNCHANGED]
    assert "duplicate column name: email" in outcomes[1].detail
    assert outcomes[2].detail.endswith("before it, this does not run either: 1_m")


def test_rows_make_way_for_a_column_that_every_row_must_have() -> None:
    outcomes = prove(INIT, rebuild('"email" TEXT NOT NULL, "age" INT NOT NULL', '"id", "email"'))
    assert outcomes[1].proof is not None
    assert outcomes[1].proof.verdict is Verdict.EXACT
    assert outcomes[1].detail == (
        'tested without rows in "Post", "User": with rows it fails: NOT NULL constraint failed: new_User.age'
    )


def test_rows_become_plainer_where_a_value_is_in_the_way() -> None:
    outcomes = prove(INIT, rebuild('"email" TEXT NOT NULL, "name" TEXT NOT NULL', '"id", "email", "name"'))
    assert outcomes[1].detail == ""
    assert [trace.rows for trace in outcomes[1].traces if trace.rows] == [{'"new_User"': (5, 0, 0)}]


def test_rows_that_would_refer_to_none_are_named() -> None:
    outcomes = prove(
        INIT,
        'PRAGMA foreign_keys=OFF; DELETE FROM "User" WHERE "id" > 2; PRAGMA foreign_keys=ON',
    )
    assert "it leaves rows that refer to none" in outcomes[1].detail
    assert 'tested without rows in "Post"' in outcomes[1].detail


def test_rows_are_such_that_a_migration_looks_for() -> None:
    outcomes = prove(INIT, """UPDATE "User" SET "name" = 'x' WHERE "email" = 'root@example.org'""")
    assert outcomes[1].state == PROVEN
    assert outcomes[1].traces[0].rows == {'"User"': (0, 1, 0)}


def test_what_no_row_meets_is_said() -> None:
    outcomes = prove(INIT, """UPDATE "User" SET "name" = 'x' WHERE lower("email") LIKE 'nobody@%'""")
    assert outcomes[1].state == UNCHANGED
    assert outcomes[1].detail == 'it writes to "User", and no row there is one that it changes'


def test_a_file_may_be_what_it_begins_with(tmp_path: Path) -> None:
    with connect(tmp_path / "dev.db", create=True) as connection:
        connection.execute('CREATE TABLE "User" ("id" INTEGER PRIMARY KEY)')
        connection.execute('INSERT INTO "User" VALUES (7)')
    outcomes = prove('DROP TABLE "User"', start=tmp_path / "dev.db", terms=Terms(rows=0))
    assert outcomes[0].proof is not None
    assert (outcomes[0].proof.verdict, outcomes[0].proof.rows) == (Verdict.EXACT, 1)


def test_what_was_proven_is_remembered(tmp_path: Path) -> None:
    scripts = history(INIT, 'DROP TABLE "Post"')
    first = proven(scripts, [0, 1], Terms(), Memory("files", folder=tmp_path), silent)
    said: list[str] = []
    again = proven(
        scripts, [0, 1], Terms(), Memory("files", folder=tmp_path), lambda progress: said.append(progress.detail)
    )
    assert again == first
    assert said[0] == "2 of 2 known from before"


@pytest.mark.parametrize("sql", ["ROLLBACK", "BEGIN; SELECT 1", "SELECT 'never closed"])
def test_a_file_that_is_not_to_be_run_is_broken(sql: str) -> None:
    assert prove(INIT, sql)[1].state == BROKEN
