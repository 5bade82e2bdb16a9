from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safemigrate.sql import Name, split
from safemigrate.sql.actions import (
    Action,
    AddEnumValue,
    AlterTable,
    CreateFunction,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Delete,
    DropIndex,
    DropObject,
    DropTable,
    Insert,
    Opaque,
    Other,
    Rename,
    Set,
    SetSchema,
    Transaction,
    Truncate,
    Update,
)

T = Name(None, "t")


def actions(sql: str) -> tuple[Action, ...]:
    (statement,) = split(sql)
    return statement.actions


def n(name: str, schema: str | None = None) -> Name:
    return Name(schema, name)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('DROP TABLE IF EXISTS "A", b.c CASCADE', DropTable((n("A"), n("c", "b")), True, True)),
        ("DROP INDEX a, b", DropIndex((n("a"), n("b")))),
        ('DROP INDEX CONCURRENTLY IF EXISTS "A"', DropIndex((n("A"),), True, if_exists=True)),
        ("DROP TYPE a CASCADE", DropObject("type", (n("a"),), True)),
        ("DROP FUNCTION f(int, text), g", DropObject("function", (n("f"), n("g")))),
        ("DROP POLICY p ON t", DropObject("policy", (n("p"),), table=T)),
        ("DROP OWNED BY x CASCADE", DropObject("owned", (), True)),
        ("ALTER TYPE r ADD VALUE IF NOT EXISTS 'x' AFTER 'y'", AddEnumValue(n("r"), "x", True)),
        ("ALTER TYPE r RENAME VALUE 'a' TO 'b'", Rename("enum value", n("a"), "b", n("r"))),
        ('ALTER TYPE "R" RENAME TO "S"', Rename("type", n("R"), "S")),
        ("ALTER TABLE T RENAME TO U", Rename("table", T, "u")),
        ("ALTER TABLE t RENAME a TO b", Rename("column", n("a"), "b", T)),
        ("ALTER TABLE t RENAME CONSTRAINT a TO b", Rename("constraint", n("a"), "b", T)),
        ("ALTER INDEX i RENAME TO j", Rename("index", n("i"), "j")),
        ("ALTER VIEW v RENAME COLUMN a TO b", Rename("column", n("a"), "b", n("v"))),
        ("ALTER TABLE t SET SCHEMA s", SetSchema("table", T, "s")),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", AlterTable(T, "enable row level security")),
        ("CREATE TYPE t AS ENUM ('a', 'b''c')", CreateType(T, ("a", "b'c"))),
        ("CREATE TYPE t AS (a int)", CreateType(T)),
        ("CREATE DOMAIN t AS int", CreateType(T)),
        ("CREATE OR REPLACE VIEW t AS SELECT 1", CreateView(T, replace=True)),
        ("CREATE MATERIALIZED VIEW t AS SELECT 1 WITH NO DATA", CreateView(T, materialized=True)),
        ("CREATE FUNCTION t() RETURNS int AS $$ DELETE FROM x $$ LANGUAGE sql", CreateFunction(T)),
        ("CREATE TRIGGER x BEFORE UPDATE OF a ON t EXECUTE FUNCTION f()", CreateTrigger("x", T)),
        ("CREATE TEMP TABLE t AS SELECT 1", CreateTable(T, temporary=True, query=True)),
        ("CREATE TABLE t (a) USING heap AS TABLE u WITH NO DATA", CreateTable(T)),
        ("SELECT * INTO t FROM u", CreateTable(T, query=True)),
        ("TRUNCATE TABLE t, ONLY u RESTART IDENTITY CASCADE", Truncate((T, n("u")), True, True)),
        ("DELETE FROM t", Delete(T)),
        ("DELETE FROM ONLY t AS x USING y WHERE x.a = 1 RETURNING *", Delete(T, "x.a = 1")),
        ("UPDATE t SET a = 1, (b, c) = (2, 3)", Update(T, ("a", "b", "c"), "a = 1, (b, c) = (2, 3)")),
        ("UPDATE t x SET a = y.a FROM y WHERE y.b", Update(T, ("a",), "a = y.a", "y.b")),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2", Insert(T)),
        ("COPY t (a) FROM '/x'", Insert(T, query=True)),
        ("EXPLAIN ANALYZE DELETE FROM t", Delete(T)),
        (
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
            Delete(T, "USING u ON true WHEN MATCHED THEN DELETE"),
        ),
        ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Transaction("begin")),
        ("SAVEPOINT a", Transaction("savepoint")),
        ("ROLLBACK TO SAVEPOINT a", Transaction("rollback to")),
        ("END", Transaction("commit")),
        ("SET LOCAL lock_timeout = '5s'", Set("lock_timeout", "'5s'", True)),
        ("SET search_path TO a, b", Set("search_path", "a, b")),
        ("COMMENT ON COLUMN t.c IS NULL", Other("COMMENT")),
        ("SELECT a FROM t FOR UPDATE", Other("SELECT")),
        ("CREATE DOMAIN t AS int DEFAULT 1 NOT NULL", CreateType(T, constrained=True)),
        ("CREATE DOMAIN t int CHECK (VALUE > 0)", CreateType(T, constrained=True)),
        (
            "CREATE FUNCTION t() RETURNS int STABLE AS $$ SELECT 1 $$ LANGUAGE sql",
            CreateFunction(T, volatile=False),
        ),
        ("INSERT INTO t (a, b) SELECT a, b FROM u", Insert(T, query=True)),
        ("INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t)", Insert(T)),
    ],
)
def test_statements_with_one_action(sql: str, expected: Action) -> None:
    assert actions(sql) == (expected,)


