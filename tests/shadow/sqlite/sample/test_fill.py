from __future__ import annotations

from collections.abc import Callable

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, quote, rows, value
from safemigrate.shadow.sqlite.sample.fill import fill

Made = Callable[[str], Connection]

# Order matters nowhere: children stand before their parents.
NASTY = """
CREATE TABLE "Child" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "parentId" TEXT NOT NULL, "kind" TEXT NOT NULL DEFAULT 'small' CHECK ("kind" IN ('small', 'big')),
    "age" INTEGER CHECK ("age" >= 18 AND "age" < 21), "from" INTEGER, "to" INTEGER,
    CHECK ("from" < "to"), CHECK (length("parentId") > 0),
    CONSTRAINT "Child_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Parent" ("id") ON DELETE CASCADE
);
CREATE TABLE "Parent" ("id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "bio" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "seen" DATETIME, "on" BOOLEAN NOT NULL DEFAULT true,
    "data" JSONB, "price" DECIMAL, "big" BIGINT, "ratio" REAL, "photo" BLOB, "loose");
CREATE UNIQUE INDEX "Parent_email_key" ON "Parent" ("email");
CREATE TABLE "_AToB" ("A" TEXT NOT NULL REFERENCES "Parent" ON DELETE CASCADE, "B" INTEGER NOT NULL REFERENCES "Child");
CREATE UNIQUE INDEX "_AToB_AB_unique" ON "_AToB"("A", "B");
CREATE TABLE "Tree" ("id" INTEGER PRIMARY KEY, "up" INTEGER REFERENCES "Tree" ("id"));
CREATE TABLE "Ring" ("a" TEXT, "b" INT, "x" TEXT, "y" INT, PRIMARY KEY ("a", "b"),
    FOREIGN KEY ("x", "y") REFERENCES "Ring" ("a", "b"));
CREATE TABLE "Chicken" ("id" INTEGER PRIMARY KEY, "egg" INT REFERENCES "Egg" ("id"));
CREATE TABLE "Egg" ("id" INTEGER PRIMARY KEY, "chicken" INT NOT NULL REFERENCES "Chicken" ("id"));
CREATE TABLE "Strict" ("id" INT NOT NULL PRIMARY KEY, "t" TEXT, "r" REAL, "b" BLOB, "a" ANY) STRICT, WITHOUT ROWID;
CREATE TABLE "Computed" ("a" INT NOT NULL, "twice" INT GENERATED ALWAYS AS ("a" * 2) STORED, UNIQUE ("twice"));
CREATE TABLE "Alone" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Log" ("what" TEXT);
CREATE TRIGGER "watch" AFTER INSERT ON "Parent" BEGIN INSERT INTO "Log" VALUES (NEW."id"); END;
"""


def test_every_table_gets_rows_that_keep_every_rule(make: Made) -> None:
    connection = make(NASTY)
    sampled = fill(connection, seed=1)
    assert not sampled.unfilled
    assert set(sampled.rows) == {quote(name) for name in read(connection).tables}
    assert sampled.rows['"Parent"'] == 5
    assert rows(connection, "PRAGMA foreign_key_check") == []
    assert value(connection, "PRAGMA integrity_check") == "ok"
    assert rows(connection, 'SELECT DISTINCT "kind" FROM "Child" ORDER BY 1') == [("big",), ("small",)]


def test_values_are_as_prisma_writes_them(make: Made) -> None:
    connection = make(NASTY)
    fill(connection, seed=1)
    kinds = rows(connection, 'SELECT group_concat(DISTINCT typeof("createdAt")) FROM "Parent"')
    assert set(kinds[0][0].split(",")) == {"integer", "text"}
    assert rows(connection, 'SELECT DISTINCT typeof("on") FROM "Parent"') == [("integer",)]
    assert rows(connection, 'SELECT DISTINCT typeof("photo") FROM "Parent" WHERE "photo" NOT NULL') == [("blob",)]
    nulls = 'SELECT count(*) FROM "Parent" WHERE "bio" IS NULL'
    assert value(connection, nulls) == 1


def test_circles_and_trees_are_closed(make: Made) -> None:
    connection = make(NASTY)
    fill(connection, seed=1)
    for table, column in (("Tree", "up"), ("Ring", "y"), ("Chicken", "egg"), ("Egg", "chicken")):
        assert value(connection, f"SELECT count({quote(column)}) FROM {quote(table)}") > 0, table


def test_the_same_seed_makes_the_same_rows(make: Made) -> None:
    contents = []
    for seed in (1, 1, 2):
        connection = make(NASTY)
        fill(connection, seed=seed)
        contents.append([rows(connection, f"SELECT * FROM {quote(name)}") for name in read(connection).tables])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_those_that_are_named_are_filled_where_they_have_few(make: Made) -> None:
    connection = make(NASTY + 'INSERT INTO "Alone" VALUES (7), (8); INSERT INTO "Log" VALUES (\'one\');')
    sampled = fill(connection, seed=1, rows=2, tables=['"Alone"', '"Parent"', '"Log"'])
    assert sampled.rows == {'"Parent"': 2, '"Log"': 2}
    assert rows(connection, 'SELECT * FROM "Alone"') == [(7,), (8,)]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('CREATE TABLE "T" ("a" INT NOT NULL CHECK ("a" > 5 AND "a" < 3))', "no values were found that fulfil"),
        ('CREATE TABLE "T" ("a" INT NOT NULL REFERENCES "Gone")', "needs a row of"),
        (
            'CREATE TABLE "T" ("a" INT);'
            "CREATE TRIGGER g BEFORE INSERT ON \"T\" BEGIN SELECT RAISE(ABORT, 'not you'); END",
            "not you",
        ),
    ],
)
def test_where_no_row_can_be_it_says_why(make: Made, table: str, why: str) -> None:
    sampled = fill(make(table), seed=1)
    assert not sampled.rows
    assert why in sampled.unfilled['"T"']


def test_plain_values_are_there_and_small(make: Made) -> None:
    connection = make('CREATE TABLE "T" ("a" TEXT, "b" INT, "c" DATETIME)')
    fill(connection, seed=1, plain=['"T"'])
    assert all(len(a) == 4 and b < 2000 and isinstance(c, int) for a, b, c in rows(connection, 'SELECT * FROM "T"'))
