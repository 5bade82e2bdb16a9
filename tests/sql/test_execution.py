from __future__ import annotations

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.sql import is_plain_drop, is_transaction_control, refuses_transaction, split

REFUSES = [
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
    "DROP INDEX CONCURRENTLY t_a",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX (VERBOSE) INDEX CONCURRENTLY t_a",
    "REINDEX SCHEMA public",
    "VACUUM t",
    "ALTER SYSTEM RESET work_mem",
    "CREATE DATABASE nowhere",
    "DROP DATABASE nowhere",
    "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
    "CLUSTER",
]
TAKES = [
    "CREATE INDEX i ON t (a)",
    "REINDEX TABLE t",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    "ALTER TABLE p DETACH PARTITION p1",
    "CLUSTER t USING t_a",
    "ANALYZE t",
    "DO $$ BEGIN PERFORM 1; END $$",
]
_SETUP = """
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (a);
CREATE TABLE p (a int) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE UNIQUE INDEX ON m (a);
"""


@pytest.mark.parametrize("sql", [*REFUSES, *TAKES])
def test_refuses_a_transaction_where_the_server_does(sql: str, database: DatabaseUrl) -> None:
    (statement,) = split(sql)
    with psycopg.connect(database.conninfo()) as connection:
        connection.execute(_SETUP)
        if sql in REFUSES:
            with pytest.raises(psycopg.errors.ActiveSqlTransaction):
                connection.execute(sql)
        else:
            connection.execute(sql)
        connection.rollback()
    assert refuses_transaction(statement) is (sql in REFUSES)


def test_a_block_that_commits_refuses_a_transaction() -> None:
    (statement,) = split("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$")
    assert refuses_transaction(statement)
    assert not is_transaction_control(statement)


@pytest.mark.parametrize("sql", ["BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK TO a", "RELEASE a"])
def test_transaction_control(sql: str) -> None:
    (statement,) = split(sql)
    assert is_transaction_control(statement)


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("DROP TABLE a, b CASCADE", True),
        ("DROP TYPE a", True),
        ("DROP SCHEMA a CASCADE", True),
        ("DROP INDEX a", False),
        ("ALTER TABLE t DROP COLUMN a", False),
        ("DO $$ BEGIN DROP TABLE a; END $$", False),
    ],
)
def test_plain_drops(sql: str, plain: bool) -> None:
    (statement,) = split(sql)
    assert is_plain_drop(statement) is plain
