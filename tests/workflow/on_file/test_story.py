"""apply, rollback and its undoing on a SQLite file, as users run them."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from safemigrate.db.sqlite.connection import connect
from safemigrate.errors import ConnectionFailed, ConsentRequired, HistoryError, MigrationFailed
from safemigrate.model import OnConflict, Result, Verdict
from safemigrate.workflow import snapshot as snapshots
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.prune import prune
from safemigrate.workflow.release import release
from safemigrate.workflow.status import status

from .conftest import CHANGE, INIT, Project

DROPS = """
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL,
  "age" INTEGER NOT NULL DEFAULT 7, "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO "new_User" ("createdAt", "email", "id") SELECT "createdAt", "email", "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""
BY_HAND = (
    "CREATE INDEX handmade ON User (createdAt) WHERE email <> ''",
    "CREATE TRIGGER counted AFTER INSERT ON Post BEGIN UPDATE User SET email = email WHERE id = NEW.authorId; END",
    "CREATE VIEW addresses AS SELECT email FROM User",
)


def test_what_goes_comes_back_and_what_was_written_since_stays(project: Project) -> None:
    project.run(*BY_HAND)
    before = project.keep("before.db")
    project.write(CHANGE, DROPS)
    outcome = project.apply()
    assert outcome.result is Result.APPLIED
    assert outcome.migrations[0].proof
    assert outcome.migrations[0].proof.verdict is Verdict.EXACT
    assert any("bio" in asked and "2 values" in asked for asked in project.asked)
    assert project.rows("SELECT seq FROM sqlite_sequence WHERE name = 'User'") == [(4,)]
    assert project.rows("SELECT count(*) FROM Post") == [(2,)]  # nothing cascaded
    names = {name for (name,) in project.rows("SELECT name FROM sqlite_master")}
    assert {"handmade", "counted", "addresses"} <= names
    applied = project.keep("applied.db")
    project.rollback()
    assert project.unlike(before) == []
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(applied) == []

    project.run(
        "INSERT INTO User (email, age) VALUES ('new@x', 99)",
        "UPDATE User SET email = 'changed@x' WHERE id = 3",
        "DELETE FROM User WHERE id = 2",
    )
    project.rollback()
    assert project.rows("SELECT id, email, bio FROM User ORDER BY id") == [
        (1, "a@x", "hello"),
        (3, "changed@x", "yes"),
        (5, "new@x", None),
    ]
    project.run("UPDATE User SET bio = 'since' WHERE id = 5")
    project.rollback(RollbackOptions(undo=True))
    assert project.rows("SELECT id, email, age FROM User ORDER BY id") == [
        (1, "a@x", 7),
        (3, "changed@x", 7),
        (5, "new@x", 99),
    ]


def test_a_rollback_that_kept_nothing_is_undone_too(project: Project) -> None:
    project.run("DELETE FROM Post", "DELETE FROM User")
    project.write(CHANGE, DROPS.replace('"age" INTEGER NOT NULL DEFAULT 7', '"bio" TEXT NOT NULL'))
    project.apply()
    applied = project.keep("applied.db")
    project.rollback()
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(applied) == []


def test_a_rollback_is_undone_though_the_migration_could_not_run_now(project: Project) -> None:
    project.run("DELETE FROM Post", "DELETE FROM User")
    project.write(CHANGE, DROPS.replace('"age" INTEGER NOT NULL DEFAULT 7', '"age" INTEGER NOT NULL'))
    project.apply()
    project.run("INSERT INTO User (email, age) VALUES ('new@x', 99)")
    applied = project.keep("applied.db")
    project.rollback()
    assert project.rollback(RollbackOptions(undo=True)).result is Result.APPLIED
    assert project.unlike(applied) == []


def test_what_a_later_migration_makes_again_is_not_put_back_before_it(project: Project) -> None:
    again = ("CREATE INDEX handmade ON User (email DESC)", "CREATE TRIGGER t AFTER DELETE ON User BEGIN SELECT 1; END")
    project.run(*again)
    project.write(CHANGE, DROPS)
    project.write("20240303000000_again", ";".join(again))
    assert project.apply().result is Result.APPLIED
    names = {name for (name,) in project.rows("SELECT name FROM sqlite_master")}
    assert {"handmade", "t"} <= names


def test_rows_that_pointed_nowhere_before_are_no_loss_of_the_change(project: Project) -> None:
    project.run("PRAGMA foreign_keys = OFF", "INSERT INTO Post (title, authorId) VALUES ('lost', 99)")
    before = project.keep("before.db")
    project.write(CHANGE, "DELETE FROM Post WHERE authorId NOT IN (SELECT id FROM User)")
    outcome = project.apply()
    assert (outcome.result, outcome.migrations[0].returns) == (Result.APPLIED, ('rows "Post"',))
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.unlike(before) == []


