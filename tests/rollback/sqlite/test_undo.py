"""A rollback taken back: the file is what it was before it, but for what was written since."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import rows
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.rows import differences, readable
from safemigrate.db.sqlite.written import touched, writes
from safemigrate.model import Group, Plan, Proof, Verdict
from safemigrate.rollback.sqlite.undo import undo
from tests.rollback.sqlite.cases import EXACT, POSTS, Case
from tests.rollback.sqlite.journey import Journey, journey, take_back


def undone(found: Journey, folder: Path, since: str = "") -> None:
    """Roll back, write, and take the rollback back; the file before the rollback is attached as `before` by then."""
    connection = found.connection
    backup(connection, folder / "used.db")
    with writes(connection) as wrote:
        found.back()
    connection.detach("before")
    connection.attach(folder / "used.db", "before")
    before, after = read(connection, "before"), read(connection)
    reached = touched(before, after, {table for _, table in wrote})
    left_alone = [name for name in before.tables if name not in reached and readable(connection, "before", name)]
    assert differences(connection, "before", "main", left_alone) == []
    derived = undo(connection, "rollback", "1", [found.plan], before, after, reached)
    assert derived.reasons == ()
    plan = Plan("rollback", "1", (Group(derived.steps),), Proof(Verdict.EXACT))
    found.write(since)
    take_back(connection, plan)


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_is_as_before_the_rollback(case: Case, tmp_path: Path) -> None:
    with journey(tmp_path, case.before, case.migration) as found:
        found.write(case.since)
        undone(found, tmp_path)
        connection = found.connection
        used = read(connection, "before")
        assert compare(used, read(connection)) == []
        names = [name for name in used.tables if readable(connection, "before", name)]
        assert differences(connection, "before", "main", names) == []


def test_a_rename_is_one_again(tmp_path: Path) -> None:
    with journey(tmp_path, POSTS, 'ALTER TABLE "User" RENAME TO "Person";') as found:
        found.write("""INSERT INTO "Person" VALUES (7, 'new@x', 'New', 1);""")
        undone(found, tmp_path, """UPDATE "User" SET "age" = 9 WHERE "id" = 7; DELETE FROM "User" WHERE "id" = 2;""")
        people = rows(found.connection, 'SELECT "id", "age" FROM "Person" ORDER BY "id"')
        assert people == [(1, 36), (5, None), (7, 9)]
