"""Taking a rollback back: what was written before it returns, what was written since stays."""

from __future__ import annotations

import os
import shutil

import pytest

from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.errors import RollbackError
from safemigrate.model import Outcome, Result
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.status import status
from tests.workflow.cases import ALL, USERS, Case
from tests.workflow.conftest import CHANGE, Project

# Rows written since hold what the migration is about to write under a unique column: nothing is done, and it is said.
IN_THE_WAY = ("update the key", "audit by triggers")
# The nightly run has every case.
SOME = ALL if os.environ.get("SAFEMIGRATE_TEST_EXAMPLES") else ALL[2::8]
ORGS = """
CREATE TABLE "Org" (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
ALTER TABLE "User" ADD COLUMN "orgId" int, ADD COLUMN full_name text;
UPDATE "User" SET full_name = coalesce(nick, email);
INSERT INTO "Org" (name) VALUES ('seed'), ('other');
ALTER TABLE "User" ALTER full_name SET NOT NULL, ADD CONSTRAINT fk FOREIGN KEY ("orgId") REFERENCES "Org" (id);
ALTER TABLE "User" DROP COLUMN nick;
UPDATE "User" SET age = age + 100;
"""
WRITTEN = """
DELETE FROM "Org" WHERE name = 'other'; INSERT INTO "Org" (name) VALUES ('new'); UPDATE "Org" SET name = 'Seed' WHERE id = 1;
UPDATE "User" SET full_name = 'since' WHERE id = 1; UPDATE "User" SET "orgId" = 3, age = 7 WHERE id = 2;
INSERT INTO "User" (email, full_name, "orgId", age) VALUES ('n@x', 'N', 1, 30); DELETE FROM "User" WHERE id = 4;
"""


def undone(project: Project, *, dry_run: bool = False) -> Outcome:
    try:
        return project.rollback(RollbackOptions(undo=True, dry_run=dry_run))
    except RollbackError:
        raise
    except Exception as error:
        raise AssertionError(f"{error}: {getattr(error, 'why', '')}") from None


@pytest.fixture
def back(project: Project) -> Project:
    """A project whose migration was applied, written to and rolled back."""
    project.baseline(USERS)
    project.write(CHANGE, ORGS)
    project.apply()
    project.run(WRITTEN)
    project.rollback()
    return project


def test_the_state_before_the_rollback_returns_and_can_be_taken_back_again(project: Project) -> None:
    project.baseline(USERS)
    project.write(CHANGE, ORGS)
    project.apply()
    project.run(WRITTEN)
    before = project.state()
    project.rollback()
    between = project.state()
    outcome = undone(project)
    assert (outcome.command, outcome.result) == ("rollback", Result.APPLIED)
    for _ in range(2):
        after = project.state()
        assert compare(before[0], after[0]) == []
        assert differences(before[1], after[1]) == []
        assert status(project.request()).migrations[-1].state == "applied"
        assert project.rollback().result is Result.ROLLED_BACK
        now = project.state()
        assert compare(between[0], now[0]) == []
        assert differences(between[1], now[1]) == []
        undone(project)


def test_what_was_written_since_the_rollback_stays(back: Project) -> None:
    back.run(
        "INSERT INTO \"User\" (email, nick, age) VALUES ('late@x', 'L', 1); UPDATE \"User\" SET age = 8 WHERE id = 2;"
        'DELETE FROM "User" WHERE id = 3; UPDATE "User" SET nick = \'later\' WHERE id = 1'
    )
    undone(back)
    assert back.rows('SELECT id, email, full_name, age, "orgId" FROM "User" ORDER BY id') == [
        (1, "a@x", "since", 101, None),
        (2, "b@x", "b@x", 108, 3),
        (5, "n@x", "N", 30, 1),
        (6, "late@x", "L", 101, None),
    ]
    assert back.rows('SELECT name FROM "Org" ORDER BY id') == [("Seed",), ("new",)]
    assert back.rows("SELECT nextval('\"Org_id_seq\"') > 3") == [(True,)]
    back.rollback()
    assert back.rows('SELECT id, nick, age FROM "User" ORDER BY id') == [
        (1, "later", 1),
        (2, None, 8),
        (5, None, 30),
        (6, "L", 1),
    ]


def test_a_dry_run_changes_nothing(back: Project) -> None:
    before = back.state()
    outcome = undone(back, dry_run=True)
    assert (outcome.result, outcome.next) == (Result.REHEARSED, ("safemigrate rollback --undo",))
    assert differences(before[1], back.state()[1]) == []
    assert status(back.request()).migrations[-1].state == "held"


