"""Questions and ways out that the server refuses right after the migration are not put later."""

from __future__ import annotations

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Check, Group, Plan, Proof, Step, Verdict, Way
from safemigrate.rollback.asked import rehearsed

NONE = "SELECT count(*) FROM t WHERE v < 0"


def asked(database: DatabaseUrl, check: Check) -> tuple[tuple[Check, ...], list[str]]:
    with connect(database) as connection:
        session.run(connection, "CREATE TABLE t (v int); INSERT INTO t VALUES (1)")
        step = Step("", 1, (), checks=(check,))
        plan = Plan("m", "", (Group((step,)),), Proof(Verdict.IMPOSSIBLE))
        plan, reasons = rehearsed(connection, plan)
        assert session.value(connection, "SELECT count(*) FROM t") == 1
        return plan.steps[0].checks, reasons


def test_a_question_that_finds_nothing_is_kept_as_it_is(database: DatabaseUrl) -> None:
    way = Way("", NONE, ("DELETE FROM t",), held=(("o", NONE),))
    check = Check("t", "", NONE, keep_new=(way,), keep_old=(way,))
    assert asked(database, check) == ((check,), [])


def test_a_question_that_is_refused_is_left_out(database: DatabaseUrl) -> None:
    assert asked(database, Check("t", "", "SELECT count(*) FROM nowhere")) == ((), [])


def test_where_it_would_lose_values_that_is_said(database: DatabaseUrl) -> None:
    checks, (reason,) = asked(database, Check("t", "", "SELECT count(*) FROM nowhere", loses=True))
    assert checks == ()
    assert reason.startswith('t: the server cannot tell what stands there: relation "nowhere" does not exist')


def test_a_question_that_finds_what_the_migration_wrote_is_left_out(database: DatabaseUrl) -> None:
    checks, (reason,) = asked(database, Check("t", "", "SELECT count(*) FROM t", loses=True))
    assert checks == ()
    assert "cannot be told from what the migration wrote" in reason


def test_a_way_that_the_server_refuses_is_no_way(database: DatabaseUrl) -> None:
    good, bad = (
        Way("", NONE, ("CREATE TABLE left_1 AS SELECT * FROM t WITH NO DATA",)),
        Way("", NONE, ("DROP nothing",)),
    )
    (check,), reasons = asked(database, Check("t", "", NONE, keep_new=(good, bad), keep_old=(good,)))
    assert (check.keep_new, check.keep_old, reasons) == ((), (good,), [])
