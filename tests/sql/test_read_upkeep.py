from __future__ import annotations

import pytest

from safemigrate.sql import Action, Name, split
from safemigrate.sql.actions import Cluster, LockTable, Opaque, Refresh, Reindex, Vacuum

T = Name(None, "t")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("LOCK t", LockTable((T,))),
        (
            "LOCK TABLE ONLY t, u IN SHARE ROW EXCLUSIVE MODE NOWAIT",
            LockTable((T, Name(None, "u")), "SHARE ROW EXCLUSIVE", nowait=True),
        ),
        ("VACUUM", Vacuum()),
        ("VACUUM FULL ANALYZE t (a, b)", Vacuum((T,), full=True)),
        ("VACUUM (ANALYZE, FULL) t", Vacuum((T,), full=True)),
        ("VACUUM (FULL off, VERBOSE) t", Vacuum((T,))),
        ("CLUSTER", Cluster()),
        ("CLUSTER VERBOSE t USING i", Cluster(T, "i")),
        ("CLUSTER i ON t", Cluster(T, "i")),
        ("REINDEX INDEX s.t", Reindex("index", Name("s", "t"))),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", Reindex("table", T, concurrently=True)),
        ("REINDEX (CONCURRENTLY) TABLE t", Reindex("table", T, concurrently=True)),
        ("REINDEX (CONCURRENTLY false) SCHEMA t", Reindex("schema", T)),
        ("REFRESH MATERIALIZED VIEW t", Refresh(T)),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY t WITH DATA", Refresh(T, concurrently=True)),
        ("REFRESH MATERIALIZED VIEW t WITH NO DATA", Refresh(T, with_data=False)),
    ],
)
def test_statements(sql: str, expected: Action) -> None:
    (statement,) = split(sql)
    assert statement.actions == (expected,)


@pytest.mark.parametrize(
    "sql", ["LOCK", "LOCK t IN SHARE", "LOCK t IN NO MODE", "REINDEX t", "REFRESH t", "CLUSTER t USING", "VACUUM t x"]
)
def test_half_a_statement_is_opaque(sql: str) -> None:
    (statement,) = split(sql)
    assert isinstance(statement.actions[0], Opaque)
