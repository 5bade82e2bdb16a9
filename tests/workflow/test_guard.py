"""A guard makes plain `prisma migrate deploy` stop; to safemigrate it is no migration, failed or other."""

from __future__ import annotations

import shutil

import pytest

from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError
from safemigrate.model import Result
from safemigrate.prisma import history
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.release import release
from safemigrate.workflow.status import status
from tests.workflow.conftest import Project

FIRST, SECOND, THIRD = "20240101000000_init", "20240201000000_age", "20240301000000_nick"


@pytest.fixture
def guarded(project: Project) -> Project:
    """A project whose two newest migrations were applied and taken back with a guard."""
    project.baseline('CREATE TABLE "User" (id serial PRIMARY KEY);')
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.write(THIRD, 'ALTER TABLE "User" ADD COLUMN nick text;')
    project.apply()
    back = project.rollback(RollbackOptions(last=2, guard=True))
    assert back.notes == (f"plain `prisma migrate deploy` stops too, until {THIRD}, {SECOND} is released",)
    return project


def guards(project: Project) -> list[tuple[object, ...]]:
    return project.rows(
        "SELECT finished_at, rolled_back_at FROM _prisma_migrations WHERE migration_name = "
        "'HELD_by_safemigrate__run_safemigrate_status'"
    )


def test_without_a_guard_it_is_said_that_deploy_applies_again(project: Project) -> None:
    project.baseline('CREATE TABLE "User" (id serial PRIMARY KEY);')
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.apply()
    back = project.rollback()
    assert back.notes == (f"plain `prisma migrate deploy` knows of no hold: it would apply {SECOND} again",)
    assert guards(project) == []


def test_it_stands_until_the_last_hold_is_released(guarded: Project) -> None:
    assert guards(guarded) == [(None, None)]
    outcome = status(guarded.request())
    assert outcome.result is Result.OK
    assert {one.name: one.state for one in outcome.migrations} == {FIRST: "applied", SECOND: "held", THIRD: "held"}
    assert f"plain `prisma migrate deploy` stops here (P3009) until {THIRD}, {SECOND} is released" in outcome.notes
    with pytest.raises(HistoryError, match="on hold"):
        guarded.apply()
    released = release(guarded.request(), SECOND)
    assert released.notes == (f"plain `prisma migrate deploy` still stops, for {THIRD} is on hold",)
    assert guards(guarded) == [(None, None)]
    assert release(guarded.request(), THIRD).notes == ("plain `prisma migrate deploy` no longer stops",)
    assert guards(guarded) == []
    assert guarded.apply().result is Result.APPLIED
    assert guarded.rollback(RollbackOptions(last=2)).result is Result.ROLLED_BACK


def test_an_older_migration_goes_back_under_the_guard(project: Project) -> None:
    project.baseline('CREATE TABLE "User" (id serial PRIMARY KEY);')
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.write(THIRD, 'ALTER TABLE "User" ADD COLUMN nick text;')
    project.apply()
    project.rollback(RollbackOptions(guard=True))
    assert project.rollback().notes == (f"plain `prisma migrate deploy` stops too, until {SECOND} is released",)
    assert guards(project) == [(None, None)]


def test_released_by_the_name_that_prisma_prints(guarded: Project) -> None:
    outcome = release(guarded.request(), history.GUARD)
    assert outcome.result is Result.OK
    assert outcome.notes[0] == "plain `prisma migrate deploy` no longer stops"
    assert all("stays on hold" in note for note in outcome.notes[1:])
    assert guards(guarded) == []
    with pytest.raises(HistoryError, match="is not on hold"):
        release(guarded.request(), history.GUARD)
    with pytest.raises(HistoryError, match="on hold"):
        guarded.apply()


def test_resolved_by_hand(guarded: Project) -> None:
    guarded.run(f"UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '{history.GUARD}'")
    outcome = status(guarded.request())
    assert outcome.result is Result.OK
    assert not any("P3009" in note for note in outcome.notes)
    assert {one.name: one.state for one in outcome.migrations} == {FIRST: "applied", SECOND: "held", THIRD: "held"}
    release(guarded.request(), SECOND)
    release(guarded.request(), THIRD)
    assert guarded.apply().result is Result.APPLIED


def test_folders_that_are_gone_leave_the_guard_and_the_way_to_lower_it(guarded: Project) -> None:
    for name in (SECOND, THIRD):
        shutil.rmtree(guarded.folder / "prisma/migrations" / name)
    guarded.write("20240401000000_mended", 'ALTER TABLE "User" ADD COLUMN age bigint;')
    assert guarded.apply().result is Result.APPLIED
    assert guards(guarded) == [(None, None)]
    outcome = status(guarded.request())
    assert outcome.result is Result.OK
    assert outcome.next == (f"safemigrate release {THIRD} {SECOND}   # lets `prisma migrate deploy` go on",)


def test_a_guard_without_a_journal(project: Project) -> None:
    project.baseline('CREATE TABLE "User" (id serial PRIMARY KEY);')
    with connect(project.url) as connection:
        history.raise_guard(connection, "public", "why")
    outcome = status(project.request())
    assert outcome.next == (f"safemigrate release {history.GUARD}   # lets `prisma migrate deploy` go on",)
    release(project.request(), history.GUARD)
    assert guards(project) == []


def test_an_edited_file_stays_on_hold(guarded: Project) -> None:
    path = guarded.folder / "prisma/migrations" / SECOND / "migration.sql"
    path.write_text('ALTER TABLE "User" ADD COLUMN age smallint;')
    with pytest.raises(HistoryError, match="on hold") as error:
        guarded.apply()
    assert "edited since; a hold goes by name" in error.value.why
    assert error.value.fix[0] == f"safemigrate release {SECOND}   # apply it again"