def test_a_rolled_back_migration_is_held(project: Project) -> None:
    name = "20240202000000_slim down"  # what is pasted must not fall apart: `rm -r` would take its first half
    project.write(name, DROPS)
    project.apply()
    project.rollback()
    with pytest.raises(HistoryError, match="on hold") as held:
        project.apply()
    folder = project.folder / "prisma" / "migrations" / name
    assert held.value.fix == (f"safemigrate release '{name}'   # apply it again", f"rm -r '{folder}'   # drop it")
    states = {one.name: one.state for one in status(project.request()).migrations}
    assert states == {INIT: "applied", name: "held"}


def test_without_consent_nothing_is_changed(project: Project) -> None:
    before = project.keep("before.db")
    project.write(CHANGE, DROPS)
    project.agrees = False
    with pytest.raises(ConsentRequired) as raised:
        project.apply()
    assert raised.value.fix == ("safemigrate apply --confirm dev.db",)
    assert project.unlike(before) == []
    assert status(project.request()).result is Result.OK


def test_what_is_pasted_to_agree_asks_for_the_same_again(project: Project) -> None:
    project.write(CHANGE, f'{DROPS} CREATE TABLE "New" (x)')
    project.apply()
    project.run('INSERT INTO "New" VALUES (1)')
    for options, asks in ((RollbackOptions(to=INIT), f"--to {INIT}"), (RollbackOptions(undo=True), "--undo")):
        project.agrees = False
        with pytest.raises(ConsentRequired) as raised:
            project.rollback(options)
        assert raised.value.fix[0] == f"safemigrate rollback {asks} --confirm dev.db"
        project.agrees = True
        project.rollback(options)


def test_a_migration_that_these_rows_refuse_is_blocked_or_fails_and_leaves_the_file_as_it_was(project: Project) -> None:
    before = project.keep("before.db")
    project.write(CHANGE, DROPS.replace('"age" INTEGER NOT NULL DEFAULT 7', '"age" INTEGER NOT NULL'))
    assert project.apply().result is Result.BLOCKED  # the text alone says that no row gets a value
    (project.folder / "prisma" / "migrations" / CHANGE / "migration.sql").write_text(
        """UPDATE "User" SET "bio" = 'x'; UPDATE "User" SET "email" = 'the same';"""
    )
    with pytest.raises(MigrationFailed, match=f"{CHANGE}, line 1 failed") as raised:
        project.apply()
    assert "UNIQUE constraint failed: User.email" in raised.value.why
    assert project.unlike(before) == []


def test_what_db_push_made_meanwhile_is_marked_as_applied(project: Project) -> None:
    project.run('ALTER TABLE "Post" ADD COLUMN "slug" TEXT')
    project.write(CHANGE, 'ALTER TABLE "Post" ADD COLUMN "slug" TEXT;')
    with pytest.raises(MigrationFailed) as refused:
        project.apply()
    assert refused.value.fix[-1].startswith(f"npx prisma migrate resolve --applied {CHANGE}   #")


