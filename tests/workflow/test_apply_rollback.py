"""Every migration goes up and comes back through the real workflows, with what users wrote in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from safemigrate.config import Levels, Settings
from safemigrate.db import session
from safemigrate.db.digest import differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.errors import ConsentRequired
from safemigrate.model import Result, Verdict
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from tests.workflow.cases import ALL, LOSSY, POSTS, USERS, Case
from tests.workflow.conftest import CHANGE, Project


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_comes_back_exactly(project: Project, server: LocalServer, case: Case) -> None:
    project.baseline(case.setup)
    before, _ = project.state()
    without = case.since if case.without is None else case.without
    twin = server.url.with_database(f"{project.url.database}_twin")
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{twin.database}"')
    with connect(twin) as connection:
        session.run(connection, case.setup)
        if without:
            session.run(connection, without)
        expected = digest(connection)
    project.write(CHANGE, case.migration)
    try:
        done = project.apply()
    except Exception as error:
        raise AssertionError(f"{error}: {getattr(error, 'why', '')}") from None
    assert done.result is Result.APPLIED
    proof = done.migrations[-1].proof
    assert proof is not None
    if case.since:
        project.run(case.since)
    by_hand = project.by_hand(server, CHANGE).state()
    back = project.rollback()
    assert back.result is Result.ROLLED_BACK, back.conflicts
    for after, rows in (project.state(), by_hand):
        assert compare(before, after) == []
        assert differences(expected, rows) == []
    assert (proof.verdict, proof.reasons) == (Verdict.EXACT, ())


@pytest.mark.parametrize("case", LOSSY, ids=lambda case: case.name)
def test_says_before_that_it_is_not_exact(project: Project, case: Case) -> None:
    project.baseline(case.setup)
    project.write(CHANGE, case.migration)
    before = project.state()
    project.agrees = False
    with pytest.raises(ConsentRequired):
        project.apply()
    assert any("cannot be taken back exactly" in line for line in project.asked)
    schema, rows = project.state()
    assert compare(before[0], schema) == []
    assert differences(before[1], rows) == []


def test_several_migrations_and_again_after_release(project: Project) -> None:
    project.baseline(USERS + POSTS)
    before, rows = project.state()
    project.write("20240601000000_one", 'UPDATE "User" SET nick = \'x\'; ALTER TABLE "User" DROP COLUMN age;')
    project.write("20240602000000_two", 'DELETE FROM "Post" WHERE id < 5; ALTER TABLE "User" RENAME TO "Account";')
    project.write("20240603000000_three", 'DROP TABLE "Post"; ALTER TABLE "Account" DROP COLUMN nick;')
    applied = project.apply()
    assert applied.result is Result.APPLIED
    assert applied.change
    assert [(one.before, one.after) for one in applied.change.changed] == [
        ('"public"."User"', '"public"."Account"'),
        ('"public"."Post"', ""),
    ]
    assert [one.transactions for one in applied.migrations] == [(2,), (2,), (2,)]
    assert [one.text.partition(" ")[0] for one in applied.migrations] == ["UPDATE", "DELETE", "DROP"]
    assert all(Path(one.path).exists() for one in applied.migrations)
    third, third_rows = project.state()
    assert project.rollback(RollbackOptions(last=2)).result is Result.ROLLED_BACK
    assert project.rollback().result is Result.ROLLED_BACK
    after, same = project.state()
    assert compare(before, after) == []
    assert differences(rows, same) == []
    for name in ("20240601000000_one", "20240602000000_two", "20240603000000_three"):
        project.release(name)
    assert project.apply().result is Result.APPLIED
    again, again_rows = project.state()
    assert compare(third, again) == []
    assert differences(third_rows, again_rows) == []
    assert project.rollback(RollbackOptions(last=3)).result is Result.ROLLED_BACK
    after, same = project.state()
    assert compare(before, after) == []
    assert differences(rows, same) == []


def test_row_level_security_hides_nothing_from_keeping(project: Project, server: LocalServer) -> None:
    """A table's owner who is no superuser sees only what forced policies show; all of it is kept all the same."""
    owner = f"owner_{project.url.database}"
    project.run(f'CREATE ROLE "{owner}" LOGIN CREATEDB; ALTER DATABASE "{project.url.database}" OWNER TO "{owner}";')
    project.run(f'ALTER SCHEMA public OWNER TO "{owner}"')
    setup = (
        "CREATE TABLE t (id int PRIMARY KEY, v text, w numeric(9, 4), g int);"
        "CREATE TABLE u (id int PRIMARY KEY, v text);"
        "INSERT INTO t SELECT n, 'v' || n, n + 0.1234, n FROM generate_series(1, 9) n; INSERT INTO u SELECT id, v FROM t;"
        + "".join(
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY p ON {name} USING (id > 5);"
            for name in "tu"
        )
    )
    project.url = replace(project.url, user=owner)
    try:
        project.baseline(setup)
        before, _ = project.state()
        admin = server.url.with_database(project.url.database)
        with connect(admin) as connection:
            rows = digest(connection)
        project.write(
            CHANGE,
            "UPDATE t SET g = 0; ALTER TABLE t ALTER w TYPE numeric(9, 1); ALTER TABLE t DROP COLUMN v; TRUNCATE t;"
            "DO $$ BEGIN DROP TABLE u; END $$;",
        )
        assert project.apply(snapshot="none").result is Result.APPLIED  # pg_dump refuses such a table
        assert project.rollback().result is Result.ROLLED_BACK
        assert compare(before, project.state()[0]) == []
        with connect(admin) as connection:
            assert differences(rows, digest(connection)) == []
    finally:
        with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{project.url.database}" OWNER TO tester')
        with connect(server.url.with_database(project.url.database)) as connection:
            session.run(connection, f'DROP OWNED BY "{owner}" CASCADE')
            session.run(connection, f'DROP ROLE "{owner}"')


def test_the_projects_levels_hold_but_none_of_them_consents(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_change", 'ALTER TABLE "User" DROP COLUMN nick;')
    project.settings = Settings(rules=(Levels({"data-loss": "error"}),))
    assert project.apply(dry_run=True).result is Result.BLOCKED
    project.settings = Settings(rules=(Levels({"data-loss": "off"}),))
    project.apply(dry_run=True)
    project.agrees = False
    with pytest.raises(ConsentRequired):
        project.apply()


def test_a_rename_in_disguise_is_written_as_one_before_it_is_tried(project: Project) -> None:
    project.baseline(USERS)
    values = project.rows('SELECT nick FROM "User" ORDER BY id')
    project.write(CHANGE, 'ALTER TABLE "User" DROP COLUMN nick, ADD COLUMN "nickname" TEXT;')
    options = ApplyOptions(shadow=project.shadow, fix=True)
    done = apply(project.request(), options)
    assert done.result is Result.APPLIED
    assert "is rewritten for drop-and-add-column" in done.notes[0]
    assert project.asked == []
    assert project.rows('SELECT nickname FROM "User" ORDER BY id') == values
    assert apply(project.request(), options).result is Result.NOTHING
