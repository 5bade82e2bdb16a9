from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.digest import digest
from safemigrate.db.postgres import Connection
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.sample.fill import fill

NASTY = (Path(__file__).parent / "nasty.sql").read_text(encoding="utf-8")


@pytest.fixture
def nasty(connection: Connection) -> Connection:
    session.run(connection, NASTY)
    return connection


def test_every_table_of_a_nasty_schema_gets_its_rows(nasty: Connection) -> None:
    found = fill(nasty, seed=1)
    assert found.unfilled == {}
    short = {table: rows for table, rows in found.rows.items() if rows < 5}
    assert short == {'"public"."singleton"': 1}
    for table, rows in found.rows.items():
        only = "" if table in ('"public"."event"', '"public"."hashed"') else "ONLY"
        assert session.value(nasty, f"SELECT count(*) FROM {only} {table}") == rows


@pytest.mark.parametrize(
    ("extension", "columns"),
    [
        ("citext", "a citext PRIMARY KEY, b citext[]"),
        ("hstore", "a hstore NOT NULL"),
        ("ltree", "a ltree PRIMARY KEY, b lquery, c ltxtquery"),
        ("btree_gist", "a int NOT NULL, b int4range NOT NULL, EXCLUDE USING gist (a WITH =, b WITH &&)"),
        ("cube", "a cube PRIMARY KEY"),
        ("vector", "a vector(3) NOT NULL, b halfvec(2)"),
    ],
)
def test_types_of_extensions(connection: Connection, extension: str, columns: str) -> None:
    if not session.value(connection, "SELECT 1 FROM pg_available_extensions WHERE name = %s", [extension]):
        pytest.skip(f"PostgreSQL {connection.info.server_version // 10000} here has no {extension}")
    session.run(connection, f"CREATE EXTENSION {extension}; CREATE TABLE t ({columns})")
    assert fill(connection, seed=1).unfilled == {}


def test_same_schema_and_seed_same_rows_another_seed_others(nasty: Connection) -> None:
    with nasty.transaction(force_rollback=True):
        fill(nasty, seed=1)
        first = digest(nasty)
    session.run(nasty, "CREATE TABLE aaa_first (id serial PRIMARY KEY, b text)")
    for (sequence,) in session.rows(nasty, "SELECT oid::regclass FROM pg_class WHERE relkind = 'S'"):
        session.run(nasty, f"ALTER SEQUENCE {sequence} RESTART")
    with nasty.transaction(force_rollback=True):
        fill(nasty, seed=1)
        again = {table: rows for table, rows in digest(nasty).items() if "aaa_first" not in table}
    assert again == first
    with nasty.transaction(force_rollback=True):
        fill(nasty, seed=2)
        assert digest(nasty)['"public"."uuids"'] != first['"public"."uuids"']


def test_only_empty_tables_and_only_those_asked_for(connection: Connection) -> None:
    session.run(
        connection,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int);"
        "CREATE TABLE _prisma_migrations (id int); CREATE SCHEMA safemigrate; CREATE TABLE safemigrate.run (id int);"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); DELETE FROM b;",
    )
    assert fill(connection, seed=1, rows=3, tables=['"public"."a"', '"public"."b"']).rows == {'"public"."b"': 3}
    assert fill(connection, seed=1, rows=2).rows == {'"public"."c"': 2}
    assert fill(connection, seed=1).rows == {}
    assert session.value(connection, "SELECT count(*) FROM _prisma_migrations") == 0


def test_later_inserts_find_the_sequences_free(nasty: Connection) -> None:
    fill(nasty, seed=1)
    session.run(
        nasty,
        "INSERT INTO own (self) SELECT min(id) FROM own; INSERT INTO own_always (self) SELECT min(id) FROM own_always;"
        "INSERT INTO only_server DEFAULT VALUES; INSERT INTO ring_b (a) SELECT min(id) FROM ring_a",
    )


