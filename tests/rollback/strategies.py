"""Random changes of a schema that has something of every kind; shared by the tests of the inverse and of the rows.

Most random statements name something that is not there or is in the way, so names come from small pools and `attempt`
runs what PostgreSQL accepts. `ACTIONS` is sorted by kind, so that what is reached can be counted.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from safemigrate.db.postgres import Connection
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.local import LocalServer

COMMON = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
# SAFEMIGRATE_TEST_EXAMPLES=10000 is the nightly run: other examples every time, and as many as it says.
_NIGHTLY = os.environ.get("SAFEMIGRATE_TEST_EXAMPLES", "")
# A database an example, and a failure is shrunk, one example after another: minutes on a busy machine.
PATIENT = pytest.mark.timeout(0 if _NIGHTLY else 900)


def examples(number: int) -> settings:
    """Settings for a property that CI tries `number` times, always with the same examples."""
    if _NIGHTLY:
        return settings(COMMON, max_examples=int(_NIGHTLY), derandomize=False)
    return settings(COMMON, max_examples=number)


# Something of every kind that an action below changes.
START = """
CREATE SCHEMA "s";
CREATE TYPE "E" AS ENUM ('a', 'b');
CREATE DOMAIN "D" AS text CONSTRAINT "dc" CHECK (VALUE <> 'no');
CREATE TYPE "C" AS ("x" int, "y" text);
CREATE TYPE "R" AS RANGE (SUBTYPE = int4);
CREATE TABLE "A" ("id" serial PRIMARY KEY, "x" int, "y" text, "e" "E" NOT NULL DEFAULT 'a');
CREATE TABLE "B" ("id" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "x" int REFERENCES "A"("id"), "z" "E"[]);
CREATE TABLE "K" ("k" int) INHERITS ("A");
CREATE TABLE "P" ("id" int, "x" int NOT NULL, "y" text, PRIMARY KEY ("id", "x")) PARTITION BY RANGE ("x");
CREATE TABLE "P1" PARTITION OF "P" FOR VALUES FROM (0) TO (9);
CREATE INDEX "i1" ON "A" ("x");
CREATE INDEX "i2" ON "P" ("y");
CREATE SEQUENCE "q1";
CREATE VIEW "v1" AS SELECT "id", "x", "e" FROM "A";
CREATE MATERIALIZED VIEW "m1" AS SELECT "e", count(*) AS n FROM "A" GROUP BY "e";
CREATE FUNCTION "f1"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION "f2"(a int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a $$;
CREATE TRIGGER "t1" BEFORE UPDATE ON "A" FOR EACH ROW EXECUTE FUNCTION "f1"();
CREATE POLICY "p1" ON "A" USING ("x" > 0);
CREATE RULE "r1" AS ON UPDATE TO "B" WHERE NEW."x" < 0 DO INSTEAD NOTHING;
CREATE STATISTICS "st1" ON "x", "y" FROM "A";
CREATE PUBLICATION "pub1" FOR TABLE "A";
CREATE COLLATION "l1" FROM "C";
CREATE FUNCTION "cf"("E") RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;
CREATE CAST ("E" AS int) WITH FUNCTION "cf"("E");
CREATE FUNCTION "of"(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text = $2 $$;
CREATE OPERATOR === (FUNCTION = "of", LEFTARG = int, RIGHTARG = text);
CREATE TEXT SEARCH DICTIONARY "d1" (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION "w1" (COPY = simple);
CREATE FOREIGN DATA WRAPPER "fw";
CREATE SERVER "sv" FOREIGN DATA WRAPPER "fw" OPTIONS (host 'h');
CREATE FOREIGN TABLE "F" ("id" int, "x" int OPTIONS (k 'v'), "e" "E" DEFAULT 'a') SERVER "sv";
"""
# For whoever looks after rows as well.
ROWS = """
INSERT INTO "A" ("x", "y") VALUES (1, 'a'), (2, 'b'), (NULL, NULL);
INSERT INTO "B" ("x", "z") VALUES (1, '{a}'), (NULL, '{a,b}');
INSERT INTO "K" ("x", "k") VALUES (3, 4);
INSERT INTO "P" ("id", "x") VALUES (1, 1);
"""

TABLE = st.sampled_from(["A", "A", "B", "B", "K", "P", "P1", "N"])
COLUMN = st.sampled_from(["id", "x", "x", "y", "z", "e"])
INDEX = st.sampled_from(["i1", "i2", "i3", "A_pkey", "n1"])
CONSTRAINT = st.sampled_from(["c1", "c2", "A_pkey", "B_pkey", "B_x_fkey", "n1"])
VIEW = st.sampled_from(["v1", "v2", "n1"])
FUNCTION = st.sampled_from(["f1", "f3"])
SEQUENCE = st.sampled_from(["q1", "q2", "A_id_seq", "n1"])
TRIGGER = st.sampled_from(["t1", "t2"])
ROLE = st.sampled_from(["PUBLIC", "pg_monitor"])
# Names that more than one kind of object takes from another.
NAME = st.sampled_from(["n1", "n2", "x", "N", "A", "E"])
TYPE = st.sampled_from(
    ["int", "bigint", "text", "varchar(9)", "numeric(8,2)", '"E"', '"E"[]', "text[]", '"D"', '"C"', '"R"', "jsonb"]
)
SCHEMA = st.sampled_from(["s", "public", "s2"])
BODY = "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"


def _said(text: str, *parts: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.builds(text.format, *parts)


def _one(*texts: str) -> SearchStrategy[str]:
    return st.sampled_from(texts)


ACTIONS: dict[str, list[SearchStrategy[str]]] = {
    "table": [
        _said('CREATE TABLE "{}" ("id" serial PRIMARY KEY, "x" {}, "e" "E" DEFAULT \'a\')', TABLE, TYPE),
        _said('CREATE TABLE "{}" (LIKE "{}" INCLUDING ALL)', TABLE, TABLE),
        _said('DROP TABLE "{}" CASCADE', TABLE),
        _said('ALTER TABLE "{}" RENAME TO "{}"', TABLE, NAME),
        _said('ALTER TABLE "{}" SET SCHEMA "{}"', TABLE, SCHEMA),
        _said('ALTER TABLE "s"."{}" SET SCHEMA "public"', TABLE),
        _said('ALTER TABLE "{}" SET (fillfactor = 70)', TABLE),
        _said('ALTER TABLE "{}" RESET (fillfactor)', TABLE),
        _said('ALTER TABLE "{}" SET {}', TABLE, _one("UNLOGGED", "LOGGED", "WITHOUT CLUSTER")),
        _said('ALTER TABLE "{}" REPLICA IDENTITY {}', TABLE, _one("FULL", "NOTHING", "DEFAULT", 'USING INDEX "i3"')),
        _said('ALTER TABLE "{}" {} ROW LEVEL SECURITY', TABLE, _one("ENABLE", "DISABLE", "FORCE", "NO FORCE")),
        _said('COMMENT ON TABLE "{}" IS {}', TABLE, _one("'said'", "NULL")),
        _said('ALTER TABLE "{}" OWNER TO pg_monitor', TABLE),
    ],
    "inheritance": [
        _said('ALTER TABLE "{}" INHERIT "{}"', TABLE, TABLE),
        _said('CREATE TABLE "{}" ("k" int) INHERITS ("{}")', TABLE, TABLE),
        _said('ALTER TABLE "P" DETACH PARTITION "{}"', TABLE),
        _said('ALTER TABLE "P" ATTACH PARTITION "{}" FOR VALUES FROM (20) TO (30)', TABLE),
        _said('CREATE TABLE "{}" PARTITION OF "P" FOR VALUES FROM (10) TO (19)', TABLE),
        _said('CREATE TABLE "{}" PARTITION OF "P" DEFAULT', TABLE),
    ],
    "column": [
        _said('ALTER TABLE "{}" ADD COLUMN "{}" {}', TABLE, COLUMN, TYPE),
        _said('ALTER TABLE "{}" ADD COLUMN "z" int NOT NULL DEFAULT 3', TABLE),
        _said('ALTER TABLE "{}" ADD COLUMN "g" text GENERATED ALWAYS AS ("{}"::text) STORED', TABLE, COLUMN),
        _said('ALTER TABLE "{}" DROP COLUMN "{}" CASCADE', TABLE, COLUMN),
        _said('ALTER TABLE "{}" RENAME COLUMN "{}" TO "{}"', TABLE, COLUMN, NAME),
        _said('ALTER TABLE "{0}" ALTER "{1}" DROP DEFAULT, ALTER "{1}" TYPE {2} USING NULL', TABLE, COLUMN, TYPE),
        _said('ALTER TABLE "{}" ALTER "{}" TYPE text', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" TYPE text COLLATE "C"', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" {} NOT NULL', TABLE, COLUMN, _one("SET", "DROP")),
        _said('ALTER TABLE "{}" ALTER "{}" SET DEFAULT \'a\'', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" SET DEFAULT "f2"(1)', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" DROP DEFAULT', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" DROP IDENTITY IF EXISTS', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" ADD GENERATED BY DEFAULT AS IDENTITY', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "g" DROP EXPRESSION', TABLE),
        _said('ALTER TABLE "{}" ALTER "{}" SET STORAGE EXTERNAL', TABLE, COLUMN),
        _said('ALTER TABLE "{}" ALTER "{}" SET STATISTICS {}', TABLE, COLUMN, _one("10", "-1")),
        _said('ALTER TABLE "{}" ALTER "{}" SET (n_distinct = 3)', TABLE, COLUMN),
        _said('COMMENT ON COLUMN "{}"."{}" IS {}', TABLE, COLUMN, _one("'said'", "NULL")),
    ],
    "constraint": [
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" FOREIGN KEY ("x") REFERENCES "{}"("id")', TABLE, CONSTRAINT, TABLE),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" FOREIGN KEY ("x") REFERENCES "{}" ("id") ON DELETE CASCADE'
              ' NOT VALID', TABLE, CONSTRAINT, TABLE),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" CHECK ("{}" IS NOT NULL) NOT VALID', TABLE, CONSTRAINT, COLUMN),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" CHECK ("{}" IS NULL OR true) NO INHERIT',
              TABLE, CONSTRAINT, COLUMN),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" UNIQUE ("{}", "id", "x")', TABLE, CONSTRAINT, COLUMN),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" UNIQUE ("{}", "id") DEFERRABLE', TABLE, CONSTRAINT, COLUMN),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" EXCLUDE USING gist (int4range("x", "x") WITH &&)',
              TABLE, CONSTRAINT),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "{}" PRIMARY KEY ("{}")', TABLE, CONSTRAINT, COLUMN),
        _said('ALTER TABLE "{0}" DROP CONSTRAINT "{0}_pkey" CASCADE', TABLE),
        _said('ALTER TABLE "{}" DROP CONSTRAINT "{}"', TABLE, CONSTRAINT),
        _said('ALTER TABLE "{}" RENAME CONSTRAINT "{}" TO "{}"', TABLE, CONSTRAINT, CONSTRAINT),
        _said('ALTER TABLE "{}" VALIDATE CONSTRAINT "{}"', TABLE, CONSTRAINT),
        _said('ALTER TABLE "{}" ALTER CONSTRAINT "{}" DEFERRABLE INITIALLY DEFERRED', TABLE, CONSTRAINT),
    ],
    "index": [
        _said('CREATE INDEX "{}" ON "{}" ("{}")', INDEX, TABLE, COLUMN),
        _said('CREATE UNIQUE INDEX "i3" ON "{}" ("id", "x")', TABLE),
        _said('CREATE INDEX "{}" ON "{}" (("{}"::text)) WHERE "e" IS NOT NULL', INDEX, TABLE, COLUMN),
        _said('CREATE INDEX "{}" ON ONLY "P" ("{}")', INDEX, COLUMN),
        _said('DROP INDEX "{}"', INDEX),
        _said('ALTER INDEX "{}" RENAME TO "{}"', INDEX, NAME),
        _said('ALTER INDEX "{}" SET (fillfactor = 50)', INDEX),
        _said('ALTER TABLE "{}" CLUSTER ON "{}"', TABLE, INDEX),
        _said('COMMENT ON INDEX "{}" IS \'said\'', INDEX),
    ],
    "view": [
        _said('CREATE VIEW "{}" AS SELECT * FROM "{}"', VIEW, TABLE),
        _said('CREATE OR REPLACE VIEW "{}" AS SELECT "id", "x", "e" FROM "A" WHERE "x" > 1', VIEW),
        _said('CREATE OR REPLACE VIEW "{}" AS SELECT "id", "x", "e", "y" FROM "A"', VIEW),
        _said('CREATE VIEW "{}" AS SELECT "e", count(*) FROM "{}" GROUP BY "e"', VIEW, TABLE),
        _said('CREATE VIEW "v2" AS SELECT * FROM "{}"', VIEW),
        _said('CREATE MATERIALIZED VIEW "m2" AS SELECT * FROM "{}"', VIEW),
        _said('CREATE UNIQUE INDEX "{}" ON "m1" ("e")', INDEX),
        _said('DROP VIEW "{}" CASCADE', VIEW),
        _said("{}", _one('DROP MATERIALIZED VIEW "m1"', 'ALTER MATERIALIZED VIEW "m1" RENAME TO "n2"')),
        _said('ALTER VIEW "{}" SET (security_barrier = true)', VIEW),
        _said('ALTER VIEW "{}" RENAME TO "{}"', VIEW, NAME),
        _said('ALTER VIEW "{}" RENAME COLUMN "x" TO "xx"', VIEW),
        _said('ALTER VIEW "{}" SET SCHEMA "s"', VIEW),
        _said('ALTER VIEW "{}" ALTER COLUMN "x" SET DEFAULT 4', VIEW),
    ],
    "enum": [
        _said("ALTER TYPE \"E\" ADD VALUE IF NOT EXISTS '{}' {}", NAME, _one("", "BEFORE 'a'", "AFTER 'a'")),
        _said("ALTER TYPE \"E\" RENAME VALUE '{}' TO '{}'", _one("a", "b"), NAME),
        _said('ALTER TYPE "E" RENAME TO "{}"', NAME),
        _said('ALTER TYPE "E" SET SCHEMA "s"'),
        _said('DROP TYPE "E" CASCADE'),
        _said("CREATE TYPE \"E\" AS ENUM ('a', 'q')"),
        _said('ALTER TABLE "{0}" ALTER "{1}" DROP DEFAULT, ALTER "{1}" TYPE "E" USING \'a\'', TABLE, COLUMN),
    ],
    "type": [
        _said('DROP DOMAIN "D" CASCADE'),
        _said('CREATE DOMAIN "D" AS text CHECK (VALUE <> \'no\')'),
        _said("ALTER DOMAIN \"D\" {}", _one("SET DEFAULT 'd'", "DROP DEFAULT", "SET NOT NULL", 'DROP CONSTRAINT "dc"',
              "ADD CONSTRAINT \"dd\" CHECK (VALUE <> 'x') NOT VALID", 'RENAME CONSTRAINT "dc" TO "de"',
              'VALIDATE CONSTRAINT "dd"', 'RENAME TO "n1"', 'SET SCHEMA "s"')),
        _said('ALTER TYPE "C" {} CASCADE', _one('ADD ATTRIBUTE "w" int', 'RENAME ATTRIBUTE "x" TO "xx"',
              'ALTER ATTRIBUTE "y" TYPE varchar(5)')),
        _said('ALTER TYPE "C" RENAME TO "{}"', NAME),
        _said('DROP TYPE "{}" CASCADE', _one("C", "R")),
        _said('CREATE TYPE "C" AS ("x" {})', TYPE),
        _said('CREATE TYPE "R" AS RANGE (SUBTYPE = numeric)'),
        _said('ALTER TYPE "R" RENAME TO "{}"', NAME),
    ],
    "sequence": [
        _said('CREATE SEQUENCE "{}" START 5 INCREMENT 2 CACHE 3', SEQUENCE),
        _said('DROP SEQUENCE "{}" CASCADE', SEQUENCE),
        _said('ALTER SEQUENCE "{}" {}', SEQUENCE, _one("AS bigint", "INCREMENT 7", "CYCLE", "MAXVALUE 99", "CACHE 9")),
        _said('ALTER SEQUENCE "{}" RENAME TO "{}"', SEQUENCE, NAME),
        _said('ALTER SEQUENCE "{}" OWNED BY "{}"."{}"', SEQUENCE, TABLE, COLUMN),
        _said('ALTER SEQUENCE "{}" OWNED BY NONE', SEQUENCE),
        _said('ALTER SEQUENCE "{}" SET SCHEMA "s"', SEQUENCE),
        _said('ALTER TABLE "{}" ALTER "{}" SET DEFAULT nextval(\'"q1"\')', TABLE, COLUMN),
    ],
    "routine": [
        _said(f'CREATE FUNCTION "{{}}"() RETURNS trigger {BODY}', FUNCTION),
        _said('CREATE OR REPLACE FUNCTION "f2"(a int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 2 $$'),
        _said('DROP FUNCTION "{}" CASCADE', st.sampled_from(["f1", "f2", "f3"])),
        _said('CREATE FUNCTION "f2"(a "{}") RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 3 $$', _one("E", "A", "D")),
        _said('CREATE PROCEDURE "f3"(a int) LANGUAGE sql AS $$ SELECT 1 $$'),
        _said('ALTER FUNCTION "{}" RENAME TO "{}"', st.sampled_from(["f1", "f2"]), NAME),
        _said('ALTER FUNCTION "f2" SET SCHEMA "s"'),
        _said('ALTER FUNCTION "f2" {}', _one("SECURITY DEFINER", "COST 9", "SET search_path = s", "STRICT")),
        _said('REVOKE EXECUTE ON FUNCTION "f2" FROM PUBLIC'),
        _said('CREATE AGGREGATE "g1"(int) (SFUNC = int4pl, STYPE = int, INITCOND = {})', _one("'0'", "'5'")),
        _said('DROP AGGREGATE "g1"(int)'),
        _said('ALTER TABLE "{}" ADD CONSTRAINT "c2" CHECK ("f2"("x") > 0) NOT VALID', TABLE),
    ],
    "trigger": [
        _said('CREATE TRIGGER "{}" BEFORE UPDATE OF "{}" ON "{}" FOR EACH ROW EXECUTE FUNCTION "{}"()',
              TRIGGER, COLUMN, TABLE, FUNCTION),
        _said('CREATE TRIGGER "{}" AFTER INSERT ON "{}" REFERENCING NEW TABLE AS n FOR EACH STATEMENT'
              ' EXECUTE FUNCTION "f1"()', TRIGGER, TABLE),
        _said('CREATE CONSTRAINT TRIGGER "t3" AFTER INSERT ON "{}" DEFERRABLE FOR EACH ROW EXECUTE FUNCTION "f1"()',
              TABLE),
        _said('CREATE TRIGGER "t4" INSTEAD OF INSERT ON "{}" FOR EACH ROW EXECUTE FUNCTION "f1"()', VIEW),
        _said('DROP TRIGGER "{}" ON "{}"', TRIGGER, TABLE),
        _said('ALTER TRIGGER "{}" ON "{}" RENAME TO "{}"', TRIGGER, TABLE, TRIGGER),
        _said('ALTER TABLE "{}" {} TRIGGER "{}"', TABLE, _one("DISABLE", "ENABLE ALWAYS", "ENABLE"), TRIGGER),
    ],
    "policy": [
        _said('CREATE POLICY "{}" ON "{}" USING ("{}" IS NOT NULL)', _one("p1", "p2"), TABLE, COLUMN),
        _said('ALTER POLICY "p1" ON "{}" TO pg_monitor USING ("id" > 3)', TABLE),
        _said('ALTER POLICY "p1" ON "{}" RENAME TO "p2"', TABLE),
        _said('DROP POLICY "p1" ON "{}"', TABLE),
    ],
    "rule": [
        _said('CREATE OR REPLACE RULE "r1" AS ON UPDATE TO "{}" WHERE NEW."{}" IS NULL DO INSTEAD NOTHING',
              TABLE, COLUMN),
        _said('ALTER TABLE "{}" {} RULE "r1"', TABLE, _one("DISABLE", "ENABLE")),
        _said('DROP RULE "r1" ON "{}"', TABLE),
    ],
    "statistics": [
        _said('CREATE STATISTICS "st2" (ndistinct) ON "id", "{}" FROM "{}"', COLUMN, TABLE),
        _said('{} STATISTICS "st1"{}', _one("DROP"), _one("")),
        _said('ALTER STATISTICS "st1" {}', _one("SET STATISTICS 5", 'RENAME TO "st3"', 'SET SCHEMA "s"')),
    ],
    "publication": [
        _said('CREATE PUBLICATION "pub2" FOR TABLE "{}"', TABLE),
        _said('ALTER PUBLICATION "pub1" {} TABLE "{}"', _one("ADD", "SET", "DROP"), TABLE),
        _said('ALTER PUBLICATION "pub1" {}', _one("SET (publish = 'insert')", 'RENAME TO "pub3"')),
        _said('DROP PUBLICATION "pub1"'),
    ],
    "rights": [
        _said('GRANT SELECT ("{}") ON "{}" TO {}', COLUMN, TABLE, ROLE),
        _said('{} ON "{}" {}', _one("GRANT SELECT", "GRANT ALL"), TABLE, _one("TO PUBLIC", "TO pg_monitor")),
        _said('REVOKE ALL ON "{}" FROM {}', TABLE, ROLE),
        _said('GRANT USAGE ON SCHEMA "s" TO {}', ROLE),
        _said('GRANT USAGE ON SEQUENCE "{}" TO {}', SEQUENCE, ROLE),
        _said('REVOKE USAGE ON TYPE "{}" FROM PUBLIC', _one("E", "D")),
        _said("ALTER DEFAULT PRIVILEGES {} GRANT {} TO {}", _one("", 'IN SCHEMA "s"', "IN SCHEMA public"),
              _one("SELECT ON TABLES", "USAGE ON SEQUENCES", "EXECUTE ON FUNCTIONS", "USAGE ON TYPES"), ROLE),
    ],
    "collation": [
        _said('ALTER TABLE "{}" ALTER "{}" TYPE text COLLATE "l1"', TABLE, COLUMN),
        _said('CREATE INDEX "{}" ON "{}" ("y" COLLATE "l1")', INDEX, TABLE),
        _said("{}", _one('DROP COLLATION "l1" CASCADE', 'CREATE COLLATION "l1" FROM "POSIX"',
              'ALTER COLLATION "l1" RENAME TO "l2"', 'ALTER COLLATION "l1" SET SCHEMA "s"')),
    ],
    "operator": [
        _said('CREATE INDEX "{}" ON "{}" ("id") WHERE "x" === \'a\'', INDEX, TABLE),
        _said('CREATE VIEW "{}" AS SELECT "e"::int AS n, "id" === \'a\' AS o FROM "{}"', VIEW, TABLE),
        _said("{}", _one("DROP OPERATOR === (int, text) CASCADE", 'ALTER OPERATOR === (int, text) SET SCHEMA "s"',
              "ALTER OPERATOR === (int, text) SET (RESTRICT = eqsel)",
              'CREATE OPERATOR === (FUNCTION = "of", LEFTARG = int, RIGHTARG = text, NEGATOR = !==)',
              'DROP FUNCTION "of" CASCADE', 'ALTER FUNCTION "of" RENAME TO "n1"')),
        _said("{}", _one('DROP CAST ("E" AS int)', 'CREATE CAST ("E" AS int) WITH FUNCTION "cf"("E") AS ASSIGNMENT',
              'DROP FUNCTION "cf" CASCADE', 'ALTER FUNCTION "cf" RENAME TO "n2"')),
    ],
    "text search": [
        _said('CREATE INDEX "{}" ON "{}" USING gin (to_tsvector(\'"w1"\', "y"))', INDEX, TABLE),
        _said('ALTER TEXT SEARCH CONFIGURATION "w1" {}', _one('ALTER MAPPING FOR word WITH "d1", simple',
              "DROP MAPPING FOR email", 'ALTER MAPPING REPLACE simple WITH "d1"', 'RENAME TO "n1"', 'SET SCHEMA "s"')),
        _said('ALTER TEXT SEARCH DICTIONARY "d1" {}', _one("(Accept = false)", 'RENAME TO "d2"', 'SET SCHEMA "s"')),
        _said("DROP TEXT SEARCH {} CASCADE", _one('DICTIONARY "d1"', 'CONFIGURATION "w1"')),
        _said('ALTER TABLE "{}" ADD COLUMN "t" tsvector GENERATED ALWAYS AS'
              ' (to_tsvector(\'"w1"\', "y")) STORED', TABLE),
    ],
    "foreign": [
        _said('ALTER FOREIGN TABLE "F" {}', _one('ADD COLUMN "y" text NOT NULL DEFAULT \'q\'',
              'DROP COLUMN "x" CASCADE', 'ALTER "x" TYPE text', 'RENAME TO "n1"', 'SET SCHEMA "s"',
              'RENAME COLUMN "x" TO "z"', 'ALTER "e" DROP DEFAULT', "OPTIONS (ADD a 'b')",
              'ALTER "x" OPTIONS (SET k \'w\')', 'ADD CONSTRAINT "c1" CHECK ("id" > 0)')),
        _said("{}", _one('DROP FOREIGN TABLE "F" CASCADE', 'DROP SERVER "sv" CASCADE',
              'ALTER SERVER "sv" RENAME TO "sw"', 'ALTER SERVER "sv" OPTIONS (SET host \'i\')',
              'DROP FOREIGN DATA WRAPPER "fw" CASCADE', 'GRANT USAGE ON FOREIGN SERVER "sv" TO PUBLIC',
              'CREATE USER MAPPING FOR PUBLIC SERVER "sv" OPTIONS ("user" \'u\')')),
        _said('CREATE FOREIGN TABLE "{}" PARTITION OF "P" FOR VALUES FROM (30) TO (40) SERVER "sv"', TABLE),
        _said('CREATE VIEW "{}" AS SELECT * FROM "F"', VIEW),
    ],
    "schema": [
        _said('CREATE SCHEMA "{}"', SCHEMA),
        _said('DROP SCHEMA "{}" CASCADE', st.sampled_from(["s", "s2"])),
        _said('ALTER SCHEMA "s" RENAME TO "{}"', _one("s2", "s3")),
        _said('CREATE TABLE "s"."{}" ("id" serial PRIMARY KEY, "x" int REFERENCES "A"("id"))', TABLE),
    ],
}  # fmt: skip
"""Every action, by the kind of object that it changes."""

ACTION: SearchStrategy[str] = st.one_of(*(st.one_of(*actions) for actions in ACTIONS.values()))
"""One random statement, every kind as likely as another; it may fail."""

_CONDITION = st.sampled_from(
    ["", "", 'WHERE "id" = 1', 'WHERE "id" > 1', 'WHERE "x" IS NULL', 'WHERE "x" > 1', "WHERE ctid = '(0,1)'"]
)
_VALUE = st.sampled_from(["1", "7", "'a'", "'b'", "NULL", "DEFAULT", '"id"', '"x"', "'5'", "'{a}'"])
_WRITE: SearchStrategy[str] = st.one_of(
    _said('UPDATE "{}" SET "{}" = {} {}', TABLE, COLUMN, _VALUE, _CONDITION),
    _said('UPDATE "{0}" SET "{1}" = "{1}" || \'!\' {2}', TABLE, COLUMN, _CONDITION),
    _said('UPDATE "{}" SET "x" = "x" + 1, "{}" = DEFAULT {}', TABLE, COLUMN, _CONDITION),
    _said('UPDATE "{}" SET "id" = "id" + 10 {}', TABLE, _CONDITION),
    _said('UPDATE "{}" SET "id" = -"id" {}', TABLE, _CONDITION),
    _said('UPDATE "{0}" t SET "x" = o."id" FROM "{1}" o WHERE o."id" = t."id"', TABLE, TABLE),
    _said('DELETE FROM "{}" {}', TABLE, _CONDITION),
    _said('DELETE FROM ONLY "{}" {}', TABLE, _CONDITION),
    _said('DELETE FROM "{0}" t USING "{0}" o WHERE t."x" = o."x" AND t."id" > o."id"', TABLE),
    _said('INSERT INTO "{}" ("id", "x") VALUES (50, 1), (51, 2)', TABLE),
    _said('INSERT INTO "{}" ("x") VALUES (1)', TABLE),
    _said('INSERT INTO "{0}" ("x", "{1}") SELECT "x", "{1}" FROM "{0}"', TABLE, COLUMN),
    _said('INSERT INTO "{}" ("id", "x") VALUES (1, 1), (60, 1) ON CONFLICT ("id") DO UPDATE SET "x" = 9', TABLE),
)
ROWS_ACTION: SearchStrategy[str] = st.one_of(
    _WRITE,
    _WRITE,
    _said('TRUNCATE "{}" {}', TABLE, _one("", "CASCADE", "RESTART IDENTITY", "RESTART IDENTITY CASCADE")),
    _said('WITH gone AS (DELETE FROM "{0}" WHERE "id" = 1 RETURNING *) INSERT INTO "{0}" ("id", "x") '
          'SELECT "id" + 70, "x" FROM gone', TABLE),
    _said("DO $$ BEGIN {}; {}; END $$", _WRITE, _WRITE),
    _said("DO $$ BEGIN {}; {}; END $$", _WRITE, ACTION),
    _said('DO $$ BEGIN DROP TABLE "{}" CASCADE; END $$', TABLE),
    _said("CREATE FUNCTION \"w\"() RETURNS void LANGUAGE sql AS $$ {} $$; SELECT \"w\"()", _WRITE),
    _said('UPDATE "{0}" SET "{1}" = {2} WHERE "{1}" IS NULL; ALTER TABLE "{0}" ALTER "{1}" SET NOT NULL',
          TABLE, COLUMN, _VALUE),
    st.builds(
        lambda table, column, to: f'ALTER TABLE "{table}" ALTER "{column}" DROP DEFAULT, ALTER "{column}" TYPE {to}'
        .replace("@", f'"{column}"'),
        TABLE, COLUMN,
        _one("text", "varchar(1) USING left(@::text, 1)", "bigint", "numeric(8,1)", "smallint",
             "int USING length(@::text)", "text[] USING ARRAY[@::text]", "jsonb USING to_jsonb(@)"),
    ),
    _said("UPDATE \"A\" SET \"e\" = 'a' WHERE \"e\" = 'b'; CREATE TYPE \"E2\" AS ENUM ('a'); "
          'ALTER TABLE "A" ALTER "e" DROP DEFAULT, ALTER "e" TYPE "E2" USING {}; '
          'ALTER TABLE "A" ALTER "e" SET DEFAULT \'a\'', _one('"e"::text::"E2"', "'a'")),
    _said('CREATE TABLE "N" AS SELECT * FROM "{}" {}', TABLE, _CONDITION),
    _said('CREATE TABLE "S" AS SELECT * FROM "{0}"; DROP TABLE "{0}" CASCADE; ALTER TABLE "S" RENAME TO "{0}"', TABLE),
    _said('{}', _one('SELECT setval(\'"A_id_seq"\', 1)', 'ALTER SEQUENCE "A_id_seq" RESTART',
                     'ALTER TABLE "B" ALTER "id" RESTART WITH 1', 'SELECT nextval(\'"q1"\')')),
    _said('{}', _one('REFRESH MATERIALIZED VIEW "m1"', "SET session_replication_role = replica",
                     "SET CONSTRAINTS ALL DEFERRED", "SET DateStyle = 'SQL, DMY'", "SET search_path = s, public")),
)  # fmt: skip
"""One or a few statements that write rows, or change what they are; as random as `ACTION`."""


@contextmanager
def fresh(server: LocalServer) -> Iterator[DatabaseUrl]:
    """A database an example: Hypothesis runs many within one test."""
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield server.url.with_database(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def attempt(connection: Connection, actions: list[str]) -> list[str]:
    """Run what PostgreSQL accepts and return it."""
    done = []
    for sql in actions:
        try:
            connection.execute(sql.encode())
            done.append(sql)
        except psycopg.Error:
            continue
    return done