def test_a_branch_without_the_migration_takes_it_back(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    shutil.rmtree(project.file.parent / "migrations" / CHANGE)
    (standing,) = (one for one in status(project.request()).migrations if one.name == CHANGE)
    assert standing.state == "missing"
    assert any(one.startswith("safemigrate rollback ") for one in status(project.request()).next)
    assert project.rollback().result is Result.ROLLED_BACK


def test_a_conflict_that_only_a_person_settles_says_so(project: Project) -> None:
    project.write(CHANGE, 'DROP INDEX "User_email_key"')
    project.apply()
    project.run(
        "INSERT INTO User (id, email) VALUES (71, 'same'), (72, 'same')",
        "INSERT INTO Post (title, authorId) VALUES ('a', 71), ('b', 72)",
    )
    (conflict,) = project.rollback().conflicts
    assert len(conflict.choices) == 1
    assert conflict.choices[0].endswith("shows these rows; when you have changed them: safemigrate rollback")


def test_somebody_writes_while_consent_is_asked_for(project: Project) -> None:
    project.write(CHANGE, DROPS)

    def busy(database: str, losses: object) -> bool:
        project.run("INSERT INTO User (email, bio) VALUES ('meanwhile@x', 'late')")
        return bool(database and losses)

    outcome = apply(replace(project.request(), consent=busy), ApplyOptions())
    assert outcome.result is Result.APPLIED
    project.rollback()
    assert project.rows("SELECT email, bio FROM User WHERE id = 5") == [("meanwhile@x", "late")]


def test_what_is_written_meanwhile_and_would_be_lost_too_takes_consent_of_its_own(project: Project) -> None:
    project.write("20240102000000_notes", 'CREATE TABLE "Note" ("id" INTEGER PRIMARY KEY, "text" TEXT);')
    project.apply()
    project.write(CHANGE, f'DROP TABLE "Note";{DROPS}')

    def busy(database: str, losses: object) -> bool:
        project.run("INSERT INTO Note (text) VALUES ('written meanwhile')")
        return bool(database and losses)

    with pytest.raises(HistoryError, match="written to by something else"):
        apply(replace(project.request(), consent=busy), ApplyOptions())
    assert project.rows("SELECT text FROM Note") == [("written meanwhile",)]


def test_two_migrations_at_once_go_back_one_after_the_other(project: Project) -> None:
    before = project.keep("before.db")
    project.write(CHANGE, DROPS)
    project.write("20240303000000_more", 'ALTER TABLE "Post" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0;')
    assert len(project.apply().migrations) == 2
    project.run("UPDATE Post SET views = 5")
    project.rollback(RollbackOptions(to=INIT))
    assert project.unlike(before) == []


def test_what_is_pruned_cannot_come_back_and_the_rollback_says_so(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    outcome = prune(project.request(), PruneOptions(migration=CHANGE))
    assert outcome.result is Result.PRUNED
    assert any('cannot bring back "User"."bio"' in one for one in project.asked)
    told = status(project.request())
    assert "lossy" in " ".join(told.notes)
    project.rollback()
    assert project.rows("SELECT count(*), count(bio) FROM User") == [(3, 0)]


UNIQUE_GOES = """
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT, "bio" TEXT,
  "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO "new_User" ("id", "email", "bio", "createdAt") SELECT "id", "email", "bio", "createdAt" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
"""


def test_rows_written_since_that_the_old_schema_refuses_are_settled_as_the_user_says(project: Project) -> None:
    project.write(CHANGE, UNIQUE_GOES)
    project.apply()
    project.run("INSERT INTO User (email, bio) VALUES ('a@x', 'twin'), (NULL, 'nameless')")
    before = project.keep("twins.db")
    stopped = project.rollback()
    assert stopped.result is Result.CONFLICTS
    said = " ".join(one.message for one in stopped.conflicts)
    assert len(stopped.conflicts) == 2, said
    assert project.unlike(before) == []

    filled = RollbackOptions(fill={'"User"."email"': "nobody@x"}, on_conflict=OnConflict.KEEP_OLD)
    done = project.rollback(filled)
    assert done.result is Result.ROLLED_BACK
    assert project.rows("SELECT email, bio FROM User WHERE id IN (1, 5, 6) ORDER BY id") == [
        ("a@x", "hello"),
        ("nobody@x", "nameless"),
    ]
    assert [one.message for one in done.settled] == ['1 row leaves "User"']
    project.rollback(RollbackOptions(undo=True))
    assert project.unlike(before) == []


def test_a_row_that_comes_back_gives_way_to_one_with_its_key(project: Project) -> None:
    project.write(CHANGE, 'DELETE FROM "User" WHERE "email" = \'b@x\';')
    project.apply()
    project.run("INSERT INTO User (id, email) VALUES (2, 'new@x')")
    stopped = project.rollback()
    assert stopped.result is Result.CONFLICTS
    done = project.rollback(RollbackOptions(on_conflict=OnConflict.KEEP_NEW))
    assert done.result is Result.ROLLED_BACK
    assert project.rows("SELECT email FROM User WHERE id = 2") == [("new@x",)]


def test_a_compact_snapshot_restores_to_the_same_rows(project: Project) -> None:
    project.run("INSERT INTO Post (title, authorId) SELECT hex(randomblob(500)), 1 FROM User, User b, User c, User d")
    project.run("DELETE FROM Post WHERE id > 2")
    (whole,) = snapshots.create(project.request(), "full").snapshots
    (compact,) = snapshots.create(project.request(), "full", None, True).snapshots
    assert compact.bytes < whole.bytes / 2
    assert snapshots.verify(project.request(), compact.id, deep=True).result is Result.OK
    before = project.keep("before.db")
    project.run("DELETE FROM Post")
    outcome = snapshots.restore(project.request(), compact.id, str(project.file))
    assert any("dev.db" in asked for asked in project.asked)
    assert outcome.result is Result.OK
    assert project.unlike(before) == []


def test_a_release_that_fails_can_be_asked_for_again(project: Project) -> None:
    project.write(CHANGE, DROPS)
    project.apply()
    project.rollback(RollbackOptions(guard=True))
    impatient = replace(project.request(), url=f"file:{project.file}?socket_timeout=0")
    with connect(project.file) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM User").fetchall()  # in the way of a COMMIT
        with pytest.raises(ConnectionFailed, match="in use"):
            release(impatient, CHANGE)
    assert release(project.request(), CHANGE).notes == ("plain `prisma migrate deploy` no longer stops",)
