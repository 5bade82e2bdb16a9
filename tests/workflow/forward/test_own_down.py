"""A team's own down.sql: proven as ours is, used where it is no worse, never overwritten."""

from __future__ import annotations

import pytest

from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.errors import Restored
from safemigrate.model import Finding, Outcome, Result, Severity, Verdict
from safemigrate.rollback import down
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.status import status
from tests.workflow.cases import USERS
from tests.workflow.conftest import CHANGE, Project

CITY = 'ALTER TABLE "User" ADD COLUMN city text;'
DROP_CITY = '-- by hand\nALTER TABLE "User" DROP COLUMN city;\n'
ROLE = "CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE \"User\" ADD COLUMN m mood NOT NULL DEFAULT 'good';"


def prepare(project: Project, setup: str, migration: str, script: str) -> None:
    project.baseline(setup)
    project.write(CHANGE, migration)
    (project.folder / "prisma/migrations" / CHANGE / down.NAME).write_text(script)


def on_disk(project: Project) -> str:
    return (project.folder / "prisma/migrations" / CHANGE / down.NAME).read_text()


def said(outcome: Outcome) -> Finding:
    (found,) = (one for one in outcome.migrations[-1].findings if one.rule == "own-down")
    return found


def comes_back(project: Project, options: RollbackOptions | None = None) -> Outcome:
    """Apply, roll back, release, apply and roll back once more: each time all is as it was."""
    before, rows = project.state()
    for _ in range(2):
        applied = project.apply()
        assert applied.result is Result.APPLIED
        assert project.rollback(options).result is Result.ROLLED_BACK
        after, same = project.state()
        assert compare(before, after) == []
        assert differences(rows, same) == []
        project.release(CHANGE)
    return applied


def test_an_exact_one_is_used_and_left_as_it_is(project: Project) -> None:
    prepare(project, USERS, CITY, DROP_CITY)
    outcome = comes_back(project)
    assert on_disk(project) == DROP_CITY
    migration = outcome.migrations[-1]
    assert (migration.script, migration.proof and migration.proof.verdict) == (DROP_CITY, Verdict.EXACT)
    assert said(outcome).severity is Severity.NOTICE
    assert said(outcome).message == ("your own down.sql is proven exact, and rollback uses it (safemigrate's: exact)")
    assert any("is your own and was left as it is; rollback uses it" in note for note in outcome.notes)


def test_it_runs_from_the_journal(project: Project) -> None:
    """What the team's script does beside taking back shows that it was this one that ran."""
    prepare(project, USERS + "CREATE TABLE note (t text);", CITY, DROP_CITY)
    project.apply()
    path = project.folder / "prisma/migrations" / CHANGE / down.NAME
    path.write_text("DROP TABLE note;")
    assert any(
        "was changed since apply; a rollback runs the one that was proven" in n for n in status(project.request()).notes
    )
    path.unlink()
    assert any("is gone since apply" in note for note in status(project.request()).notes)
    before = project.rollback(RollbackOptions(dry_run=True))
    assert before.migrations[0].script == DROP_CITY
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.rows("SELECT * FROM note") == []


def test_what_it_drops_is_kept_all_the_same(project: Project) -> None:
    prepare(project, USERS, CITY, DROP_CITY)
    project.apply()
    project.run("UPDATE \"User\" SET city = 'Oslo' WHERE id < 3")
    back = project.rollback()
    (note,) = (one for one in back.notes if one.startswith('"public"."User"."city" goes'))
    place = note.rpartition(" kept in ")[2]
    assert project.rows(f"SELECT city FROM {place}") == [("Oslo",), ("Oslo",)]


def test_one_that_loses_rows_is_not_used(project: Project) -> None:
    prepare(project, USERS, 'ALTER TABLE "User" DROP COLUMN nick;', 'ALTER TABLE "User" ADD COLUMN nick text;')
    outcome = comes_back(project)
    found = said(outcome)
    assert found.severity is Severity.WARNING
    assert found.message.startswith("your own down.sql is not used: ")
    assert '"User"' in found.message
    assert found.help == "rollback uses safemigrate's way back instead; it is exact"
    assert on_disk(project) == 'ALTER TABLE "User" ADD COLUMN nick text;'
    assert any("rollback uses safemigrate's, which is in the journal" in note for note in outcome.notes)


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ('ALTER TABLE "User" DROP COLUMN town;', 'column "town" of relation "User" does not exist'),
        ('ALTER TABLE "User" RENAME COLUMN city TO town;', "town"),
        ('ALTER TABLE "User" DROP COLUMN city; CREATE INDEX extra ON "User" (nick);', "extra"),
        ('BEGIN;\nALTER TABLE "User" DROP COLUMN city;\nCOMMIT;', "begins or ends a transaction"),
        ("\\echo going back\nSELECT 1;", "is a command of psql"),
        ("SELECT 'x", "never closed"),
    ],
)
def test_one_that_does_not_lead_back_is_named(project: Project, script: str, names: str) -> None:
    prepare(project, USERS, CITY, script)
    outcome = comes_back(project)
    assert said(outcome).message.startswith("your own down.sql is not used: ")
    assert names in said(outcome).message
    assert on_disk(project) == script


def test_one_for_an_enum_whose_old_type_ours_would_move_back(project: Project) -> None:
    prepare(
        project,
        USERS + ROLE,
        'ALTER TABLE "User" ALTER m DROP DEFAULT, ALTER m TYPE text; DROP TYPE mood;',
        "CREATE TYPE mood AS ENUM ('good', 'bad');\n"
        "ALTER TABLE \"User\" ALTER m TYPE mood USING m::mood, ALTER m SET DEFAULT 'good';",
    )
    outcome = comes_back(project)
    assert said(outcome).message.startswith("your own down.sql is proven exact, and rollback uses it")


def test_one_that_fails_on_what_was_written_since_changes_nothing(project: Project) -> None:
    prepare(
        project,
        USERS,
        'ALTER TABLE "User" DROP CONSTRAINT "User_email_key";',
        'ALTER TABLE "User" ADD CONSTRAINT "User_email_key" UNIQUE (email);',
    )
    project.apply()
    project.run("UPDATE \"User\" SET email = 'same'")
    before, rows = project.state()
    with pytest.raises(Restored):
        project.rollback()
    after, same = project.state()
    assert (compare(before, after), differences(rows, same)) == ([], [])
    assert project.rollback(RollbackOptions(generated=True)).result is Result.CONFLICTS


def test_ours_is_there_when_it_is_asked_for(project: Project) -> None:
    prepare(project, USERS, CITY, DROP_CITY)
    comes_back(project, RollbackOptions(generated=True))


def test_a_rollback_by_it_can_be_undone(project: Project) -> None:
    prepare(project, USERS, CITY, DROP_CITY)
    project.apply()
    project.run("UPDATE \"User\" SET city = 'Oslo' WHERE id < 3")
    before, rows = project.state()
    project.rollback()
    project.rollback(RollbackOptions(undo=True))
    after, same = project.state()
    assert compare(before, after) == []
    assert differences(rows, same) == []
