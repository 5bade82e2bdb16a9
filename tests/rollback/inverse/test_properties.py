"""Random schemas and random changes: whatever happened, the way back leads where it began, or says that it does not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safemigrate.db.catalog import difference, read
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.rollback.inverse import invert
from safemigrate.shadow.local import LocalServer

TABLE = st.sampled_from(["A", "B", "C"])
COLUMN = st.sampled_from(["id", "x", "y", "z", "e"])
NAME = st.sampled_from(["n1", "n2", "x", "A", "E"])
TYPE = st.sampled_from(["int", "bigint", "text", "varchar(9)", "numeric(8,2)", '"E"', '"E"[]', "text[]", '"D"'])
FUNCTION = "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"

ACTION = st.one_of(
    st.builds('CREATE TABLE "{}" ("id" serial PRIMARY KEY, "x" {}, "e" "E" DEFAULT \'a\')'.format, TABLE, TYPE),
    st.builds('DROP TABLE "{}" CASCADE'.format, TABLE),
    st.builds('ALTER TABLE "{}" ADD COLUMN "{}" {}'.format, TABLE, COLUMN, TYPE),
    st.builds('ALTER TABLE "{}" ADD COLUMN "g" text GENERATED ALWAYS AS ("{}"::text) STORED'.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" DROP COLUMN "{}" CASCADE'.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" RENAME COLUMN "{}" TO "{}"'.format, TABLE, COLUMN, NAME),
    st.builds('ALTER TABLE "{0}" ALTER "{1}" DROP DEFAULT, ALTER "{1}" TYPE {2} USING NULL'.format,
              TABLE, COLUMN, TYPE),
    st.builds('ALTER TABLE "{}" ALTER "{}" SET NOT NULL'.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" ALTER "{}" DROP NOT NULL'.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" ALTER "{}" SET DEFAULT \'a\''.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" ALTER "{}" DROP DEFAULT'.format, TABLE, COLUMN),
    st.builds('ALTER TABLE "{}" RENAME TO "{}"'.format, TABLE, NAME),
    st.builds('ALTER TABLE "{}" SET SCHEMA "s"'.format, TABLE),
    st.builds('ALTER TABLE "{}" DROP CONSTRAINT "{}_pkey" CASCADE'.format, TABLE, TABLE),
    st.builds('ALTER TABLE "{}" ADD CONSTRAINT "{}" FOREIGN KEY ("x") REFERENCES "{}"("id")'.format,
              TABLE, NAME, TABLE),
    st.builds('ALTER TABLE "{}" ADD CONSTRAINT "{}" CHECK ("{}" IS NOT NULL)'.format, TABLE, NAME, COLUMN),
    st.builds('ALTER TABLE "{}" ADD CONSTRAINT "{}" UNIQUE ("{}", "id")'.format, TABLE, NAME, COLUMN),
    st.builds('ALTER TABLE "{}" DROP CONSTRAINT "{}"'.format, TABLE, NAME),
    st.builds('CREATE INDEX "{}" ON "{}" ("{}")'.format, NAME, TABLE, COLUMN),
    st.builds('CREATE INDEX "{}" ON "{}" (("{}"::text)) WHERE "e" IS NOT NULL'.format, NAME, TABLE, COLUMN),
    st.builds('DROP INDEX "{}"'.format, NAME),
    st.builds('ALTER INDEX "{}" RENAME TO "{}"'.format, NAME, NAME),
    st.builds('CREATE VIEW "{}" AS SELECT * FROM "{}"'.format, NAME, TABLE),
    st.builds('CREATE VIEW "{}" AS SELECT "e", count(*) FROM "{}" GROUP BY "e"'.format, NAME, TABLE),
    st.builds('CREATE MATERIALIZED VIEW "{}" AS SELECT * FROM "{}"'.format, NAME, NAME),
    st.builds('DROP VIEW "{}" CASCADE'.format, NAME),
    st.builds('DROP MATERIALIZED VIEW "{}"'.format, NAME),
    st.builds("ALTER TYPE \"E\" ADD VALUE IF NOT EXISTS '{}'".format, NAME),
    st.builds("ALTER TYPE \"E\" RENAME VALUE 'b' TO '{}'".format, NAME),
    st.builds('ALTER TYPE "E" RENAME TO "{}"'.format, NAME),
    st.just('DROP TYPE "E" CASCADE'),
    st.just("CREATE TYPE \"E\" AS ENUM ('a', 'q')"),
    st.just('DROP DOMAIN "D" CASCADE'),
    st.just('CREATE DOMAIN "D" AS text CHECK (VALUE <> \'no\')'),
    st.just('ALTER DOMAIN "D" SET DEFAULT \'d\''),
    st.builds(f"CREATE FUNCTION \"{{}}\"() RETURNS trigger {FUNCTION}".format, NAME),
    st.builds('CREATE TRIGGER "{}" BEFORE UPDATE OF "{}" ON "{}" FOR EACH ROW EXECUTE FUNCTION "{}"()'.format,
              NAME, COLUMN, TABLE, NAME),
    st.builds('DROP FUNCTION "{}" CASCADE'.format, NAME),
    st.builds('CREATE POLICY "{}" ON "{}" USING ("e" IS NOT NULL)'.format, NAME, TABLE),
    st.builds('COMMENT ON COLUMN "{}"."{}" IS \'said\''.format, TABLE, COLUMN),
    st.builds('GRANT SELECT ("{}") ON "{}" TO PUBLIC'.format, COLUMN, TABLE),
)  # fmt: skip

START = """
CREATE SCHEMA "s"; CREATE TYPE "E" AS ENUM ('a', 'b'); CREATE DOMAIN "D" AS text;
CREATE TABLE "A" ("id" serial PRIMARY KEY, "x" int, "y" text, "e" "E" NOT NULL DEFAULT 'a');
CREATE TABLE "B" ("id" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "x" int REFERENCES "A"("id"), "z" "E"[]);
"""


@contextmanager
def fresh(server: LocalServer) -> Iterator[DatabaseUrl]:
    """A database an example: Hypothesis runs many within one test."""
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield server.url.with_database(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def attempt(connection: Connection, actions: list[str]) -> list[str]:
    """Run what PostgreSQL accepts; most random statements name something that is not there."""
    done = []
    for sql in actions:
        try:
            connection.execute(sql.encode())
            done.append(sql)
        except psycopg.Error:
            continue
    return done


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(setup=st.lists(ACTION, max_size=14), change=st.lists(ACTION, min_size=1, max_size=10))
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
        assert compare(before, read(connection)) == [], ";\n".join(story)
