"""A rollback in stages ends as one in a single transaction does, whatever the migration and whoever writes meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from safemigrate.db import session
from safemigrate.db.catalog import Catalog
from safemigrate.db.digest import Digest, differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError, Interrupted, Restored
from safemigrate.model import Outcome, Progress, Result
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.options import PruneOptions, RollbackOptions
from safemigrate.workflow.prune import prune
from safemigrate.workflow.rollback import rollback
from safemigrate.workflow.status import status
from tests.workflow.cases import ALL, Case
from tests.workflow.conftest import CHANGE, Project

SMALL = RollbackOptions(batch_rows=2)
# Every case takes minutes: the nightly run has them all.
SOME = ALL if os.environ.get("SAFEMIGRATE_TEST_EXAMPLES") else ALL[::4]


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_ends_as_it_does_at_once(project: Project, server: LocalServer, case: Case) -> None:
    """Two rows at a time, for the cases of the other tests."""
    before = project.changed(case.setup, case.migration, case.since)
    twin = f"{project.url.database}_twin"
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{twin}"')
    with connect(server.url.with_database(twin)) as connection:
        session.run(connection, case.setup)
        without = case.since if case.without is None else case.without
        if without:
            session.run(connection, without)
        expected = digest(connection)
    outcome = project.rollback(SMALL)
    assert outcome.result is Result.ROLLED_BACK, outcome.conflicts
    after, rows = project.state()
    assert compare(before, after) == []
    assert differences(expected, rows) == []
    assert project.rows("SELECT * FROM safemigrate.way_back") == []


USERS = """
CREATE TABLE "Team" (id int PRIMARY KEY);
CREATE TABLE "User" (id serial PRIMARY KEY, email text, nick text NOT NULL, team int REFERENCES "Team", age int,
  CONSTRAINT adult CHECK (age > 17), CONSTRAINT one_email UNIQUE (email));