def test_an_index_with_everything() -> None:
    assert actions(
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I" ON ONLY s.t USING btree (a DESC NULLS LAST, "B" text_ops) '
        "INCLUDE (c) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE a > 1 AND b"
    ) == (CreateIndex(n("t", "s"), "I", ("a", "B"), True, True, "a > 1 AND b", True, True, only=True),)


def test_an_index_on_an_expression_has_no_columns() -> None:
    assert actions("CREATE INDEX ON t (a, lower(b))") == (CreateIndex(T, ""),)


def test_rows_changed_inside_with() -> None:
    sql = "WITH d AS (DELETE FROM a WHERE x RETURNING *), u AS (UPDATE c SET d = 1) INSERT INTO b SELECT * FROM d"
    assert actions(sql) == (Delete(n("a"), "x"), Update(n("c"), ("d",), "d = 1"), Insert(n("b"), query=True))


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA foreign_keys=OFF",
        "{{ template }}",
        "\\restrict abc",
        "EXECUTE prepared",
        "COPY t FROM STDIN",
        "CREATE SCHEMA s CREATE TABLE t (a int)",
        "ALTER FOREIGN TABLE t DROP COLUMN a",
        "ALTER TYPE t DROP ATTRIBUTE a",
        "DROP TABLE",
        "DROP TABLE a b",
        "DROP NONSENSE a",
        "DELETE t",
    ],
)
def test_what_is_not_known_is_opaque_and_says_so(sql: str) -> None:
    (action,) = actions(sql)
    assert isinstance(action, Opaque)
    assert action.reason


def test_names_are_folded_and_shown_quoted() -> None:
    (action,) = actions('DROP TABLE Foo.Bar, "Foo"."B""ar"')
    assert isinstance(action, DropTable)
    assert [str(name) for name in action.tables] == ['"foo"."bar"', '"Foo"."B""ar"']


_WORDS = st.sampled_from(
    [
        "ALTER",
        "TABLE",
        "t",
        "ADD",
        "COLUMN",
        "a",
        "int",
        "NOT",
        "NULL",
        "DEFAULT",
        "1",
        "DROP",
        "CONSTRAINT",
        "c",
        "TYPE",
        "USING",
        "(",
        ")",
        ",",
        ".",
        "=",
        "'x'",
        '"Q"',
        "CREATE",
        "UNIQUE",
        "INDEX",
        "ON",
        "IF",
        "EXISTS",
        "WITH",
        "DELETE",
        "FROM",
        "WHERE",
        "UPDATE",
        "SET",
        "DO",
        "$$x$$",
        "PRIMARY",
        "KEY",
        "REFERENCES",
        "CHECK",
        "RENAME",
        "TO",
    ]
)


@given(st.lists(_WORDS, min_size=1, max_size=12))
def test_no_soup_of_words_is_passed_in_silence_or_raises(words: list[str]) -> None:
    for statement in split(" ".join(words)):
        assert statement.actions