def test_several_at_once(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_one", 'ALTER TABLE "User" ADD COLUMN bio text; DELETE FROM "User" WHERE age > 3;')
    project.write("20240602000000_two", 'ALTER TABLE "User" RENAME bio TO about; ALTER TABLE "User" DROP COLUMN nick;')
    project.apply()
    project.run("UPDATE \"User\" SET about = 'x'; INSERT INTO \"User\" (email, age) VALUES ('n', 90)")
    before = project.state()
    project.rollback(RollbackOptions(last=2))
    outcome = undone(project)
    assert [one.name for one in outcome.migrations] == ["20240601000000_one", "20240602000000_two"]
    after = project.state()
    assert compare(before[0], after[0]) == []
    assert differences(before[1], after[1]) == []


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ("CREATE TABLE x ()", "is not the one that the rollback of"),
        ("DROP TABLE safemigrate.left_PLACE", "is gone"),
    ],
)
def test_what_stands_in_the_way_is_named(back: Project, meanwhile: str, said: str) -> None:
    for (place,) in back.rows("SELECT place FROM safemigrate.kept WHERE kind = 'left'"):
        back.run(meanwhile.replace("safemigrate.left_PLACE", str(place)))
        break
    if "PLACE" in meanwhile:
        back.run(
            "; ".join(
                f"DROP TABLE IF EXISTS {place}"
                for (place,) in back.rows("SELECT place FROM safemigrate.kept WHERE kind = 'left'")
            )
        )
    with pytest.raises(RollbackError, match=said):
        undone(back)


def test_the_file_must_be_the_one_that_was_rolled_back(back: Project) -> None:
    folder = back.folder / "prisma" / "migrations" / CHANGE
    (folder / "migration.sql").write_text("SELECT 1;")
    with pytest.raises(RollbackError, match="is not the file that was rolled back"):
        undone(back)
    shutil.rmtree(folder)
    with pytest.raises(RollbackError, match="is not pending"):
        undone(back)


def test_nothing_to_take_back(project: Project) -> None:
    project.baseline(USERS)
    with pytest.raises(RollbackError, match="there is no rollback to take back"):
        undone(project)


def test_a_table_without_a_key_is_named(project: Project) -> None:
    project.baseline("CREATE TABLE \"Log\" (line text); INSERT INTO \"Log\" VALUES ('a'), ('b');")
    project.write(CHANGE, 'UPDATE "Log" SET line = upper(line);')
    assert project.apply().result is Result.APPLIED
    assert project.rollback().result is Result.ROLLED_BACK
    project.run("INSERT INTO \"Log\" VALUES ('since')")
    undo = RollbackOptions(undo=True, shadow=project.shadow)
    assert any('"public"."Log" has no key' in note for note in project.rollback(undo).notes)
    assert project.rows('SELECT line FROM "Log" ORDER BY 1') == [("A",), ("B",), ("SINCE",)]
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.rows('SELECT line FROM "Log" ORDER BY 1') == [("a",), ("b",), ("since",)]


def test_rollbacks_are_undone_one_after_the_other(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_one", ORGS)
    project.write("20240602000000_two", 'ALTER TABLE "Org" ADD COLUMN note text; ALTER TABLE "Org" DROP COLUMN name;')
    project.apply()
    project.run("UPDATE \"Org\" SET note = 'n'; UPDATE \"User\" SET full_name = 'since' WHERE id = 1")
    before = project.state()
    for name in ("20240602000000_two", "20240601000000_one"):
        assert [one.name for one in project.rollback().migrations] == [name]
    for name in ("20240601000000_one", "20240602000000_two"):
        assert [one.name for one in undone(project).migrations] == [name]
    after = project.state()
    assert compare(before[0], after[0]) == []
    assert differences(before[1], after[1]) == []
    with pytest.raises(RollbackError, match="there is no rollback to take back"):
        undone(project)


def test_rows_that_a_later_rollback_wrote_are_not_taken_for_users(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_one", 'ALTER TABLE "User" DROP COLUMN nick;')
    project.write("20240602000000_two", 'UPDATE "User" SET age = age + 100;')
    project.apply()
    project.rollback()
    project.rollback()
    undone(project)
    with pytest.raises(RollbackError, match=r'rows of "public"\."User" were written when') as caught:
        undone(project)
    assert caught.value.fix == ("safemigrate release 20240602000000_two   # lets apply run it anew",)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_what_a_migration_made_is_there_again(project: Project, case: Case) -> None:
    """For the cases of the other tests: as if the rollback had not been."""
    project.baseline(case.setup)
    project.write(CHANGE, case.migration)
    assert project.apply().result is Result.APPLIED
    if case.since:
        project.run(case.since)
    schema, rows = project.state()
    assert project.rollback().result is Result.ROLLED_BACK
    back = project.state()
    if case.name in IN_THE_WAY:
        with pytest.raises(AssertionError, match="is as it was before it"):
            undone(project)
        assert [*compare(back[0], project.state()[0]), *differences(back[1], project.state()[1])] == []
        return
    outcome = undone(project)
    again, rows_again = project.state()
    assert compare(schema, again) == []
    keyless = any("has no key" in note for note in outcome.notes)
    assert keyless or differences(rows, rows_again) == []