CREATE INDEX "User_nick_idx" ON "User" (nick);
INSERT INTO "Team" SELECT generate_series(1, 3);
INSERT INTO "User" (email, nick, team, age) SELECT n || '@x', 'n' || n, 1 + n % 3, 17 + n FROM generate_series(1, 9) n;
"""
DROP = """ALTER TABLE "User" DROP COLUMN nick, DROP COLUMN email, DROP COLUMN team, DROP COLUMN age;"""


def dropped(project: Project) -> tuple[Catalog, dict[str, Digest]]:
    """Apply a migration that drops every column but the key; return the state before."""
    project.baseline(USERS)
    before = project.state()
    project.write(CHANGE, DROP)
    assert project.apply().result is Result.APPLIED
    return before


def back(project: Project, options: RollbackOptions = SMALL, *, meanwhile: Callable[[], None]) -> Outcome:
    """Roll back, and do something once the first rows are back."""
    at_once = [meanwhile]

    def seen(progress: Progress) -> None:
        if " rows of " in progress.detail and progress.done and at_once:
            at_once.pop()()

    outcome = rollback(replace(project.request(), on_progress=seen), options)
    assert not at_once, "no rows went back in a batch"
    return outcome


def test_what_is_written_meanwhile_stays(project: Project) -> None:
    before, _ = dropped(project)
    outcome = back(
        project,
        meanwhile=lambda: project.run(
            "UPDATE \"User\" SET nick = 'mine' WHERE id = 8; UPDATE \"User\" SET nick = 'first', age = 99 WHERE id = 1;"
            "DELETE FROM \"User\" WHERE id = 9; INSERT INTO \"User\" (email, nick) VALUES ('new@x', 'new');"
        ),
    )
    assert outcome.result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []
    assert project.rows('SELECT id, nick, age FROM "User" WHERE id IN (1, 7, 8, 9, 10) ORDER BY id') == [
        (1, "first", 99),
        (7, "n7", 24),
        (8, "mine", 25),
        (10, "new", None),
    ]


@pytest.mark.parametrize(
    ("written", "subject", "mended"),
    [
        (
            'INSERT INTO "User" (id) VALUES (50)',
            '"public"."User"."nick"',
            "UPDATE \"User\" SET nick = 'x' WHERE id = 50",
        ),
        (
            "INSERT INTO \"User\" (id, nick, age) VALUES (50, 'x', 3)",
            "adult",
            'UPDATE "User" SET age = 30 WHERE id = 50',
        ),
        (
            "INSERT INTO \"User\" (id, nick, team) VALUES (50, 'x', 4)",
            "User_team_fkey",
            'UPDATE "User" SET team = 1 WHERE id = 50',
        ),
        (
            "INSERT INTO \"User\" (id, nick, email) VALUES (50, 'x', '1@x')",
            "(1@x) is duplicated",
            "UPDATE \"User\" SET email = 'new' WHERE id = 50",
        ),
    ],
)
def test_rows_written_meanwhile_in_the_way_of_a_constraint_are_a_conflict(
    project: Project, written: str, subject: str, mended: str
) -> None:
    before, _ = dropped(project)
    outcome = back(project, meanwhile=lambda: project.run(written))
    assert outcome.result is Result.CONFLICTS
    (conflict,) = outcome.conflicts
    assert subject in f"{conflict.subject} {conflict.message}"
    assert conflict.count == 1
    assert conflict.choices
    assert outcome.migrations[-1].state == "rolling back"
    assert outcome.next == ("safemigrate rollback   # goes on",)
    again = project.rollback()
    assert again.result is Result.CONFLICTS  # nothing has changed about it
    project.run(mended)
    assert project.rollback().result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []
    assert project.rows('SELECT count(*) FROM "User" WHERE nick IS NOT NULL') == [(10,)]


def test_a_value_may_be_given_when_it_goes_on(project: Project) -> None:
    before, _ = dropped(project)
    subject = '"public"."User"."nick"'
    outcome = back(project, meanwhile=lambda: project.run('INSERT INTO "User" (id) VALUES (50)'))
    assert any(subject in choice for choice in outcome.conflicts[0].choices)
    assert project.rollback(RollbackOptions(fill={subject: "filled"})).result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []
    assert project.rows('SELECT nick FROM "User" WHERE id = 50') == [("filled",)]


def test_until_it_is_over_status_names_it_and_nothing_else_goes_on(project: Project) -> None:
    dropped(project)
    back(project, meanwhile=lambda: project.run('INSERT INTO "User" (id) VALUES (50)'))
    said = status(project.request())
    assert said.result is Result.NOT_OK
    (standing,) = [one for one in said.migrations if one.state == "rolling back"]
    assert (standing.name, said.next) == (CHANGE, ("safemigrate rollback   # goes on",))
    assert "stage" in standing.detail
    commands: list[Callable[[], Outcome]] = [
        project.apply,
        lambda: prune(project.request(), PruneOptions(migration=CHANGE)),
        lambda: project.rollback(RollbackOptions(undo=True)),
        lambda: project.rollback(RollbackOptions(as_migration=True)),
    ]
    for command in commands:
        with pytest.raises(HistoryError) as refused:
            command()
        assert "is being rolled back" in refused.value.summary
        assert refused.value.fix[0] == "safemigrate rollback   # goes on"
    look = project.rollback(RollbackOptions(dry_run=True))
    assert look.result is Result.REHEARSED
    assert "stage" in look.notes[0]


def test_stopped_it_goes_on_where_it_was(project: Project) -> None:
    before, rows = dropped(project)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        back(project, replace(SMALL, guard=True), meanwhile=stop)
    assert "2 of 9 rows" in stopped.value.why
    outcome = project.rollback()  # on the terms it was begun with
    assert outcome.result is Result.ROLLED_BACK
    assert any("`prisma migrate deploy` stops too" in note for note in outcome.notes)
    after, same = project.state()
    assert compare(before, after) == []
    assert differences(rows, same) == []


def test_that_cannot_begin_changes_nothing(project: Project) -> None:
    dropped(project)
    before = project.state()
    with connect(project.url) as blocker:
        session.run(blocker, 'BEGIN; LOCK TABLE "User" IN ROW EXCLUSIVE MODE')
        with pytest.raises(Restored):
            project.rollback(RollbackOptions(batch_rows=2, lock_timeout=0.1, retries=0))
    after, rows = project.state()
    assert compare(before[0], after) == []
    assert differences(before[1], rows) == []
    assert project.rows("SELECT state FROM safemigrate.run") == [("applied",)]
    assert project.rollback(SMALL).result is Result.ROLLED_BACK


def test_a_change_of_the_schema_meanwhile_is_said_and_stays(project: Project) -> None:
    dropped(project)
    outcome = back(project, meanwhile=lambda: project.run('CREATE INDEX other ON "User" (id)'))
    assert outcome.result is Result.ROLLED_BACK
    assert any("changed by something else" in note for note in outcome.notes)


def test_of_several_the_newer_stay_back_where_an_older_has_conflicts(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_one", 'ALTER TABLE "User" DROP COLUMN nick;')
    project.write("20240602000000_two", 'ALTER TABLE "User" DROP COLUMN email;')
    assert project.apply().result is Result.APPLIED
    project.run('INSERT INTO "User" (id) VALUES (50)')
    outcome = project.rollback(RollbackOptions(last=2, batch_rows=2))
    assert outcome.result is Result.CONFLICTS
    assert [one.state for one in outcome.migrations] == ["rolled back", "applied"]
    assert any("20240601000000_one is as it was" in note for note in outcome.notes)


def test_the_dry_run_says_what_comes_in_batches_and_what_cannot(project: Project) -> None:
    project.baseline(
        USERS + "CREATE TABLE log (line text); INSERT INTO log SELECT 'l' || n FROM generate_series(1, 9) n;"
    )
    project.write(CHANGE, f"{DROP} UPDATE log SET line = 'x';")
    assert project.apply().result is Result.APPLIED
    notes = project.rollback(RollbackOptions(dry_run=True, batch_rows=2)).notes
    assert any(note.startswith('9 rows of "public"."User" go back 2 at a time') for note in notes)
    assert any('rows of "public"."log" go back in one transaction' in note and "no key" in note for note in notes)


def test_it_can_be_taken_back_itself(project: Project) -> None:
    dropped(project)
    applied, rows = project.state()
    assert project.rollback(SMALL).result is Result.ROLLED_BACK
    assert project.rollback(RollbackOptions(undo=True, shadow=project.shadow)).result is Result.APPLIED
    after, same = project.state()
    assert compare(applied, after) == []
    assert differences(rows, same) == []
