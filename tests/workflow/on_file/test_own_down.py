"""A team's own down.sql beside a migration of a file: proven as ours is, and used where it is no worse."""

from __future__ import annotations

import pytest

from safemigrate.errors import Restored
from safemigrate.model import Finding, Outcome, Result, Severity, Verdict
from safemigrate.rollback import down
from safemigrate.workflow.options import RollbackOptions

from .conftest import CHANGE, Project

CITY = "ALTER TABLE User ADD COLUMN city TEXT;"
DROP_CITY = "-- by hand\nPRAGMA foreign_keys = OFF;\nALTER TABLE User DROP COLUMN city;\nPRAGMA foreign_keys = ON;\n"
GENERATED = RollbackOptions(generated=True)


def applied(project: Project, migration: str, script: str) -> Outcome:
    project.write(CHANGE, migration)
    on_disk = project.folder / "prisma" / "migrations" / CHANGE / down.NAME
    on_disk.write_text(script)
    outcome = project.apply()
    assert outcome.result is Result.APPLIED
    assert on_disk.read_text() == script
    return outcome


def said(outcome: Outcome) -> Finding:
    (found,) = (one for one in outcome.migrations[-1].findings if one.rule == "own-down")
    return found


def test_an_exact_one_is_used_and_undone(project: Project) -> None:
    before = project.keep("before.db")
    outcome = applied(project, CITY, DROP_CITY)
    migration = outcome.migrations[-1]
    assert (migration.script, migration.proof and migration.proof.verdict) == (DROP_CITY, Verdict.EXACT)
    assert said(outcome).message == "your own down.sql is proven exact, and rollback uses it (safemigrate's: exact)"
    project.run("UPDATE User SET city = 'Oslo' WHERE id < 3")
    written = project.keep("written.db")
    back = project.rollback()
    assert any('"User"."city" goes with its 2 values of today' in note for note in back.notes)
    assert project.unlike(before) == []
    undone = project.rollback(RollbackOptions(undo=True))
    assert project.unlike(written) == []
    assert said(undone).message.startswith("your own down.sql is proven exact")
    project.rollback(GENERATED)
    assert project.unlike(before) == []


def test_it_is_what_runs(project: Project) -> None:
    """What the script does beside taking back, to a table that is empty yet, shows that it was this one that ran."""
    project.run("CREATE TABLE note (t TEXT)")
    applied(project, CITY, f"{DROP_CITY} DELETE FROM note;")
    project.run("INSERT INTO note VALUES ('since')")
    back = project.rollback()
    assert any('other rows than safemigrate\'s way back: table "note": 1 row is missing' in one for one in back.notes)
    assert project.rows("SELECT * FROM note") == []
    project.rollback(RollbackOptions(undo=True))
    assert project.rows("SELECT * FROM note") == [("since",)]


def test_one_that_loses_rows_is_not_used(project: Project) -> None:
    before = project.keep("before.db")
    outcome = applied(project, "ALTER TABLE User DROP COLUMN bio;", "ALTER TABLE User ADD COLUMN bio TEXT;")
    found = said(outcome)
    assert found.severity is Severity.WARNING
    assert found.message.startswith("your own down.sql is not used: ")
    assert 'table "User"' in found.message
    assert found.help == "rollback uses safemigrate's way back instead; it is exact"
    project.rollback()
    assert project.unlike(before) == []


@pytest.mark.parametrize(
    ("script", "names"),
    [
        (
            "\nALTER TABLE User DROP COLUMN town;",
            'line 2 failed: ALTER TABLE User DROP COLUMN town: no such column: "to',
        ),
        ("ALTER TABLE User RENAME COLUMN city TO town;", "town"),
        (f"{DROP_CITY} CREATE INDEX extra ON User (bio);", "extra"),
        (".bail on\nSELECT 1;", "line 1: .bail on is a command of sqlite3, not SQL"),
        (f"{DROP_CITY} DROP TABLE IF EXISTS setting;", "not authorized"),
        (f"{DROP_CITY} SELECT * FROM setting;", "prohibited"),
        (f"{DROP_CITY} DELETE FROM _prisma_migrations;", "not authorized"),
        (f"{DROP_CITY} DROP TABLE _prisma_migrations;", "not authorized"),
        (f"{DROP_CITY} PRAGMA user_version = 9;", "PRAGMA user_version is 9, not 0"),
        (f"{DROP_CITY} PRAGMA query_only = ON;", "line 5: PRAGMA query_only = ON would hold"),
    ],
)
def test_one_that_does_not_lead_back_is_named(project: Project, script: str, names: str) -> None:
    before = project.keep("before.db")
    outcome = applied(project, CITY, script)
    assert said(outcome).message.startswith("your own down.sql is not used: ")
    assert names in said(outcome).message
    project.rollback()
    assert project.unlike(before) == []


def test_one_that_fails_on_what_was_written_since_changes_nothing(project: Project) -> None:
    applied(project, "DROP INDEX User_email_key;", "CREATE UNIQUE INDEX User_email_key ON User (email);")
    project.run("UPDATE User SET email = 'same'")
    written = project.keep("written.db")
    with pytest.raises(Restored):
        project.rollback()
    assert project.unlike(written) == []
    assert project.rollback(GENERATED).result is Result.CONFLICTS


def test_what_it_makes_for_itself_ends_with_it(project: Project) -> None:
    before = project.keep("before.db")
    outcome = applied(
        project,
        CITY,
        "CREATE TEMP TABLE aside AS SELECT id, email FROM User; ALTER TABLE User DROP COLUMN city;"
        "CREATE TEMP VIEW Post AS SELECT * FROM aside;",
    )
    assert said(outcome).message.startswith("your own down.sql is proven exact")
    project.rollback()
    assert project.unlike(before) == []
