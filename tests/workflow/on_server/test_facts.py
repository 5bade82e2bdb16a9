from __future__ import annotations

import psycopg

from safemigrate.db.url import DatabaseUrl
from safemigrate.lint.facts import Index
from safemigrate.sql import Name
from safemigrate.sql.actions import Constraint
from safemigrate.workflow.on_server.facts import described

_SETUP = """
CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES t (id), b text);
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
CREATE UNIQUE INDEX i ON t (b, a) INCLUDE (id);
CREATE UNIQUE INDEX part ON t (b) WHERE a > 0;
CREATE INDEX e ON t (lower(b));
CREATE TABLE p (a int NOT NULL) PARTITION BY RANGE (a);
CREATE TABLE rest PARTITION OF p DEFAULT;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
CREATE DOMAIN free AS int;
CREATE DOMAIN tight AS free CHECK (VALUE > 0);
CREATE DOMAIN tighter AS tight;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';
"""


def test_what_rules_may_ask_is_read_from_the_catalog(database: DatabaseUrl) -> None:
    with psycopg.connect(database.conninfo(), autocommit=True) as connection:
        connection.execute(_SETUP.encode())
        facts = described(connection, "public")
        assert facts.version == connection.info.server_version // 10000
    assert facts.tables is not None
    t = facts.tables["public", "t"]
    assert t.columns == {"id": "integer", "a": "integer", "b": "text"}
    assert t.required == {"id"}
    assert t.constraints == {
        "t_pkey": Constraint("primary key", "t_pkey", ("id",)),
        "t_a_fkey": Constraint("foreign key", "t_a_fkey", ("a",), references=Name("public", "t"), referenced=("id",)),
        "c": Constraint("check", "c", ("a",), "(a > 0)", not_valid=True),
    }
    assert t.indexes == {
        "t_pkey": Index(("id",), unique=True),
        "i": Index(("b", "a"), unique=True),
        "part": Index(("b",), unique=True, partial=True),
        "e": Index(),
    }
    assert facts.tables["public", "p"].partitioned
    assert facts.tables["public", "rest"].default_of == ("public", "p")
    assert facts.tables["public", "m"].columns == {"a": "integer"}
    assert facts.domains == {("public", "free"): False, ("public", "tight"): True, ("public", "tighter"): True}
    assert facts.functions == {"f": True, "g": False}
