from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, connect, value
from safemigrate.execute.sqlite.put_back import Lost, lost, tried

USER = 'CREATE TABLE "User" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, bio TEXT)'
ROWS = "INSERT INTO User VALUES (1, 'a', 'x'), (2, 'b', 'y')"
LOG = "CREATE TABLE Log (what TEXT)"


def rebuild(
    columns: str = "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL", copied: str = "id, name"
) -> list[str]:
    return [
        f'CREATE TABLE "new_User" ({columns})',
        f'INSERT INTO "new_User" ({copied}) SELECT {copied} FROM "User"',
        'DROP TABLE "User"',
        'ALTER TABLE "new_User" RENAME TO "User"',
    ]


class Change:
    """A file, and a migration in it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.copy = folder / "dev.db", folder / "before.db"

    def __call__(self, before: list[str], statements: list[str], known: tuple[str, ...] = ()) -> Lost:
        plain = sqlite3.connect(self.path)
        for sql in before:
            plain.execute(sql)
        plain.commit()
        plain.execute("VACUUM INTO ?", [str(self.copy)])
        plain.close()
        with connect(self.path) as connection:
            connection.attach(self.copy, "before")
            connection.execute("PRAGMA foreign_keys = OFF")
            was = read(connection)
            connection.execute("PRAGMA legacy_alter_table = ON")
            with connection.transaction():
                for sql in statements:
                    connection.execute(sql)
                now = read(connection)
                found = tried(connection, lost(was, now, statements, known), was, now)
                assert read(connection) == now
                for sql in found.sql:
                    connection.execute(sql)
        return found

    @property
    def opened(self) -> Connection:
        return sqlite3.connect(self.path, factory=Connection)


@pytest.fixture
def change(tmp_path: Path) -> Change:
    return Change(tmp_path)


def said(found: Lost) -> tuple[list[str], list[str]]:
    return [one.what for one in found.restorable], [one.words for one in found.gone]


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX handmade ON User (name)",
        "CREATE UNIQUE INDEX known_too ON User (name) WHERE id > 0",
        "CREATE INDEX known_too ON User (lower(name))",
        "CREATE INDEX handmade ON User (name COLLATE NOCASE DESC)",
    ],
)
def test_indexes_that_prisma_does_not_know(index: str, change: Change) -> None:
    found = change([USER, ROWS, index], rebuild(), ("known_too",))
    [one] = found.restorable
    assert one.sql == (index,)
    assert one.words.endswith('on "User", which the rebuild would have lost, was put back')
    assert value(change.opened, "SELECT sql FROM sqlite_master WHERE type = 'index'") == index


def test_an_index_that_is_in_the_history_and_not_made_again_is_meant_to_go(change: Change) -> None:
    assert change([USER, "CREATE INDEX User_name_idx ON User (name)"], rebuild(), ("user_name_IDX",)) == Lost()


@pytest.mark.parametrize(
    "drop", ['DROP INDEX "handmade"', "drop index if exists main.HANDMADE", "DROP INDEX [handmade]"]
)
def test_what_a_statement_drops_stays_dropped(drop: str, change: Change) -> None:
    assert change([USER, "CREATE INDEX handmade ON User (name)"], [drop, *rebuild()]) == Lost()


def test_an_index_whose_column_is_gone(change: Change) -> None:
    assert said(change([USER, "CREATE INDEX handmade ON User (bio)"], rebuild())) == (
        [],
        ['index "handmade" on "User" is gone with the rebuild: no such column: bio'],
    )


def test_a_unique_index_that_the_new_values_break(change: Change) -> None:
    statements = [*rebuild(), "UPDATE User SET name = 'same'"]
    back, gone = said(change([USER, ROWS, "CREATE UNIQUE INDEX handmade ON User (name)"], statements))
    assert (back, gone) == (
        [],
        ['index "handmade" on "User" is gone with the rebuild: UNIQUE constraint failed: User.name'],
    )


@pytest.mark.parametrize("event", ["INSERT", "DELETE", "UPDATE", "UPDATE OF name"])
def test_triggers(event: str, change: Change) -> None:
    row = "old" if event == "DELETE" else "new"
    trigger = f"CREATE TRIGGER logged AFTER {event} ON User BEGIN INSERT INTO Log VALUES ({row}.name); END"
    other = f"CREATE TRIGGER bio AFTER {event} ON User BEGIN INSERT INTO Log VALUES ({row}.bio); END"
    assert said(change([USER, ROWS, LOG, trigger, other], rebuild())) == (
        ['trigger "logged" on "User"'],
        [f'trigger "bio" on "User" is gone with the rebuild: no such column: {row}.bio'],
    )
    assert value(change.opened, "SELECT group_concat(sql) FROM sqlite_master WHERE type = 'trigger'") == trigger
    assert value(change.opened, "SELECT count(*) FROM Log") == 0


def test_views_and_triggers_that_name_what_is_gone(change: Change) -> None:
    before = [
        USER,
        LOG,
        "CREATE VIEW bios AS SELECT bio FROM User",
        "CREATE VIEW names AS SELECT name FROM User",
        "CREATE VIEW never AS SELECT nobody FROM User",
        "CREATE TRIGGER kept AFTER INSERT ON Log BEGIN UPDATE User SET bio = new.what; END",
        "CREATE TRIGGER fine AFTER INSERT ON Log BEGIN UPDATE User SET name = new.what; END",
    ]
    assert said(change(before, rebuild())) == (
        [],
        [
            'view "bios" works no longer: no such column: bio',
            'trigger "kept" on "Log" works no longer: no such column: bio',
        ],
    )


def test_a_trigger_of_a_view(change: Change) -> None:
    before = [
        USER,
        "CREATE VIEW names AS SELECT id, name FROM User",
        "CREATE TRIGGER renamed INSTEAD OF UPDATE ON names BEGIN UPDATE User SET name = new.name; END",
    ]
    assert change(before, rebuild()) == Lost()
    remade = ["DROP VIEW names", *rebuild(), before[1]]
    change.path.unlink()
    change.copy.unlink()
    assert said(change(before, remade)) == (['trigger "renamed" on "names"'], [])


@pytest.mark.parametrize(
    ("statements", "counter"),
    [
        (rebuild(), 9),
        ([*rebuild(), "INSERT INTO User VALUES (20, 'new')"], 20),
        (["DELETE FROM User", *rebuild()], 9),
        ([*rebuild(), "UPDATE sqlite_sequence SET seq = 5 WHERE name = 'User'"], 5),
    ],
)
def test_counters(statements: list[str], counter: int, change: Change) -> None:
    change([USER, ROWS, "INSERT INTO User VALUES (9, 'z', '')", "DELETE FROM User WHERE id = 9"], statements)
    assert value(change.opened, "SELECT seq FROM sqlite_sequence WHERE name = 'User'") == counter


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
            "id INTEGER PRIMARY KEY, name TEXT NOT NULL",
            '"User" is STRICT',
        ),
        ("id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE)", "id INTEGER PRIMARY KEY, name TEXT", "COLLATE NOCASE"),
        (
            "id INTEGER PRIMARY KEY, name TEXT CHECK (name <> ''))",
            "id INTEGER PRIMARY KEY, name TEXT",
            "CHECK (name <> '')",
        ),
        ("id INTEGER PRIMARY KEY, name TEXT, CHECK (id > 0))", "id INTEGER PRIMARY KEY, name TEXT", "CHECK (id > 0)"),
        ("id INTEGER PRIMARY KEY, name AS (id * 2))", "id INTEGER PRIMARY KEY, name", "generated as id * 2"),
    ],
)
def test_what_the_new_text_has_no_longer(before: str, after: str, words: str, change: Change) -> None:
    [gone] = change([f"CREATE TABLE User ({before}"], rebuild(after)).gone
    assert words in gone.words


def test_a_plain_rebuild_loses_nothing(change: Change) -> None:
    checked = "id INTEGER PRIMARY KEY, name TEXT CHECK ( name<>'' ) COLLATE nocase"
    statements = rebuild(checked.replace("( name<>'' )", "(\"name\" <> '')").replace("nocase", "NOCASE"))
    assert change([f"CREATE TABLE User ({checked}, bio CHECK (bio <> 1))"], statements) == Lost()
