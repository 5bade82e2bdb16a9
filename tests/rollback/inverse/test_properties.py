"""Random schemas and random changes: whatever happened, the way back leads where it began, or says that it does not."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safemigrate.db.catalog import difference, read
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.rollback.inverse import invert
from safemigrate.shadow.local import LocalServer
from tests.rollback.strategies import ACTION, PATIENT, START, attempt, examples, fresh


@PATIENT
@examples(200)
@given(setup=st.lists(ACTION, max_size=12), change=st.lists(ACTION, min_size=1, max_size=12))
def test_up_and_back_is_the_identity(server: LocalServer, setup: list[str], change: list[str]) -> None:
    with fresh(server) as url, connect(url) as connection:
        connection.execute(START.encode())
        prepared = attempt(connection, setup)
        before = read(connection)
        done = attempt(connection, change)
        after = read(connection)
        inverse = invert(difference(before, after), before, after)
        story = [*prepared, "-- change", *done, "-- inverse", *inverse.statements]
        with connection.transaction():
            for sql in inverse.statements:
                try:
                    connection.execute(sql.encode())
                except psycopg.Error as error:
                    pytest.fail(f"{error}\nat {sql}\n" + ";\n".join(story))
        if not inverse.reasons:
            assert compare(before, read(connection)) == [], ";\n".join(story)
