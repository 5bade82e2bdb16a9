"""One hash for a schema, and differences in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.compare import compare, fingerprint
from safemigrate.db.sqlite.connection import connect, run

Make = Callable[..., Catalog]

MADE = (
    """CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL DEFAULT 'x',
       CONSTRAINT "a" UNIQUE ("name"), CHECK (length("name") > 0))""",
    "CREATE TABLE other (a, b)",
    "CREATE INDEX i ON other (a) WHERE b > 1",
    "CREATE VIEW v AS SELECT a FROM other",
    "CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM other WHERE a = 'A'; END",
)


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """A function that makes a file of statements and reads its catalog."""
    numbers = iter(range(9))

    def make(*statements: str) -> Catalog:
        with connect(tmp_path / f"{next(numbers)}.db", create=True) as connection:
            for statement in statements:
                run(connection, statement)
            return read(connection)

    return make


def changed(**texts: str) -> tuple[str, ...]:
    """The statements with some replaced: by the number they stand at."""
    given = (texts.get(f"at{number}", statement) for number, statement in enumerate(MADE))
    return tuple(statement for statement in given if statement)


@pytest.mark.parametrize(
    "statements",
    [
        (MADE[1], MADE[0], *MADE[2:]),
        changed(
            at0="""CREATE TABLE [User] (  -- a comment
              id INTEGER NOT NULL PRIMARY KEY,`name` TEXT/**/NOT NULL DEFAULT 'x',
              CHECK (length(name)>0), CONSTRAINT a UNIQUE (name))"""
        ),
        changed(at2='CREATE INDEX "i" ON "other"("a")\nWHERE "b">1'),
        (*MADE, "CREATE TABLE _prisma_migrations (id TEXT PRIMARY KEY)"),
        (*MADE, "INSERT INTO other VALUES (1, 2)"),
    ],
    ids=["order", "words of a table", "words of an index", "history", "rows"],
)
def test_what_is_no_difference(made: Make, statements: tuple[str, ...]) -> None:
    one, other = made(*MADE), made(*statements)
    assert compare(one, other) == []
    assert fingerprint(one) == fingerprint(other)


def test_letter_case_is_none_to_prisma_outside_of_strings(made: Make) -> None:
    def same(statement: str, other: str) -> bool:
        one, two = made(statement), made(other)
        assert compare(one, two)  # a proof is stricter
        return not compare(one, two, order=False)

    text = 'CREATE TABLE t ("a" TEXT NOT NULL DEFAULT \'X\', UNIQUE ("a"))'
    assert same(text, "create table t (a text not null default 'X', unique (a))")
    assert not same(text, text.replace("'X'", "'x'"))
    assert not same(text, text.replace('"a"', '"A"'))
    assert not same(text, text.replace("TEXT", "INTEGER"))


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (
            (*MADE, "ALTER TABLE other ADD COLUMN c INT"),
            ['column "other"."c" is not expected'],
        ),
        (changed(at1="CREATE TABLE other (b, a)"), ['table "other": columns in the order b, a, expected a, b']),
        (
            changed(at1="CREATE TABLE other (a COLLATE NOCASE, b INT)"),
            [
                'column "other"."a": definition COLLATE NOCASE, expected none',
                'column "other"."b": definition INT, expected none',
            ],
        ),
        (
            changed(at1="CREATE TABLE other (a, b GENERATED ALWAYS AS (a + 1))"),
            ['column "other"."b": definition GENERATED ALWAYS AS (a + 1), expected none'],
        ),
        (
            changed(at1="CREATE TABLE other (a INT PRIMARY KEY, b INT) STRICT, WITHOUT ROWID"),
            [
                'column "other"."a": definition INT PRIMARY KEY, expected none',
                'column "other"."b": definition INT, expected none',
                'table "other": STRICT is not expected',
                'table "other": WITHOUT ROWID is not expected',
            ],
        ),
        (
            changed(
                at0="""CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT DEFAULT 'X',
                    CONSTRAINT "a" UNIQUE ("name"), CHECK (length("name") > 1))"""
            ),
            [
                'column "User"."id": definition INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, '
                "expected INTEGER NOT NULL PRIMARY KEY",
                "column \"User\".\"name\": definition TEXT DEFAULT 'X', expected TEXT NOT NULL DEFAULT 'x'",
                'table "User": CHECK (length(name) > 0) is missing',
                'table "User": CHECK (length(name) > 1) is not expected',
            ],
        ),
        (changed(at2=""), ['index "i" is missing']),
        (
            changed(at2="CREATE UNIQUE INDEX i ON other (a)"),
            [
                'index "i": definition CREATE UNIQUE INDEX i ON other(a), '
                "expected CREATE INDEX i ON other(a) WHERE b > 1"
            ],
        ),
        (changed(at3="CREATE VIEW v AS SELECT b FROM other"), ['view "v": definition ']),
        (
            changed(at4="CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM other WHERE a = 'a'; END"),
            ['trigger "t": definition '],
        ),
    ],
    ids=lambda value: value[0][:40] if isinstance(value, list) else "",
)
def test_a_difference_is_said_in_words(made: Make, statements: tuple[str, ...], said: list[str]) -> None:
    one, other = made(*MADE), made(*statements)
    assert fingerprint(one) != fingerprint(other)
    found = compare(one, other)
    assert len(found) == len(said)
    assert all(line.startswith(words) for line, words in zip(found, said, strict=True)), found


def test_string_is_no_name(made: Make) -> None:
    text = "CREATE TABLE t (a CHECK (a <> {}), b)"
    assert compare(made(text.format("'b'")), made(text.format('"b"'))) != []
