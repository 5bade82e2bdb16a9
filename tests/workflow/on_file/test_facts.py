from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.lint import Facts, lint
from safemigrate.sql import Name, split
from safemigrate.sql.actions import Constraint
from safemigrate.workflow.on_file import facts as module
from safemigrate.workflow.on_file.facts import facts
from tests.lint.conftest import migration

SETUP = """
CREATE TABLE "Team" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT,
    "age" TEXT NOT NULL DEFAULT '0',
    "bio" TEXT COLLATE NOCASE CHECK (bio <> ''),
    "teamId" INTEGER
);
CREATE UNIQUE INDEX "User_age_bio" ON "User" ("age", "bio") WHERE "age" > 1;
CREATE TABLE "Post" (id TEXT PRIMARY KEY, "userId" INT REFERENCES "User" ON DELETE CASCADE);
CREATE TRIGGER "touched" AFTER UPDATE ON "User" BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE found USING fts5(title);
INSERT INTO "Team" VALUES (1);
INSERT INTO "User" ("email", "age", "bio", "teamId")
    VALUES ('a', '7', 'x', 1), ('a', 'old', NULL, 2), (NULL, '1.5', NULL, NULL);
INSERT INTO "Post" VALUES ('p', 1);
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path / "dev.db", create=True) as connection:
        for statement in split(SETUP, dialect="sqlite"):
            connection.execute(statement.sql)
        yield connection


@pytest.fixture
def known(file: Connection) -> Facts:
    return facts(file, read(file))


def said(known: Facts, sql: str) -> list[str]:
    found = lint(migration(sql), split(sql, dialect="sqlite"), known)
    return [f"{finding.rule} {finding.severity}: {finding.message}" for finding in found]


def rebuilt(columns: str, into: str, values: str) -> str:
    return (
        f'PRAGMA foreign_keys=OFF;\nCREATE TABLE "new_User" ({columns});\n'
        f'INSERT INTO "new_User" ({into}) SELECT {values} FROM "User";\n'
        'DROP TABLE "User";\nALTER TABLE "new_User" RENAME TO "User";\nPRAGMA foreign_keys=ON;\n'
    )


def test_what_is_known_of_a_file(known: Facts) -> None:
    assert known.tables is not None
    assert (known.provider, known.schema, known.in_steps, known.complete) == ("sqlite", "main", True, True)
    user, post = known.tables["main", "User"], known.tables["main", "Post"]
    assert dict(user.columns) == {"id": "INTEGER", "email": "TEXT", "age": "TEXT", "bio": "TEXT", "teamId": "INTEGER"}
    assert user.required == {"id", "age"}
    assert user.defined["bio"].collation == "NOCASE"
    assert set(user.triggers) == {"touched"}
    assert user.indexes["User_age_bio"].partial
    assert user.constraints["User_bio_check"] == Constraint("check", "User_bio_check", ("bio",), "bio <> ''")
    assert post.constraints["Post_userId_fkey"].references == Name(None, "User")
    assert set(known.tables["main", "found"].columns) >= {"title"}


ID, AGE, BIO = '"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT', "\"age\" TEXT NOT NULL DEFAULT '0'", '"bio" TEXT'
KEPT = f'{ID}, "email" TEXT, {AGE}, {BIO} COLLATE NOCASE CHECK (bio <> \'\'), "teamId" INTEGER'
ALL = '"id", "email", "age", "bio", "teamId"'


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (rebuilt(KEPT, ALL, ALL), []),
        (rebuilt(KEPT + ', "new" INT', ALL, "*"), []),
        (
            rebuilt(KEPT.replace('"email" TEXT, ', ""), '"id", "age", "bio", "teamId"', '"id", "age", "bio", "teamId"'),
            ['drop-column warning: "User"."email" is dropped; it holds 2 values'],
        ),
        (
            rebuilt(KEPT.replace('"email" TEXT', '"email" TEXT NOT NULL'), ALL, ALL),
            ['set-not-null error: "User"."email" becomes required, and 1 row hold NULL'],
        ),
        (
            rebuilt(
                KEPT.replace('"email" TEXT', '"email" TEXT NOT NULL'),
                ALL,
                ALL.replace('"email"', "coalesce(email, '')"),
            ),
            [
                'set-not-null notice: "User"."email" becomes required; 1 row hold NULL and the migration fills them first'
            ],
        ),
        (
            rebuilt(KEPT.replace(AGE, '"age" INTEGER NOT NULL DEFAULT 0'), ALL, ALL),
            [
                'type-change warning: "User"."age" changes from TEXT to INTEGER: text that looks like a number becomes '
                "one, other text stays text; it holds 2 values of another kind"
            ],
        ),
        (
            rebuilt(KEPT + ', FOREIGN KEY ("teamId") REFERENCES "Team" ("id")', ALL, ALL),
            [
                'constraint-on-existing error: "User" gets the foreign key ("teamId"), and 1 row refers to no row of "Team"'
            ],
        ),
        (
            rebuilt(KEPT, ALL, ALL) + 'CREATE UNIQUE INDEX "User_email_key" ON "User" ("email");',
            ['unique-on-existing error: "User" ("email") becomes unique, and 1 value occurs more than once'],
        ),
        (
            rebuilt(KEPT, ALL, ALL).replace('FROM "User";', 'FROM "User" WHERE "email" = \'a\';'),
            ['rebuild-loses-values warning: 1 row of "User" is left out of the copy: WHERE "email" = \'a\''],
        ),
        (
            rebuilt(KEPT.replace(" COLLATE NOCASE CHECK (bio <> '')", ""), ALL, ALL),
            [
                "drop-constraint warning: CHECK (bio <> '') of \"User\" is dropped; what it refused gets in",
                'rebuild-loses-options warning: "User" loses COLLATE NOCASE of "bio"',
            ],
        ),
        (
            'DROP TABLE "user";',
            ['drop-table warning: "User" is dropped; it holds 3 rows, and the rows of "Post" that refer to it'],
        ),
        ("DROP TABLE post;", ['drop-table warning: "Post" is dropped; it holds 1 row']),
        ("CREATE TABLE fresh (a);\nDROP TABLE fresh;", []),
        (
            'DELETE FROM "User" WHERE datetime(age) IS NULL;',
            ['delete-rows warning: 1 row of "User" is deleted, and what refers to them ON DELETE CASCADE'],
        ),
    ],
)
def test_findings_count_rows(known: Facts, sql: str, expected: list[str]) -> None:
    assert sorted(said(known, sql)) == sorted(expected)


def test_a_row_id_takes_whole_numbers_alone(file: Connection) -> None:
    sql = rebuilt('"id" INTEGER PRIMARY KEY, "userId" INT', '"id", "userId"', "*").replace("User", "Post")
    (told, *_) = [one for one in said(facts(file, read(file)), sql) if "type-change" in one]
    assert told.startswith('type-change error: "Post"."id" changes from TEXT to INTEGER: a value that is no whole')


def test_an_index_made_by_hand_comes_back_and_is_no_finding(file: Connection) -> None:
    file.execute('CREATE UNIQUE INDEX "by_hand" ON "User" ("bio")')
    sql = rebuilt(KEPT, ALL, ALL)
    assert said(facts(file, read(file), made=()), sql) == []
    (told,) = said(facts(file, read(file), made=["by_hand"]), sql)
    assert told.startswith('drop-constraint warning: unique index "by_hand" of "User" is dropped')


def test_what_a_rebuild_left_half_done_is_named(file: Connection) -> None:
    file.execute('CREATE TABLE "new_User" (id)')
    file.execute('INSERT INTO "new_User" VALUES (1)')
    assert said(facts(file, read(file)), rebuilt(KEPT, ALL, ALL)) == [
        'created-twice error: "new_User" is there already, left by a rebuild that did not end'
    ]


def test_a_count_that_takes_too_long_is_none(known: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr(module, "_SECONDS", 0.02)
    assert known.count(endless) is None
    assert known.count('SELECT count(*) FROM "User"') == 3
    assert known.count("SELECT count(*) FROM nowhere") is None