def test_circles_are_closed_and_triggers_and_rules_sleep(nasty: Connection) -> None:
    fill(nasty, seed=1)
    assert session.value(nasty, "SELECT count(b) FROM ring_a") > 0
    assert session.value(nasty, "SELECT count(chief) FROM account") > 0
    assert session.value(nasty, "SELECT count(*) FROM audit WHERE said = 'ruled'") == 0
    assert session.value(nasty, "SHOW session_replication_role") == "origin"
    assert session.value(nasty, "SELECT count(*) FROM watched w WHERE ring IS NOT NULL") > 0
    session.run(
        nasty, "ALTER TABLE watched DROP CONSTRAINT watched_ring_fkey, ADD FOREIGN KEY (ring) REFERENCES ring_a"
    )


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("d", "numeric(12,2)"),
        ("g", "real"),
        ("j", "varchar(255)"),
        ("s", "timestamptz(3)"),
        ("r", "date"),
        ("ab", "jsonb"),
        ("c", "float8"),
        ("b", "real"),
        ("k", "varchar(100)"),
        ("w", "time(3)"),
        ("y", "interval(2)"),
    ],
)
def test_a_change_that_loses_shows(nasty: Connection, column: str, change: str) -> None:
    fill(nasty, seed=1, tables=['"public"."every_type"'])
    lost = f"(({column})::{change})::text IS DISTINCT FROM ({column})::text"
    assert session.value(nasty, f"SELECT count(*) FROM every_type WHERE {lost}") > 0


def test_every_label_null_and_default_appear(nasty: Connection) -> None:
    fill(nasty, seed=1)
    assert session.value(nasty, "SELECT count(DISTINCT be) FROM every_type") == 3
    assert session.value(nasty, "SELECT count(DISTINCT role) FROM membership") == 3
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'every_type'::regclass AND attnum > 1"
    nullable = [name for (name,) in session.rows(nasty, columns) if name != "bj"]
    nulls = ", ".join(f'count(*) FILTER (WHERE "{name}" IS NULL)' for name in nullable)
    assert all(0 < count < 5 for count in session.rows(nasty, f"SELECT {nulls} FROM every_type")[0])


def test_plain_rows_pass_where_telling_ones_do_not(nasty: Connection) -> None:
    fill(nasty, seed=1, tables=['"public"."every_type"'], telling=False, avoid=["it's ok"])
    session.run(
        nasty,
        "ALTER TABLE every_type ALTER c TYPE int, ALTER e TYPE numeric(8,2), ALTER j TYPE json USING j::json,"
        "ALTER g TYPE int, ALTER a SET NOT NULL, ALTER ac SET NOT NULL, ALTER be SET NOT NULL, ALTER s TYPE date",
    )
    assert session.value(nasty, "SELECT array_agg(DISTINCT be::text) FROM every_type") == ["sad", 'very "happy"']


def test_what_cannot_be_filled_is_said(connection: Connection) -> None:
    session.run(
        connection,
        "CREATE TABLE never (id int CHECK (id > 1 AND id < 1)); CREATE TABLE below (id int NOT NULL CHECK (id <> id));"
        "CREATE TABLE rootless (id int) PARTITION BY RANGE (id);"
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);"
        "CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; CREATE TABLE c (b int NOT NULL REFERENCES b);"
        "CREATE FUNCTION no(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'no way'; END $$;"
        "CREATE TABLE raising (id int CHECK (no(id)));",
    )
    found = fill(connection, seed=1)
    assert found.rows == {'"public"."never"': 5}, "NULL fulfils a condition"
    assert "id <> id" in found.unfilled['"public"."below"']
    assert "partition" in found.unfilled['"public"."rootless"']
    assert "the other way round" in found.unfilled['"public"."a"']
    assert found.unfilled['"public"."c"'] == 'foreign key c_b_fkey needs a row of "public"."b", which has none'
    assert found.unfilled['"public"."raising"'] == "no way"


def test_a_role_without_rights_over_the_server(nasty: Connection, database: DatabaseUrl) -> None:
    session.run(
        nasty,
        'CREATE ROLE plain; GRANT ALL ON SCHEMA public, "Odd ""Schema""" TO plain;'
        'GRANT ALL ON ALL TABLES IN SCHEMA public, "Odd ""Schema""" TO plain;'
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO plain; SET ROLE plain",
    )
    found = fill(nasty, seed=1)
    session.run(nasty, "RESET ROLE; DROP OWNED BY plain; DROP ROLE plain")
    assert found.unfilled == {
        '"public"."secret"': 'new row violates row-level security policy for table "secret"',
        '"public"."watched"': "never",
        '"public"."ruled"': 'cannot perform INSERT RETURNING on relation "ruled"',
    }
