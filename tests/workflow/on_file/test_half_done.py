"""A rebuild that plain Prisma left half done: it sends a file statement by statement, each commits by itself."""

from __future__ import annotations

import pytest

from safemigrate.model import Result, Verdict
from safemigrate.sql import split
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.status import status

from .conftest import CHANGE, Project
from .test_story import DROPS


def break_off(project: Project, sql: str, done: int) -> None:
    """Leave a file as Prisma does when a statement fails."""
    project.run(*(one.sql for one in split(sql, dialect="sqlite")[:done]))
    project.run(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, logs) "
        f"VALUES ('failed', 'x', '{CHANGE}', 1, 'database is locked')"
    )


# What leaves no mark in the schema, a PRAGMA or an INSERT, counts as done where it may be.
@pytest.mark.parametrize(("done", "told_done"), [(2, 2), (3, 4), (4, 4), (5, 5), (6, 6), (7, 9)])
def test_it_is_told_how_far_it_got_and_taken_back(done: int, told_done: int, project: Project) -> None:
    before = project.keep("before.db")
    project.write(CHANGE, DROPS)
    break_off(project, DROPS, done)
    told = {one.name: one for one in status(project.request()).migrations}[CHANGE]
    assert told.state == "failed"
    assert f"{told_done} of its 9 statements are in the database" in told.detail

    outcome = project.rollback(RollbackOptions(failed=True))
    assert outcome.result is Result.ROLLED_BACK
    dropped = done >= 5  # with the old table
    assert outcome.migrations[0].proof
    assert outcome.migrations[0].proof.verdict is (Verdict.LOSSY if dropped else Verdict.EXACT)
    assert [note for note in outcome.notes if "comes back empty" in note] == (
        ['column "User"."bio" was dropped by Prisma and comes back empty: nothing was kept'] if dropped else []
    )
    if dropped:
        assert project.rows("SELECT id, email, bio FROM User ORDER BY id") == [
            (1, "a@x", None),
            (2, "b@x", None),
            (3, "c@x", None),
        ]
    else:
        assert project.unlike(before) == []
    assert status(project.request()).result is Result.OK
    assert project.apply().result is Result.APPLIED


ROLES = [(1, "admin", "x"), (2, "user", "y")]


@pytest.mark.parametrize(
    ("first", "left", "said"),
    [
        ('DELETE FROM "Role" WHERE id = 2', ROLES[:1], 'what its statements did to the rows of "Role" stays'),
        ("INSERT INTO Role VALUES (3, 'guest', 'z')", [*ROLES, (3, "guest", "z")], None),
        ('ALTER TABLE "Role" DROP COLUMN "old"', [(1, "admin", None), (2, "user", None)], None),
        ('DROP TABLE "Role"', [], 'table "Role" comes back empty'),
    ],
)
def test_the_rows_that_a_history_brings_are_not_asked_for_where_nobody_kept_any(
    first: str, left: list[object], said: str | None, project: Project
) -> None:
    seeds = """CREATE TABLE "Role" (id INTEGER PRIMARY KEY, name TEXT, old TEXT);
      INSERT INTO "Role" VALUES (1, 'admin', 'x'), (2, 'user', 'y');"""
    project.write("20240115000000_roles", seeds)
    project.apply()
    project.write(CHANGE, change := f"{first}; CREATE TABLE A (x); CREATE TABLE B (x)")
    break_off(project, change, 2)
    outcome = project.rollback(RollbackOptions(failed=True))
    assert project.rows('SELECT * FROM "Role"') == left
    assert outcome.migrations[0].proof
    assert outcome.migrations[0].proof.verdict is Verdict.LOSSY
    assert said is None or outcome.migrations[0].proof.reasons == (said,)


def test_a_required_column_comes_back_with_the_value_that_is_given(project: Project) -> None:
    project.write("20240115000000_roles", 'CREATE TABLE "Role" (id INTEGER PRIMARY KEY, name TEXT NOT NULL);')
    project.apply()
    project.run("INSERT INTO \"Role\" VALUES (1, 'admin')")
    project.write(CHANGE, change := 'ALTER TABLE "Role" DROP COLUMN "name"; CREATE TABLE A (x)')
    break_off(project, change, 1)
    stuck = project.rollback(RollbackOptions(failed=True))
    assert stuck.result is Result.CONFLICTS
    assert stuck.conflicts[0].choices[0] == 'safemigrate rollback --failed --fill \'"Role"."name"=…\''
    assert project.rows('SELECT * FROM "Role"') == [(1,)]
    outcome = project.rollback(RollbackOptions(failed=True, fill={'"Role"."name"': "boss"}))
    assert outcome.result is Result.ROLLED_BACK
    assert project.rows('SELECT * FROM "Role"') == [(1, "boss")]
