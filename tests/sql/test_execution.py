from __future__ import annotations

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.sql import is_plain_drop, is_transaction_control, parted, refuses_transaction, split

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


ADD = "ALTER TABLE t ADD CHECK (a > 0) NOT VALID;"
VALIDATE = "ALTER TABLE t VALIDATE CONSTRAINT t_a_check;"
ENUM = "BEGIN; CREATE TYPE b AS ENUM (); ALTER TABLE t ALTER a TYPE b; ALTER TYPE a RENAME TO c; COMMIT;"


@pytest.mark.parametrize(
    ("sql", "apart"),
    [
        (f"{ADD} {VALIDATE}", []),
        (f"{ADD} COMMIT; {VALIDATE}", [VALIDATE]),
        (f"BEGIN; {ADD} COMMIT; BEGIN; {VALIDATE} COMMIT;", [VALIDATE]),
        # What was parted holds nothing that the next one would wait for.
        (f"{ADD} COMMIT; {VALIDATE} COMMIT; UPDATE t SET a = 1;", [VALIDATE]),
        (f"{ADD} COMMIT; SELECT 1; COMMIT; {VALIDATE}", [VALIDATE]),
        (f"{ADD} COMMIT; DO $$ BEGIN UPDATE t SET a = 1; END $$;", ["DO $$ BEGIN UPDATE t SET a = 1; END $$;"]),
        # Nothing is closed before, or nothing is slow behind.
        (f"CREATE TABLE t (a int); {ADD} COMMIT; {VALIDATE}", []),
        ("UPDATE t SET a = 1; COMMIT; UPDATE u SET a = 1;", []),
        (f"{ADD} COMMIT; ALTER TABLE u ADD a int;", []),
        (f"{ADD} COMMIT; CREATE TABLE u (a int); CREATE INDEX ON u (a);", []),
        # Prisma's own COMMIT.
        (f"{ENUM} CREATE INDEX i ON t (a);", []),
        (f"{ADD} {ENUM} {VALIDATE}", []),
        (f"{ENUM} BEGIN; {ADD} COMMIT; {VALIDATE}", [VALIDATE]),
    ],
)
def test_a_commit_parts_only_what_gains_by_it(sql: str, apart: list[str]) -> None:
    statements = split(sql, "migration.sql")
    assert [statements[number].sql + ";" for number in sorted(parted(statements))] == apart
