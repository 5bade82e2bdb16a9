"""Rebuilds on SQLite, told as what they come to; each also runs on sqlite3, so that the examples are true."""

from __future__ import annotations

import sqlite3

import pytest

from safemigrate.lint import Facts, lint
from safemigrate.lint.folded import folded
from safemigrate.lint.history import History
from safemigrate.sql import split
from safemigrate.sql.actions import Rebuild
from tests.lint.conftest import migration

USER = '"id" INTEGER PRIMARY KEY, "a" TEXT, "b" TEXT'
SETUP = f"""
CREATE TABLE "User" ({USER});
CREATE UNIQUE INDEX "User_a_key" ON "User" ("a");
INSERT INTO "User" ("a", "b") VALUES ('x', '1');
"""


def rebuilt(columns: str, into: str, values: str, *, table: str = "User", temporary: str = "new_User") -> str:
    return (
        f'CREATE TABLE "{temporary}" ({columns});\nINSERT INTO "{temporary}" ({into}) SELECT {values} FROM "{table}";\n'
        f'DROP TABLE "{table}";\nALTER TABLE "{temporary}" RENAME TO "{table}";\n'
    )


SAME = rebuilt(USER, '"id", "a", "b"', '"id", "a", "b"')
INDEX = 'CREATE UNIQUE INDEX "User_a_key" ON "User" ("a");\n'
WARNED = """/*
  Warnings:

  - You are about to drop the column `b` on the `User` table. All the data in the column will be lost.
*/
"""
ALONE = '"id" INTEGER PRIMARY KEY, "a" TEXT'
ASIDE = f"""ALTER TABLE "User" RENAME TO "User_old";
CREATE TABLE "User" ({USER});
INSERT INTO "User" ("id", "a") SELECT "id", "a" FROM "User_old";
DROP TABLE "User_old";
"""


def facts(setup: str) -> Facts:
    history = History(Facts(provider="sqlite", schema="main"))
    history.note(split(setup, dialect="sqlite"))
    return history.facts


def found(sql: str, known: Facts) -> list[str]:
    return [f"{one.rule}: {one.message}" for one in lint(migration(sql), split(sql, dialect="sqlite"), known)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(SAME + INDEX, [], id="nothing"),
        pytest.param(SAME + INDEX + SAME + INDEX, [], id="nothing, twice"),
        pytest.param(
            rebuilt(USER, '"id", "a", "b"', '"id", "a", "b"', temporary="tmp") + INDEX, [], id="a name by hand"
        ),
        pytest.param(SAME.replace('"User"', "user").replace('"new_User"', "NEW_USER") + INDEX, [], id="another case"),
        pytest.param('DROP TABLE IF EXISTS "new_User";\n' + SAME + INDEX, [], id="what was left behind"),
        pytest.param(
            ASIDE + INDEX,
            ['drop-and-add-column: "User"."b" is dropped and added again as TEXT'],
            id="the other way round",
        ),
        pytest.param(
            rebuilt(f'{USER}, "c" TEXT', '"id", "a", "c"', '"id", "a", "b"') + INDEX,
            ['rename-column: "User"."b" becomes "c"; code that still names it fails'],
            id="a column moved",
        ),
        pytest.param(
            rebuilt('"id" INTEGER PRIMARY KEY, "a" TEXT, "c" TEXT', '"id", "a", "c"', '"id", "a", "b" AS "c"') + INDEX,
            ['rename-column: "User"."b" becomes "c"; code that still names it fails'],
            id="a column renamed",
        ),
        pytest.param(
            rebuilt(USER, '"id", "a", "b"', '"id", "a", lower("b")') + INDEX,
            ['overwrite-values: "User" ("b") is overwritten in every row'],
            id="values changed",
        ),
        pytest.param(
            rebuilt(USER, '"id", "a", "b"', '"id", "a", CAST("b" AS INTEGER)').replace('"b" TEXT', '"b" INTEGER')
            + INDEX,
            [
                'type-change: "User"."b" changes from TEXT to INTEGER: each value becomes CAST("b" AS INTEGER)',
            ],
            id="a type changed by a cast",
        ),
        pytest.param(
            SAME,
            [
                'drop-constraint: unique index "User_a_key" of "User" is dropped; duplicates get in, and '
                "ON CONFLICT on its columns fails"
            ],
            id="a unique index not made again",
        ),
        pytest.param(
            rebuilt('"id" INTEGER PRIMARY KEY, "c" TEXT, "b" TEXT', '"id", "c", "b"', '"id", "a", "b"')
            + INDEX.replace("a", "c"),
            ['rename-column: "User"."a" becomes "c"; code that still names it fails'],
            id="a unique column renamed",
        ),
        pytest.param(
            rebuilt(
                '"c" INTEGER PRIMARY KEY, "id" INTEGER NOT NULL, "a" TEXT, "b" TEXT', '"c", "id", "a", "b"', '"id", *'
            )
            + INDEX,
            ['drop-constraint: primary key ("id") of "User" is dropped; what it refused gets in'],
            id="a key copied",
        ),
        pytest.param(
            WARNED + 'ALTER TABLE "User" DROP COLUMN "b";' + rebuilt(ALONE, '"id", "a"', '"id", "a"') + INDEX,
            ['drop-column: "User"."b" is dropped with its values'],
            id="a column dropped before the rebuild",
        ),
        pytest.param(
            WARNED + (rebuilt(ALONE, '"id", "a"', '"id", "a"') + INDEX) * 2,
            ['drop-column: "User"."b" is dropped with its values'],
            id="a column dropped by the first of two",
        ),
        pytest.param(
            SAME.replace('"b" TEXT', '"b" TEXT, UNIQUE ("a")'), [], id="a unique index that becomes a constraint"
        ),
        pytest.param(
            INDEX.replace("User_a_key", "User_b_a_key").replace('("a")', '("b", "a")'), [], id="a key of more columns"
        ),
        pytest.param(
            INDEX.replace("User_a_key", "nocase").replace('("a")', '("a" COLLATE NOCASE)'),
            ['unique-on-existing: "User" becomes unique; a duplicate stops the migration'],
            id="a key with a collation",
        ),
        pytest.param(
            rebuilt(USER + ', "c" TEXT NOT NULL', '"id", "a", "b", "c"', '"id", "a", "b", "open"') + INDEX,
            [],
            id="a string in double quotes",
        ),
        pytest.param(
            (SAME + INDEX).replace('TO "User"', 'TO "Person"').replace('ON "User"', 'ON "Person"'),
            ['rename-table: "User" becomes "Person"; code that still names it fails'],
            id="another name",
        ),
        pytest.param(
            SAME.replace("INSERT INTO", "INSERT OR IGNORE INTO") + INDEX,
            ['rebuild-loses-values: rows of "User" are left out of the copy: INSERT OR IGNORE'],
            id="rows ignored",
        ),
        pytest.param(
            SAME.replace('FROM "User"', 'FROM "User" GROUP BY "a"') + INDEX,
            ['rebuild-loses-values: rows of "User" are left out of the copy: GROUP BY "a"'],
            id="rows grouped",
        ),
        pytest.param(
            f'CREATE TABLE "new_User" ({USER});\nDROP TABLE "User";\nALTER TABLE "new_User" RENAME TO "User";\n',
            ['drop-and-create-table: "User" is dropped and created again'],
            id="no row copied",
        ),
        pytest.param(
            f'CREATE TABLE "new_User" ({USER});\nINSERT INTO "new_User" SELECT * FROM "User";\n', [], id="half of one"
        ),
    ],
)
def test_a_rebuild_is_what_it_comes_to(sql: str, expected: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SETUP + sql)
    assert found(sql, facts(SETUP)) == expected


