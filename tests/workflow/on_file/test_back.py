"""Rollbacks of a SQLite file that are told by what an application wrote meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from safemigrate.errors import MigrationFailed, Restored, RollbackError
from safemigrate.model import OnConflict, Result
from safemigrate.workflow.engines.file_way import FileTried
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.rollback import rollback

from .conftest import CHANGE, INIT, Project
from .test_story import DROPS


def rebuild(table: str, columns: str, listed: str, selected: str = "") -> str:
    """Write a rebuild as Prisma does."""
    return (
        f'CREATE TABLE "new_{table}" ({columns}); INSERT INTO "new_{table}" ({listed}) SELECT {selected or listed} '
        f'FROM "{table}"; DROP TABLE "{table}"; ALTER TABLE "new_{table}" RENAME TO "{table}";'
    )


def test_a_default_that_is_another_each_time_is_the_same_in_the_copy_and_in_the_file(project: Project) -> None:
    project.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, "
        "code BLOB NOT NULL DEFAULT (randomblob(8)))",
        "INSERT INTO t (id) VALUES (1)",
    )
    (first,) = project.rows("SELECT * FROM t")
    project.write(CHANGE, rebuild("t", "id INTEGER PRIMARY KEY", "id"))
    project.apply()
    project.run("INSERT INTO t VALUES (2), (3)")
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.rows("SELECT * FROM t WHERE id = 1") == [first]
    assert project.rows("SELECT count(DISTINCT code), count(at) FROM t") == [(3, 3)]


def test_a_full_text_index_is_filled_anew_while_time_stands_still(project: Project) -> None:
    project.run(
        "CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT)",
        "CREATE VIRTUAL TABLE found USING fts5 (body, content='doc', content_rowid='id')",
        "CREATE TRIGGER doc_in AFTER INSERT ON doc BEGIN INSERT INTO found (rowid, body) VALUES (NEW.id, NEW.body); END",
        "INSERT INTO doc VALUES (1, 'hello')",
    )
    before = project.keep("before.db")
    project.write(CHANGE, rebuild("doc", "id INTEGER PRIMARY KEY, body TEXT DEFAULT ''", "id, body"))
    project.write("20240303000000_again", rebuild("doc", "id INTEGER PRIMARY KEY, body BLOB", "id, body"))
    project.apply()
    assert project.rollback(RollbackOptions(to=INIT)).result is Result.ROLLED_BACK
    assert project.unlike(before) == []
    assert project.rows("SELECT rowid FROM found WHERE found MATCH 'hello'") == [(1,)]


SINCE = (
    "CREATE INDEX late ON User (email)",
    "CREATE INDEX aged ON User (age)",
    'CREATE INDEX aging_too ON User ("age")',
    "ALTER TABLE User ADD COLUMN extra TEXT DEFAULT 'none'",
    "UPDATE User SET extra = id || '!' WHERE id < 3",
    "CREATE INDEX lastly ON User (extra)",
    "CREATE TABLE seen (what)",
    "CREATE TRIGGER noted AFTER UPDATE ON User BEGIN INSERT INTO seen VALUES (NEW.id); END",
    "CREATE TRIGGER aging AFTER INSERT ON User BEGIN INSERT INTO seen VALUES (NEW.age); END",
    "CREATE VIEW addresses AS SELECT email FROM User",
    "CREATE TRIGGER entered INSTEAD OF INSERT ON addresses BEGIN SELECT 1; END",
)


def names(project: Project) -> set[object]:
    return {name for (name,) in project.rows("SELECT name FROM sqlite_master WHERE sql <> ''")}


def test_what_was_made_since_by_other_means_stays_where_it_can(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.run(*SINCE)
    today = project.keep("today.db")
    back = project.rollback()
    assert names(project) >= {"late", "lastly", "seen", "noted", "addresses", "entered"}
    assert names(project).isdisjoint({"aged", "aging_too", "aging"})
    assert project.rows("SELECT id, bio, extra FROM User") == [(1, "hello", "1!"), (2, None, "2!"), (3, "yes", "none")]
    assert project.rows("SELECT * FROM seen") == []
    said = " ".join(back.notes)
    assert 'index "aged", made since apply by something else, goes: no such column: age' in said
    assert 'trigger "aging", made since apply by something else, goes: no such column: NEW.age' in said
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(today) == []


def test_an_index_with_a_name_of_sqlites_own_that_was_made_since_stays(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.run(
        "PRAGMA writable_schema = ON", 'CREATE INDEX "sqlite_own" ON User (email)', "PRAGMA writable_schema = OFF"
    )
    assert project.rollback().result is Result.ROLLED_BACK
    assert "sqlite_own" in names(project)


def test_what_was_made_between_two_migrations_stays_when_both_go_back(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.run("CREATE INDEX late ON User (email)", "CREATE TRIGGER noted AFTER UPDATE ON User BEGIN SELECT 1; END")
    project.write("20240303000000_more", 'ALTER TABLE "Post" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0;')
    project.apply()
    today = project.keep("today.db")
    assert project.rollback(RollbackOptions(to=INIT)).result is Result.ROLLED_BACK
    assert names(project) >= {"late", "noted"}
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(today) == []


def test_what_was_renamed_by_other_means_is_said_to_be_in_the_way(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.run("ALTER TABLE User RENAME TO Person", "DROP INDEX User_email_key")
    (found,) = project.rollback().conflicts
    assert (found.subject, found.message) == (
        'table "User"',
        "is not there any more: something else dropped or renamed it since apply",
    )
    assert "RENAME TO" in found.choices[0]
    project.run("ALTER TABLE Person RENAME TO User")
    assert project.rollback().result is Result.ROLLED_BACK
    assert "User_email_key" in names(project)


def test_an_application_that_writes_while_a_rollback_is_undone_has_it_tried_again(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.rollback()

    def busy(database: str, losses: object) -> bool:
        project.run("INSERT INTO User (email, bio) VALUES ('meanwhile@x', 'late')")
        return bool(database and losses)

    outcome = rollback(replace(project.request(), consent=busy), RollbackOptions(undo=True))
    assert outcome.result is Result.APPLIED
    assert project.rows("SELECT age FROM User WHERE email = 'meanwhile@x'") == [(7,)]


def test_an_index_that_the_migration_lost_is_not_made_by_undoing_its_rollback(project: Project) -> None:
    project.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)", 'CREATE INDEX on_a ON t ("a")')
    project.write(CHANGE, rebuild("t", "id INTEGER PRIMARY KEY, c TEXT, b TEXT", "id, c, b", "id, a, b"))
    project.apply()
    assert "on_a" not in names(project)
    applied = project.keep("applied.db")
    project.rollback()
    assert "on_a" in names(project)
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(applied) == []


def test_what_came_back_together_goes_back_one_after_the_other(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    between = project.keep("between.db")
    project.write("20240303000000_more", 'ALTER TABLE "User" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0;')
    project.apply()
    project.run("UPDATE User SET views = 5, age = 9 WHERE id = 1")
    today = project.keep("today.db")
    project.rollback(RollbackOptions(to=INIT))
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(today) == []
    project.rollback()
    assert project.unlike(between) == ['table "User": "age" has another value in 1 row ("id": 1)']
    project.rollback()
    assert project.rows("SELECT id, bio FROM User") == [(1, "hello"), (2, None), (3, "yes")]


def test_what_something_else_took_away_or_made_is_said_before(project: Project) -> None:
    project.write(CHANGE, DROPS + 'CREATE TABLE "New" (id INTEGER PRIMARY KEY);')
    project.apply()
    project.run(
        'DROP TABLE "New"', "ALTER TABLE User RENAME COLUMN email TO mail", "ALTER TABLE User ADD COLUMN bio TEXT"
    )
    today = project.keep("today.db")
    keep_new = RollbackOptions(on_conflict=OnConflict.KEEP_NEW)
    for options in (RollbackOptions(), RollbackOptions(dry_run=True), keep_new):
        found = project.rollback(options)
        assert {(one.subject, bool(one.keep_new)) for one in found.conflicts} == {
            ('table "New"', True),
            ('column "User"."email"', False),
            ('column "User"."bio"', False),
        }
        assert all(one.choices for one in found.conflicts if not one.keep_new)
    assert project.unlike(today) == []
    project.run("ALTER TABLE User RENAME COLUMN mail TO email", "ALTER TABLE User RENAME COLUMN bio TO mine")
    assert project.rollback().result is Result.CONFLICTS
    done = project.rollback(keep_new)
    assert done.result is Result.ROLLED_BACK
    assert any(note.startswith('left out, for table "New"') for note in done.notes)
    assert project.rows("SELECT bio, mine FROM User WHERE id = 1") == [("hello", None)]


def test_a_dry_run_tries_it_in_a_copy(project: Project) -> None:
    project.run("CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT NOT NULL)", "INSERT INTO t VALUES (1, 'a')")
    project.write(CHANGE, rebuild("t", "id INTEGER PRIMARY KEY", "id"))
    project.write("20240303000000_more", "ALTER TABLE t ADD COLUMN more TEXT")
    project.apply()
    project.run("INSERT INTO t VALUES (2, 'new')")
    today = project.keep("today.db")
    foreseen = RollbackOptions(to=INIT, dry_run=True)
    found = project.rollback(foreseen)
    assert (found.result, [one.subject for one in found.conflicts]) == (Result.CONFLICTS, ['"t"."code"'])
    filled = project.rollback(replace(foreseen, fill={'"t"."code"': "b"}))
    assert (filled.result, filled.conflicts) == (Result.REHEARSED, ())
    assert '"t"."more" goes with its 1 value of today; kept beside the file' in filled.notes
    assert project.unlike(today) == []


def test_a_dry_run_says_that_it_would_fail(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    monkeypatch.setattr("safemigrate.db.sqlite.script.take_back", failing)
    with pytest.raises(RollbackError, match="the rollback would fail: no such thing"):
        project.rollback(RollbackOptions(dry_run=True))
    with pytest.raises(Restored, match="is as it was: no such thing"):
        project.rollback()


def failing(*_: object, **__: object) -> None:
    raise MigrationFailed("no such thing")


def test_an_undoing_that_was_stopped_between_two_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(CHANGE, DROPS)
    project.write("20240303000000_more", 'ALTER TABLE "User" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0;')
    project.apply()
    project.run("UPDATE User SET views = 5, age = 9 WHERE id = 1")
    today = project.keep("today.db")
    project.rollback(RollbackOptions(to=INIT))
    with monkeypatch.context() as stopping:
        stopping.setattr(FileTried, "_one", stopped(FileTried._one))
        with pytest.raises(KeyboardInterrupt):
            project.rollback(RollbackOptions(undo=True))
    assert project.rows("SELECT count(*) FROM pragma_table_info('User') WHERE name IN ('age', 'views')") == [(1,)]
    assert project.rollback(RollbackOptions(undo=True)).result is Result.APPLIED
    assert project.unlike(today) == []
    project.rollback()
    assert project.rollback(RollbackOptions(undo=True)).result is Result.APPLIED


def stopped(one: Callable[..., None]) -> Callable[..., None]:
    """Do it once, and be killed the second time."""
    turns = iter((True, False))

    def instead(*given: object) -> None:
        if not next(turns):
            raise KeyboardInterrupt
        one(*given)

    return instead
