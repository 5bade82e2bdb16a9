"""A rebuild that plain Prisma left half done: it sends a file statement by statement, each commits by itself."""

from __future__ import annotations

import pytest

from safemigrate.model import Result, Verdict
from safemigrate.sql import split
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.status import status

from .conftest import CHANGE, Project
from .test_story import DROPS


# What leaves no mark in the schema, a PRAGMA or an INSERT, counts as done where it may be.
@pytest.mark.parametrize(("done", "told_done"), [(2, 2), (3, 4), (4, 4), (5, 5), (6, 6), (7, 9)])
def test_it_is_told_how_far_it_got_and_taken_back(done: int, told_done: int, project: Project) -> None:
    before = project.keep("before.db")
    project.write(CHANGE, DROPS)
    project.run(*(one.sql for one in split(DROPS, dialect="sqlite")[:done]))
    project.run(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, logs) "
        f"VALUES ('failed', 'x', '{CHANGE}', 1, 'database is locked')"
    )
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
