"""What is hard to keep comes back all the same, is said not to, or is asked about first."""

from __future__ import annotations

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.model import Verdict
from safemigrate.workflow.on_server.room import estimated
from tests.rollback.cases import CONFLICTS, EXACT, NOT_EXACT
from tests.rollback.journey import Traveller
from tests.workflow.cases import Case


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_comes_back_exactly(traveller: Traveller, case: Case) -> None:
    journey = traveller.go(case.setup, case.migration, case.since, case.without)
    assert (journey.verdict, journey.reasons, journey.conflicts) == (Verdict.EXACT, (), ())
    assert journey.wrong == ()


@pytest.mark.parametrize(("reason", "migration"), [(why, sql) for why, some in NOT_EXACT.items() for sql in some])
def test_says_why_not(traveller: Traveller, reason: str, migration: str) -> None:
    setup = "CREATE TABLE t (id int PRIMARY KEY, o oid); INSERT INTO t VALUES (1, lo_from_bytea(0, 'abc'));"
    journey = traveller.go(setup, migration)
    assert journey.verdict is Verdict.LOSSY
    assert any(reason in said for said in journey.reasons)


@pytest.mark.parametrize("case", CONFLICTS, ids=lambda case: case.name)
def test_asks_first(traveller: Traveller, case: Case) -> None:
    untouched = traveller.go(case.setup, case.migration)
    assert (untouched.verdict, untouched.conflicts, untouched.wrong) == (Verdict.EXACT, (), ())
    assert len(traveller.go(case.setup, case.migration, case.since, case.without).conflicts) == 1


@pytest.mark.parametrize(
    ("migration", "rows"),
    [
        ("UPDATE t SET v = 'x' WHERE id < 4;", 3),
        ("UPDATE t SET id = -id WHERE id < 4;", 3),
        ("DO $$ BEGIN UPDATE t SET v = 'x' WHERE id < 3; DELETE FROM t WHERE id = 9; END $$;", 3),
        ("DELETE FROM t WHERE id < 4;", 3),
        ("INSERT INTO t SELECT -n, 'x' FROM generate_series(1, 3) AS n;", 3),
        ("ALTER TABLE t ALTER id TYPE bigint; UPDATE t SET v = 'x' WHERE id < 4;", 3),
        ("DROP TABLE t;", 0),
        ("ALTER TABLE t RENAME TO u; ALTER TABLE u ADD w int NOT NULL DEFAULT 1;", 0),
    ],
)
def test_what_is_kept_is_what_changed(traveller: Traveller, migration: str, rows: int) -> None:
    kept: list[int] = []

    def count(migrated: Connection, _twin: Connection) -> None:
        places = session.rows(migrated, "SELECT oid::regclass::text FROM pg_class WHERE relname ~ '^kept_.*\\d$'")
        kept.extend(session.value(migrated, f"SELECT count(*) FROM {place}") for (place,) in places)

    with traveller.database("start") as url:
        with connect(url) as connection:
            session.run(connection, "CREATE TABLE t (id int PRIMARY KEY, v text)")
            session.run(connection, "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 5000) AS n")
        journey = traveller.on(url, migration, count)
    assert (journey.verdict, journey.wrong) == (Verdict.EXACT, ())
    assert sum(kept) == rows
    copies = [sql for step in journey.plan.steps for sql in step.before if 'FROM "public"."t"' in sql]
    assert copies == []


@pytest.mark.parametrize(
    ("migration", "takes_room"), [("DROP TABLE t;", False), ("DO $$ BEGIN DROP TABLE t; END $$;", True)]
)
def test_a_dropped_table_takes_room_only_where_it_is_copied(
    traveller: Traveller, migration: str, takes_room: bool
) -> None:
    setup = (
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'v' FROM generate_series(1, 999) AS n;"
    )
    plan = traveller.go(setup, migration).plan
    with traveller.database("start") as url, connect(url) as connection:
        session.run(connection, setup)
        assert bool(estimated(connection, [plan])) is takes_room
