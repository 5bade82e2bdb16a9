"""What no rollback takes back is said: by what the catalog shows, and by what a statement says."""

from __future__ import annotations

import psycopg
import pytest

from safemigrate.db.catalog import Catalog, difference, read
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.rollback.outside import outside
from safemigrate.sql import split

NOTHING = Catalog({}, 150000, "tester")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE ROLE app", "a role belongs to the whole server"),
        ("ALTER USER app WITH PASSWORD 'hush'", "a role belongs to the whole server"),
        ("DROP ROLE IF EXISTS app", "a role belongs to the whole server"),
        ("ALTER SYSTEM SET work_mem = '1GB'", "the server's configuration belongs to the whole server"),
        ("ALTER DATABASE shop SET timezone = 'UTC'", "a database and its settings"),
        ("ALTER TABLESPACE fast RENAME TO slow", "a tablespace belongs to the whole server"),
        ("ALTER SUBSCRIPTION sub DISABLE", "a subscription acts on another server"),
        ("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles) THEN CREATE ROLE app; END IF; END $$", "a role belongs"),
        ("DO $$ BEGIN EXECUTE 'ALTER DATABASE shop SET timezone = 1'; END $$", "a database and its settings"),
        ("SECURITY LABEL FOR anon ON COLUMN users.name IS 'MASKED'", "security labels are not read"),
        ("SELECT lo_unlink(avatar) FROM users", "large objects, which are not kept"),
    ],
)
def test_what_a_statement_says_is_enough(sql: str, said: str) -> None:
    (reason,) = outside(split(sql)[0], NOTHING, NOTHING)
    assert said in reason
    assert reason.startswith("line 1: ")
    assert "hush" not in reason


@pytest.mark.parametrize(
    "sql", ["ALTER TABLE role ADD x INT", "GRANT SELECT ON t TO app", "COMMENT ON TABLE t IS 'lo'"]
)
def test_what_lies_inside_is_no_reason(sql: str) -> None:
    assert outside(split(sql)[0], NOTHING, NOTHING) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE ROLE safemigrate_test_role", "role safemigrate_test_role: created"),
        ("ALTER ROLE tester SET work_mem = '5MB'", "settings of role tester: created"),
        ("ALTER DATABASE {} SET timezone = 'UTC'", "settings of every role in this database: created"),
        ("ALTER DATABASE {} CONNECTION LIMIT 50", "this database: changed"),
        ("GRANT pg_signal_backend TO tester", "membership of tester in pg_signal_backend: created"),
        ("SELECT lo_create(0)", "it writes large objects"),
        ("SELECT lo_from_bytea(0, 'x')", "it writes large objects"),
    ],
)
def test_what_the_catalog_shows_is_named(database: DatabaseUrl, sql: str, said: str) -> None:
    hidden = f"CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE $q$ {sql} $q$; END $f$"
    call = split("SELECT pg_temp.f()")[0]
    with connect(database) as connection, connection.transaction() as undone:
        connection.execute(hidden.format(f'"{database.database}"').encode())
        before = read(connection)
        connection.execute(b"SELECT pg_temp.f()")
        after = read(connection)
        assert difference(before, after).empty
        reasons = outside(call, before, after)
        assert [said in reason for reason in reasons] == [True]
        raise psycopg.Rollback(undone)
