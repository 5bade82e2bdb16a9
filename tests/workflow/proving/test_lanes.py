from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.errors import ShadowError
from safemigrate.model import Migration
from safemigrate.shadow.local import LocalServer
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.proving import BEGIN, Terms
from safemigrate.workflow.proving.lanes import run_lanes


def history(*scripts: str) -> list[Migration]:
    return [
        Migration(f"{n}_step", Path("migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())
        for n, sql in enumerate(scripts)
    ]


@pytest.fixture
def shadow(server: LocalServer) -> Shadow:
    shadow = Shadow("a server of tests", server.major, own=False, maintenance=server.url, prefix="lanes_")
    shadow.create(BEGIN)
    return shadow


@pytest.fixture(autouse=True)
def _emptied(shadow: Shadow) -> object:
    yield
    for name in list(shadow.created):
        shadow.drop(name)


def databases(shadow: Shadow) -> list[str]:
    with connect(shadow.maintenance) as connection:
        found = session.rows(connection, "SELECT datname FROM pg_database WHERE datname ~ '^lanes_' ORDER BY 1")
    return [name for (name,) in found]


def test_what_a_process_meets_is_raised_where_it_was_started(shadow: Shadow) -> None:
    shadow.maintenance = shadow.maintenance.with_database("template1")
    lost = Shadow("a server of tests", shadow.major, own=False, maintenance=shadow.maintenance, prefix="nowhere_")
    with pytest.raises(ShadowError, match="cannot create the shadow database nowhere_lane_"):
        list(run_lanes(lost, history(*["SELECT 1;"] * 20), range(20), Terms(), 2))


def test_nobody_goes_on_once_nobody_listens(shadow: Shadow) -> None:
    script = "CREATE TABLE t_{0} (id int PRIMARY KEY);"
    lanes = run_lanes(shadow, history(*(script.format(n) for n in range(40))), range(40), Terms(), 2)
    assert next(lanes)[0] in range(40)
    lanes.close()
    assert databases(shadow)  # theirs, which the shadow knows of
    assert {f"lanes_{name}" for name in shadow.created} >= set(databases(shadow))


def test_roles_are_not_made_on_a_server_that_is_not_ours(shadow: Shadow) -> None:
    ((_, found),) = run_lanes(
        shadow, history("CREATE TABLE t (); GRANT SELECT ON t TO nobody_of_that_name;"), [0], Terms(), 1
    )
    assert found.state == "does not run"
    assert 'role "nobody_of_that_name" does not exist' in found.detail


def test_roles_that_a_migration_names_are_made_on_a_server_of_ours(shadow: Shadow) -> None:
    shadow.own = True
    ((_, found),) = run_lanes(
        shadow, history("CREATE TABLE t (); GRANT SELECT ON t TO made_by_a_lane;"), [0], Terms(), 1
    )
    assert found.proof is not None
    assert found.proof.verdict == "exact"
    for name in list(shadow.created):
        shadow.drop(name)
    with connect(shadow.maintenance) as connection:
        session.run(connection, "DROP ROLE made_by_a_lane")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_role_that_a_migration_makes_is_made_once_for_all_databases(shadow: Shadow, jobs: int) -> None:
    shadow.own = True
    role = f"made_by_a_migration_{jobs}"
    script = f"CREATE ROLE {role} NOLOGIN; CREATE TABLE t (); GRANT SELECT ON t TO {role};"
    later = [f"CREATE TABLE t_{number} ();" for number in range(9)]
    lanes = run_lanes(shadow, history(script, *later), range(10), Terms(), jobs)
    found = [one for _, one in sorted(lanes, key=lambda pair: pair[0])]
    assert [one.state for one in found] == ["proven"] * 10
    assert found[0].proof is not None
    assert found[0].proof.reasons == ("line 1: a role belongs to the whole server, and a rollback leaves it as it is",)
    assert found[0].traces[0].sql == f"CREATE ROLE {role} NOLOGIN"
    for name in list(shadow.created):
        shadow.drop(name)
    with connect(shadow.maintenance) as connection:
        session.run(connection, f"DROP ROLE {role}")


def test_a_migration_that_fails_half_way_leaves_the_lane_as_it_was(shadow: Shadow) -> None:
    found = run_lanes(
        shadow,
        history(
            "CREATE TABLE t (id int PRIMARY KEY);",
            "CREATE INDEX CONCURRENTLY t_id ON t (id); SELECT 1 / 0;",
            "CREATE INDEX t_id ON t (id);",
        ),
        range(3),
        Terms(),
        1,
    )
    assert [one.state for _, one in found] == ["proven", "does not run", "proven"]


def test_a_concurrent_build_that_fails_leaves_no_index(shadow: Shadow) -> None:
    found = run_lanes(
        shadow,
        history(
            "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1);",
            "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);",
            "CREATE INDEX CONCURRENTLY t_id ON t (id);",
        ),
        range(3),
        Terms(),
        1,
    )
    states = [(one.state, one.proof and one.proof.rows) for _, one in found]
    assert states == [("proven", 0), ("does not run", None), ("proven", 2)]
