"""The way back as a new migration: applied here with the data, and in a database made anew with the schema alone."""

from __future__ import annotations

import pytest

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.digest import differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError, RollbackError
from safemigrate.model import Result, Verdict
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conftest import CHANGE, Project

FIRST = "20240101000000_init"
EMPTIED = """
DO $$ BEGIN
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') || ' CASCADE' FROM pg_class
           WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace);
END $$
"""
ROLE = """
CREATE TYPE "Role" AS ENUM ('USER', 'GUEST', 'ADMIN');
ALTER TABLE "User" ADD COLUMN role "Role" NOT NULL DEFAULT 'USER';
UPDATE "User" SET role = 'GUEST' WHERE id = 2;
"""
_CASES = {
    "drop columns": (USERS, 'ALTER TABLE "User" DROP COLUMN nick, DROP COLUMN age;'),
    "drop table with what uses it": (
        USERS + POSTS + 'CREATE VIEW v AS SELECT id FROM "User";',
        'DROP TABLE "User" CASCADE;',
    ),
    "drop table with its enum": (USERS + ROLE, 'DROP TABLE "User"; DROP TYPE "Role";'),
    "enum value removed": (
        USERS + ROLE,
        "CREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN'); ALTER TABLE \"User\" ALTER role DROP DEFAULT;"
        'ALTER TABLE "User" ALTER role TYPE "Role_new"'
        "  USING (CASE WHEN role = 'GUEST' THEN 'USER' ELSE role::text END::\"Role_new\");"
        'ALTER TYPE "Role" RENAME TO "Role_old"; ALTER TYPE "Role_new" RENAME TO "Role"; DROP TYPE "Role_old";'
        "ALTER TABLE \"User\" ALTER role SET DEFAULT 'USER';",
    ),
    "rows": (USERS + POSTS, 'UPDATE "User" SET nick = \'x\'; DELETE FROM "User" WHERE id = 1;'),
    "narrowed": (
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(9, 4), at timestamp(3)); INSERT INTO t VALUES (1, 1.2345, now());",
        "ALTER TABLE t ALTER n TYPE numeric(9, 1), ALTER at TYPE timestamptz USING at AT TIME ZONE 'Asia/Tokyo';",
    ),
    "nothing kept": (USERS, 'ALTER TABLE "User" RENAME nick TO alias; CREATE INDEX ON "User" (age);'),
}


def written(project: Project) -> tuple[str, str]:
    """Write the way back and return the new migration's name and text."""
    outcome = project.rollback(RollbackOptions(as_migration=True, shadow=project.shadow))
    assert outcome.result is Result.OK
    (made,) = outcome.migrations
    path = project.folder / "prisma/migrations" / made.name / "migration.sql"
    assert path.read_text() == made.script
    return made.name, made.script


@pytest.mark.parametrize("name", _CASES)
def test_here_with_the_data_and_anew_without(project: Project, server: LocalServer, name: str) -> None:
    setup, migration = _CASES[name]
    project.baseline(setup)
    before, rows = project.state()
    project.write(CHANGE, migration)
    project.apply()
    between, between_rows = project.state()
    made, sql = written(project)
    assert made.endswith("_rollback_of_change")
    assert compare(between, project.state()[0]) == []

    applied = project.apply()
    assert [one.name for one in applied.migrations] == [made]
    proof = applied.migrations[0].proof
    assert proof is not None
    after, same = project.state()
    assert compare(before, after) == []
    assert differences(rows, same) == []
    assert (proof.verdict, proof.reasons) == (Verdict.EXACT, ())

    anew = server.url.with_database(f"{project.url.database}_anew")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{anew.database}"')
    with connect(anew) as connection:
        for script in (setup, EMPTIED):
            session.run(connection, script)
        empty = read(connection), digest(connection)
        for script in (migration, sql):
            session.run(connection, script)
        assert compare(empty[0], read(connection)) == []
        assert differences(empty[1], digest(connection)) == []

    # And back once more: the first migration's state, from which the way back still has its data.
    assert project.rollback().result is Result.ROLLED_BACK
    after, same = project.state()
    assert compare(between, after) == []
    assert differences(between_rows, same) == []
    project.release(made)
    assert project.apply().result is Result.APPLIED
    after, same = project.state()
    assert (compare(before, after), differences(rows, same)) == ([], [])


def test_several_become_one(project: Project) -> None:
    project.baseline(USERS)
    before, rows = project.state()
    project.write(CHANGE, 'ALTER TABLE "User" DROP COLUMN nick;')
    project.write("20240602000000_more", 'ALTER TABLE "User" DROP COLUMN age;')
    project.apply()
    outcome = project.rollback(RollbackOptions(last=2, as_migration=True, shadow=project.shadow))
    assert outcome.migrations[0].name.endswith("_rollback_of_more_and_1_more")
    assert project.apply().result is Result.APPLIED
    after, same = project.state()
    assert (compare(before, after), differences(rows, same)) == ([], [])


def test_a_dry_run_writes_nothing(project: Project) -> None:
    project.baseline(USERS)
    project.write(CHANGE, 'ALTER TABLE "User" DROP COLUMN nick;')
    project.apply()
    outcome = project.rollback(RollbackOptions(as_migration=True, dry_run=True, name="Back again"))
    assert outcome.result is Result.REHEARSED
    assert outcome.migrations[0].name.endswith("_back_again")
    assert 'ADD COLUMN "nick" text' in outcome.migrations[0].script
    assert len(list((project.folder / "prisma/migrations").iterdir())) == 2


def test_rows_since_that_need_a_value(project: Project) -> None:
    project.baseline("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL); INSERT INTO t VALUES (1, 'a');")
    project.write(CHANGE, "ALTER TABLE t DROP COLUMN v;")
    project.apply()
    project.run("INSERT INTO t VALUES (2)")
    options = RollbackOptions(as_migration=True)
    stopped = project.rollback(options)
    assert (stopped.result, len(stopped.conflicts)) == (Result.CONFLICTS, 1)
    filled = RollbackOptions(as_migration=True, fill={'"public"."t"."v"': "it's new"})
    assert project.rollback(filled).result is Result.OK
    assert project.apply().result is Result.APPLIED
    assert project.rows("SELECT id, v FROM t ORDER BY id") == [(1, "a"), (2, "it's new")]


def test_names_come_after_every_other(project: Project) -> None:
    project.baseline(USERS)
    project.write("29990601000000_far_ahead", 'ALTER TABLE "User" DROP COLUMN nick;')
    project.apply()
    assert written(project)[0] == "29990601000001_rollback_of_far_ahead"
    project.write("9_odd", "SELECT 1;")
    with pytest.raises(RollbackError, match="would come before 9_odd"):
        project.rollback(RollbackOptions(as_migration=True))


def test_a_dropped_table_whose_file_is_not_what_was_applied(project: Project) -> None:
    project.baseline(USERS)
    project.write(CHANGE, 'DROP TABLE "User";')
    project.apply()
    (project.folder / "prisma/migrations" / CHANGE / "migration.sql").write_text("SELECT 1;")
    with pytest.raises(HistoryError, match="not on disk as it was applied"):
        project.rollback(RollbackOptions(as_migration=True, shadow=project.shadow))
