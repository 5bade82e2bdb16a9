"""What was written since and excludes what comes back: asked, counted, settled either way; rollback.md 3.4."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import rows, value
from safemigrate.errors import MigrationFailed
from safemigrate.model import Check, counted
from tests.rollback.sqlite.cases import EMAIL_KEY, ID, POSTS, TAGS, USERS, WITHOUT_AGE, rebuild
from tests.rollback.sqlite.journey import Journey, journey

REQUIRED = """CREATE TABLE "t" ("id" INTEGER PRIMARY KEY, "a" TEXT NOT NULL, "n" INTEGER);
INSERT INTO "t" VALUES (1, 'one', 1), (2, 'two', 2);"""


@dataclass(frozen=True)
class Conflict:
    """`found` is what is said, "subject: message"; `new` and `old` are the rows of `shown` after either choice."""

    name: str
    before: str
    migration: str
    since: str
    found: tuple[str, ...]
    shown: str = ""
    new: list[tuple[object, ...]] | None = None
    old: list[tuple[object, ...]] | None = None


def asked(found: Journey) -> list[tuple[Check, int]]:
    checks = [check for step in found.plan.steps for check in step.checks]
    return [(check, count) for check in checks if (count := value(found.connection, check.count))]


def settle(found: Journey, choice: str) -> None:
    """As back.settle does, without a word."""
    for _ in range(5):
        for check, _ in asked(found):
            for way in getattr(check, choice):
                if value(found.connection, way.count) and not any(
                    value(found.connection, query) for _, query in way.held
                ):
                    for sql in way.run:
                        found.connection.execute(sql)


CONFLICTS = [
    Conflict(
        "1. a required column has no value",
        REQUIRED,
        rebuild("t", '"id" INTEGER PRIMARY KEY, "n" INTEGER', '"id", "n"'),
        'INSERT INTO "t" VALUES (3, 3);',
        ('"t"."a": 1 row written since has no value for this required column',),
        'SELECT * FROM "t"',
        old=[(1, "one", 1), (2, "two", 2)],
    ),
    Conflict(
        "1. a column becomes required again",
        REQUIRED,
        rebuild("t", '"id" INTEGER PRIMARY KEY, "a" TEXT, "n" INTEGER', '"id", "a", "n"'),
        'INSERT INTO "t" VALUES (3, NULL, 3); UPDATE "t" SET "a" = NULL WHERE "id" = 2;',
        ('"t"."a": 2 rows have no value for this column, which becomes required again',),
        'SELECT * FROM "t"',
        old=[(1, "one", 1)],
    ),
    Conflict(
        "3, 9. a value does not fit",
        REQUIRED,
        rebuild("t", '"id" INTEGER PRIMARY KEY, "a" TEXT NOT NULL, "n" TEXT', '"id", "a", "n"'),
        """UPDATE "t" SET "n" = '37' WHERE "id" = 1; INSERT INTO "t" VALUES (4, 'dan', 'young');""",
        ('"t"."n": 1 value of today does not fit INTEGER',),
        'SELECT * FROM "t"',
        old=[(1, "one", 37), (2, "two", 2), (4, "dan", None)],
    ),
    Conflict(
        "5. a key was used again",
        USERS,
        'DELETE FROM "User" WHERE "id" = 5;',
        """INSERT INTO "User" VALUES (5, 'new@x', 'New', 50);""",
        ('"User": 1 row that the migration deleted has a newer row under the same key',),
        'SELECT * FROM "User" WHERE "id" = 5',
        new=[(5, "new@x", "New", 50)],
        old=[(5, "eve@x", "Eve", None)],
    ),
    Conflict(
        "6. a unique value was taken",
        USERS,
        'DELETE FROM "User" WHERE "id" = 5;',
        """INSERT INTO "User" VALUES (6, 'eve@x', 'New', 50);""",
        ('"User"."User_email_key": 1 row that goes back has a value that a newer row has taken',),
        """SELECT "id" FROM "User" WHERE "email" = 'eve@x'""",
        new=[(6,)],
        old=[(5,)],
    ),
    Conflict(
        "6. a unique value that was changed was taken",
        USERS,
        """UPDATE "User" SET "email" = 'x@x' WHERE "id" = 1;""",
        """INSERT INTO "User" VALUES (6, 'ada@x', 'New', 50);""",
        ('"User"."User_email_key": 1 value stands more than once; the unique key cannot come back',),
        """SELECT "id", "email" FROM "User" WHERE "email" IN ('ada@x', 'x@x') ORDER BY 1""",
        new=[(1, "x@x"), (6, "ada@x")],
        old=[(1, "ada@x")],
    ),
    Conflict(
        "10. a key comes back",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "CREATE TABLE n (id INTEGER, v); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
        "INSERT INTO t VALUES (2, 'again');",
        ('"t"("id"): 1 value stands more than once; the unique key cannot come back',),
        "SELECT * FROM t",
        new=[(1, "a"), (2, "again")],
        old=[(1, "a"), (2, "b")],
    ),
    Conflict(
        "7. the row that one points to is gone",
        POSTS,
        """DELETE FROM "Post" WHERE "id" = 'c';""",
        'DELETE FROM "User" WHERE "id" = 5;',
        ('"Post"("authorId"): 1 row that goes back points to a row that is gone since',),
        'SELECT "id" FROM "Post" ORDER BY "id"',
        new=[("a",), ("b",)],
    ),
    Conflict(
        "10. a check comes back",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2);",
        rebuild("t", '"id" INTEGER PRIMARY KEY, "n" INT', '"id", "n"'),
        "UPDATE t SET n = -1 WHERE id = 1; INSERT INTO t VALUES (4, -4);",
        ('"t" CHECK (n > 0): 2 rows violate this check, which comes back',),
        "SELECT * FROM t",
        old=[(2, 2)],
    ),
    Conflict(
        "10. a foreign key comes back",
        POSTS,
        rebuild(
            "Post", '"id" TEXT NOT NULL PRIMARY KEY, "title" TEXT, "authorId" INTEGER', '"id", "title", "authorId"'
        ),
        """INSERT INTO "Post" VALUES ('n', 'new', 77);""",
        ('"Post"("authorId"): 1 row points to a row that is not there; the foreign key cannot come back',),
        'SELECT "id" FROM "Post" ORDER BY "id"',
        old=[("a",), ("b",), ("c",)],
    ),
    Conflict(
        "10. a unique index comes back",
        USERS,
        'DROP INDEX "User_email_key";',
        """INSERT INTO "User" VALUES (7, 'ada@x', 'Ada II', 1);""",
        ('"User"."User_email_key": 1 value stands more than once; the unique key cannot come back',),
        """SELECT "id" FROM "User" WHERE "email" = 'ada@x'""",
        new=[(7,)],
        old=[(1,)],
    ),
    Conflict(
        "10. a unique index with a condition",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, live INT);"
        "CREATE UNIQUE INDEX i ON t (lower(a) DESC) WHERE live;"
        "INSERT INTO t VALUES (1, 'A', 1), (2, 'a', 0);",
        "DROP INDEX i;",
        "INSERT INTO t VALUES (3, 'a', 1), (4, 'A', 0);",
        ('"t"."i": 1 value stands more than once; the unique key cannot come back',),
        "SELECT id FROM t",
        new=[(2,), (3,), (4,)],
        old=[(1,), (2,), (4,)],
    ),
    Conflict(
        "a table that was dropped pointed to rows that are gone",
        TAGS,
        'DROP TABLE "_PostToTag";',
        """DELETE FROM "Tag" WHERE "id" = 1;""",
        ('"_PostToTag"("B"): 2 rows that go back point to a row that is gone since',),
        'SELECT * FROM "_PostToTag"',
        new=[("a", 2), ("c", 3)],
    ),
    Conflict(
        "a key that the former type does not hold",
        USERS,
        rebuild("User", '"id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL', '"id", "email"', after=EMAIL_KEY),
        """INSERT INTO "User" VALUES ('ckx1', 'new@x'), ('8', 'eight@x');""",
        ('"User"."id": 1 value of today does not fit INTEGER',),
        'SELECT "id" FROM "User" ORDER BY "id"',
        old=[(1,), (2,), (5,), (8,)],
    ),
]


@pytest.mark.parametrize("case", CONFLICTS, ids=lambda case: case.name)
def test_is_found_and_settled(case: Conflict, tmp_path: Path) -> None:
    for choice, expected in (("", None), ("keep_new", case.new), ("keep_old", case.old)):
        folder = tmp_path / (choice or "none")
        folder.mkdir()
        with journey(folder, case.before, case.migration) as found:
            assert found.reasons == ()
            assert asked(found) == []
            found.write(case.since)
            said = asked(found)
            assert tuple(f"{one.subject}: {counted(one.message, count)}" for one, count in said) == case.found
            for check, _ in said:
                assert rows(found.connection, check.sample)
                assert rows(found.connection, check.look)
            if not choice:
                if not any(check.loses for check, _ in said) and not said[0][0].message.count("fit"):
                    with pytest.raises(MigrationFailed):
                        found.back()
                continue
            settle(found, choice)
            if expected is None:
                assert asked(found)
                continue
            assert asked(found) == []
            found.back()
            assert rows(found.connection, case.shown) == expected


def test_a_value_is_given(tmp_path: Path) -> None:
    migration = rebuild("t", '"id" INTEGER PRIMARY KEY, "n" INTEGER', '"id", "n"')
    with journey(tmp_path, REQUIRED, migration) as found:
        found.write('INSERT INTO "t" VALUES (3, 3); UPDATE "t" SET "n" = 9 WHERE "id" = 1;')
        ((check, _),) = asked(found)
        found.connection.execute("INSERT INTO safemigrate.setting VALUES (?, ?)", [check.setting, "given"])
        found.back()
        assert rows(found.connection, 'SELECT * FROM "t"') == [(1, "one", 9), (2, "two", 2), (3, "given", 3)]


def test_a_value_that_is_given_and_points_nowhere_lets_its_row_leave(tmp_path: Path) -> None:
    optional = '"id" TEXT NOT NULL PRIMARY KEY, "title" TEXT, "authorId" INTEGER REFERENCES "User" ("id")'
    with journey(tmp_path, POSTS, rebuild("Post", optional, '"id", "title", "authorId"')) as found:
        found.write("""INSERT INTO "Post" VALUES ('n', 'new', NULL);""")
        check = next(check for check, _ in asked(found) if check.setting)
        found.connection.execute("INSERT INTO safemigrate.setting VALUES (?, ?)", [check.setting, 66])
        settle(found, "keep_old")
        assert asked(found) == []
        found.back()
        assert rows(found.connection, 'SELECT "id" FROM "Post" ORDER BY "id"') == [("a",), ("b",), ("c",)]


def test_a_row_that_others_point_to_does_not_leave(tmp_path: Path) -> None:
    migration = (
        rebuild("User", f'{ID}, "email" TEXT NOT NULL', '"id", "email"') + 'DROP INDEX IF EXISTS "User_email_key";'
    )
    with journey(tmp_path, POSTS, migration) as found:
        found.write("""INSERT INTO "User" VALUES (7, 'ada@x'); INSERT INTO "Post" VALUES ('n', 'new', 7);""")
        ((check, _),) = asked(found)
        for way in (*check.keep_old, *check.keep_new):
            assert [(table, value(found.connection, query)) for table, query in way.held] == [('"Post"', 1)]
        settle(found, "keep_old")
        assert asked(found)


def test_what_points_nowhere_today_is_no_conflict_where_its_key_stands(tmp_path: Path) -> None:
    shell = """PRAGMA foreign_keys = OFF; DELETE FROM "User" WHERE "id" = 1; INSERT INTO "Post" VALUES ('n', '', 66);"""
    with journey(tmp_path, POSTS, rebuild("User", f'{ID}, "email" TEXT', '"id", "email"')) as found:
        found.write(shell)
        assert asked(found) == []
        found.back()
        assert rows(found.connection, 'SELECT "authorId" FROM "Post" ORDER BY "id"') == [(1,), (1,), (5,), (66,)]


def test_rows_deleted_since_stay_deleted(tmp_path: Path) -> None:
    with journey(tmp_path, USERS, 'UPDATE "User" SET "age" = "age" + 100;' + WITHOUT_AGE) as found:
        found.write('DELETE FROM "User" WHERE "id" = 1;')
        found.back()
        assert rows(found.connection, 'SELECT "id", "age" FROM "User"') == [(2, 41), (5, None)]


def test_what_the_migration_made_stays_while_it_is_used(tmp_path: Path) -> None:
    with journey(
        tmp_path, POSTS, """INSERT INTO "User" VALUES (8, 'seed@x', 'Seed', 1), (9, 'more@x', '', 1);"""
    ) as found:
        assert found.reasons == ()
        found.write("""INSERT INTO "Post" VALUES ('n', 'new', 8);""")
        found.back()
        assert rows(found.connection, 'SELECT "id" FROM "User"') == [(1,), (2,), (5,), (8,)]


def test_what_goes_is_counted_and_kept(tmp_path: Path) -> None:
    migration = 'ALTER TABLE "User" ADD COLUMN "bio" TEXT; CREATE TABLE "New" ("id" INTEGER PRIMARY KEY, "v");'
    with journey(tmp_path, USERS, migration) as found:
        found.write("""UPDATE "User" SET "bio" = 'hi' WHERE "id" = 2; INSERT INTO "New" VALUES (1, x'00'), (2, 1.0);""")
        kept = {}
        for parting in found.plan.steps[0].partings:
            for sql in parting.keep:
                found.connection.execute(sql)
            kept[parting.subject] = (
                value(found.connection, parting.count),
                parting.unit,
                rows(found.connection, f"SELECT * FROM {parting.place}"),
            )
        assert kept == {
            '"New"': (2, "rows", [(1, b"\0"), (2, 1.0)]),
            '"User"."bio"': (1, "values", [(2, "hi")]),
        }


ANY = """CREATE TABLE "t" ("id" INTEGER PRIMARY KEY, "a" ANY, "b") STRICT; INSERT INTO "t" VALUES (1, 'x', 1.5);"""


@pytest.mark.parametrize("before", [ANY.replace(', "b")', ', "b" ANY)'), ANY.replace("STRICT", "")])
def test_a_column_that_takes_all_takes_what_was_written_since(before: str, tmp_path: Path) -> None:
    migration = rebuild("t", '"id" INTEGER PRIMARY KEY, "a" TEXT, "b" TEXT', '"id", "a", "b"')
    with journey(tmp_path, before, migration) as found:
        found.write("""INSERT INTO "t" VALUES (2, 'since', x'00');""")
        assert asked(found) == []
        found.back()
        assert rows(found.connection, 'SELECT * FROM "t"') == [(1, "x", 1.5), (2, "since", b"\0")]


def test_nothing_is_offered_that_would_take_what_was_there_before_too(tmp_path: Path) -> None:
    before = REQUIRED + """INSERT INTO "t" VALUES (3, 'three', 'not a number');"""
    migration = rebuild("t", '"id" INTEGER PRIMARY KEY, "a" TEXT NOT NULL, "n" TEXT', '"id", "a", "n"')
    with journey(tmp_path, before, migration) as found:
        found.write("""INSERT INTO "t" VALUES (4, 'four', 'nor this');""")
        ((check, count),) = asked(found)
        assert (count, check.keep_old, check.keep_new) == (1, (), ())
