"""Ending a hold, and what is said where there is none."""

from __future__ import annotations

import shutil

import pytest

from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError
from safemigrate.execute import journal
from safemigrate.model import Result
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.release import release
from safemigrate.workflow.status import status
from tests.workflow.conftest import Project

FIRST, SECOND = "20240101000000_init", "20240201000000_age"


@pytest.fixture
def held(project: Project) -> Project:
    """A project whose second migration was applied and rolled back."""
    project.baseline('CREATE TABLE "User" (id serial PRIMARY KEY);')
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.apply()
    project.rollback()
    return project


def test_a_released_migration_is_applied_again(held: Project) -> None:
    with pytest.raises(HistoryError, match="on hold"):
        held.apply()
    outcome = release(held.request(), SECOND)
    assert (outcome.result, outcome.next) == (Result.OK, ("safemigrate apply",))
    assert (outcome.migrations[0].name, outcome.migrations[0].state) == (SECOND, "pending")
    assert held.apply().result is Result.APPLIED
    with connect(held.url) as connection:
        assert journal.holds(connection) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (FIRST, "It is applied. On hold: 20240201000000_age."),
        ("20240301000000_next", "It is pending, and apply will take it. On hold: 20240201000000_age."),
        ("nope", "Nothing of that name is in the project or in the database. On hold: 20240201000000_age."),
    ],
)
def test_not_on_hold(held: Project, name: str, why: str) -> None:
    held.write("20240301000000_next", "SELECT 1;")
    with pytest.raises(HistoryError, match=f"{name} is not on hold") as error:
        release(held.request(), name)
    assert (error.value.why, error.value.fix) == (why, (f"safemigrate release {SECOND}",))


def test_twice(held: Project) -> None:
    release(held.request(), SECOND)
    with pytest.raises(HistoryError) as error:
        release(held.request(), SECOND)
    assert error.value.why == "It is pending, and apply will take it. No migration is on hold."
    assert error.value.fix == ("safemigrate status",)


def test_a_database_that_safemigrate_never_wrote_to(project: Project) -> None:
    with pytest.raises(HistoryError, match="not on hold"):
        release(project.request(), FIRST)
    assert project.rows("SELECT FROM pg_namespace WHERE nspname = 'safemigrate'") == []


def test_a_hold_whose_folder_is_gone(held: Project) -> None:
    shutil.rmtree(held.folder / "prisma/migrations" / SECOND)
    outcome = release(held.request(), SECOND)
    assert outcome.migrations[0].state == "released"
    assert "nothing will apply it" in outcome.notes[0]


def test_several_at_once_or_none(held: Project) -> None:
    held.write("20240301000000_next", 'ALTER TABLE "User" ADD COLUMN nick text;')
    release(held.request(), SECOND)
    held.apply()
    held.rollback(RollbackOptions(last=2))
    both = (SECOND, "20240301000000_next")
    with pytest.raises(HistoryError, match="nope is not on hold") as error:
        release(held.request(), *both, "nope")
    assert error.value.fix == (f"safemigrate release {' '.join(both)}",)
    assert status(held.request()).next[0] == f"safemigrate release {' '.join(both)}   # when they may be applied again"
    assert [one.state for one in release(held.request(), *both).migrations] == ["pending", "pending"]