def test_a_rebuild_of_a_table_that_nobody_knows_says_what_prisma_says() -> None:
    head = """/*
  Warnings:

  - You are about to drop the column `b` on the `User` table. All the data in the column will be lost.
  - You are about to alter the column `n` on the `User` table. The data in that column could be lost. The data in that \
column will be cast from `String` to `Int`.
  - Made the column `m` on table `User` required. This step will fail if there are existing NULL values in that column.
  - A unique constraint covering the columns `[a]` on the table `User` will be added. If there are duplicates, it fails.

*/
"""
    columns = '"id" INTEGER PRIMARY KEY, "a" TEXT, "n" INTEGER, "m" TEXT NOT NULL, "new" TEXT NOT NULL'
    sql = head + rebuilt(columns, '"id", "a", "n", "m"', '"id", "a", "n", "m"') + INDEX
    assert [said.partition(":")[0] for said in found(sql, Facts(provider="sqlite"))] == [
        "required-column-without-default",
        "drop-column",
        "set-not-null",
        "type-change",
        "unique-on-existing",
    ]
    assert found(rebuilt(USER, '"id", "a", "b"', "*") + INDEX, Facts(provider="sqlite")) == []


@pytest.mark.parametrize(("sql", "expected"), [("", []), ('DROP INDEX "again";', ['"again"'])])
def test_of_two_unique_indexes_of_one_key_the_last_is_missed(sql: str, expected: list[str]) -> None:
    known = facts(SETUP + INDEX.replace("User_a_key", "again"))
    sql = 'DROP INDEX "User_a_key";' + sql
    assert [one.subject for one in lint(migration(sql), split(sql, dialect="sqlite"), known)] == expected


def test_a_file_without_a_history_is_for_sqlite_where_it_has_a_pragma() -> None:
    sql = "PRAGMA foreign_keys=OFF;\n" + rebuilt(USER + ', "c" TEXT NOT NULL', '"id"', '"id"')
    rules = [one.rule for one in lint(migration(sql), split(sql))]
    assert rules == ["setting-left-set", "required-column-without-default"]


def test_what_is_folded_keeps_the_place_of_its_statement() -> None:
    statements = split(SAME + INDEX, dialect="sqlite")
    told, before = folded(statements, facts(SETUP))
    assert before == []
    assert {one.span for one in told} == {one.span for one in statements}
    assert [a.step for one in told for a in one.actions if isinstance(a, Rebuild)] == [
        "create", "copy", "drop", "end",
    ]  # fmt: skip


def test_a_migration_that_is_pending_before_it_is_folded_too() -> None:
    known = facts(SETUP)
    drop = 'ALTER TABLE "User" DROP COLUMN "b";'
    earlier = split(SAME + INDEX, dialect="sqlite")
    rules = [one.rule for one in lint(migration(drop), split(drop, dialect="sqlite"), known, earlier)]
    assert rules == ["drop-column"], "the table is no new one"
