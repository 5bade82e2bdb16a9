"""Every migration goes up and comes back through the real workflows, with what users wrote in between."""

from __future__ import annotations

import psycopg
import pytest

from safemigrate.db import session
from safemigrate.db.digest import differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.model import Result, Verdict
from safemigrate.shadow.local import LocalServer
from tests.workflow.cases import ALL, Case
from tests.workflow.conftest import Project


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
    project.write("20240601000000_change", case.migration)
    try:
        done = project.apply()
    except Exception as error:
        raise AssertionError(f"{error}: {getattr(error, 'why', '')}") from None
    assert done.result is Result.APPLIED
    proof = done.migrations[-1].proof
    assert proof is not None
    if case.since:
        project.run(case.since)
    back = project.rollback()
    assert back.result is Result.ROLLED_BACK, back.conflicts
    after, rows = project.state()
    assert compare(before, after) == []
    assert differences(expected, rows) == []
    assert (proof.verdict, proof.reasons) == (Verdict.EXACT, ())
