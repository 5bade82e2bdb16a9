"""What is hard to keep comes back all the same, is said not to, or is asked about first."""

from __future__ import annotations

import pytest

from safemigrate.model import Verdict
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
