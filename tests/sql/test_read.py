from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safemigrate.sql import Name, split
from safemigrate.sql.actions import (
    Action,
    AddEnumValue,
    AlterDomain,
    AlterObject,
    AlterPolicy,
    AlterSequence,
    AlterTable,
    AlterType,
    Call,
    Column,
    Comment,
    Constraint,
    CreateExtension,
    CreateFunction,
    CreateIndex,
    CreateObject,
    CreatePolicy,
    CreateSequence,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Delete,
    DropIndex,
    DropObject,
    DropTable,
    Grant,
    Insert,
    Opaque,
    Other,
    Rename,
    Revoke,
    Set,
    SetOwner,
    SetSchema,
    Transaction,
    Truncate,
    Update,
    flatten,
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
        ("DROP OWNED BY x CASCADE", DropObject("owned", (n("x"),), True)),
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
        ("CREATE DOMAIN t AS int DEFAULT 1 NOT NULL", CreateType(T, constrained=True)),
        ("CREATE DOMAIN t text CONSTRAINT k CHECK (VALUE <> '')", CreateType(T, constrained=True)),
        ("CREATE OR REPLACE VIEW t AS SELECT 1", CreateView(T, replace=True)),
        (
            "CREATE MATERIALIZED VIEW t AS SELECT 1 WITH NO DATA",
            CreateView(T, True, with_data=False),
        ),
        (
            "CREATE FUNCTION t() RETURNS int AS $$ DELETE FROM x $$ LANGUAGE sql STABLE SECURITY DEFINER",
            CreateFunction(T, False, False, language="sql", security_definer=True, actions=(Delete(n("x")),)),
        ),
        (
            "CREATE TRIGGER x BEFORE UPDATE OF a ON t EXECUTE FUNCTION f()",
            CreateTrigger("x", T, n("f"), "before", ("update",)),
        ),
        ("CREATE TEMP TABLE t AS SELECT 1", CreateTable(T, temporary=True, query=True)),
        ("CREATE TABLE t (a) USING heap AS TABLE u WITH NO DATA", CreateTable(T)),
        ("SELECT * INTO t FROM u", CreateTable(T, query=True)),
        ("TRUNCATE TABLE t, ONLY u RESTART IDENTITY CASCADE", Truncate((T, n("u")), True, True)),
        ("DELETE FROM t", Delete(T)),
        ("DELETE FROM ONLY t AS x USING y WHERE x.a = 1 RETURNING *", Delete(T, "x.a = 1")),
        ("UPDATE t SET a = 1, (b, c) = (2, 3)", Update(T, ("a", "b", "c"), "a = 1, (b, c) = (2, 3)")),
        ("UPDATE t x SET a = y.a FROM y WHERE y.b", Update(T, ("a",), "a = y.a", "y.b")),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
            Insert(T, values=("1",), update=Update(T, ("a",), "a = 2")),
        ),
        ("SELECT set_config('lock_timeout', '0', false)", Set("lock_timeout", "'0'")),
        ("COPY t (a) FROM '/x'", Insert(T, True, ("a",))),
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
        ("COMMENT ON COLUMN t.c IS NULL", Comment("column", n("c", "t"))),
        ("SELECT a FROM t FOR UPDATE", Other("SELECT")),
        ("GRANT SELECT, UPDATE (a) ON t TO r, PUBLIC", Grant(("select", "update (a)"), "table", (T,), ("r", "public"))),
        (
            "GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA s TO r WITH GRANT OPTION",
            Grant(("all privileges",), "all tables in schema", (n("s"),), ("r",), True),
        ),
        ("GRANT a TO b", Grant((), "role", (n("a"),), ("b",))),
        (
            "REVOKE GRANT OPTION FOR ALL ON SCHEMA s FROM r CASCADE",
            Revoke(("all",), "schema", (n("s"),), ("r",), True, True),
        ),
        ("REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC", Revoke(("execute",), "function", (n("f"),), ("public",))),
        ('CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA s CASCADE', CreateExtension("uuid-ossp", True, True)),
        ("ALTER EXTENSION e UPDATE", AlterObject("extension", n("e"), "update")),
        ("CREATE SEQUENCE s.q OWNED BY NONE", CreateSequence(n("q", "s"))),
        ('ALTER SEQUENCE q RESTART WITH 5 OWNED BY "t"."a"', AlterSequence(n("q"), "5", owned_by='"t"."a"')),
        ("ALTER SEQUENCE q AS bigint RESTART", AlterSequence(n("q"), "", "bigint")),
        ("ALTER SEQUENCE q OWNER TO r", SetOwner("sequence", n("q"), "r")),
        ("REASSIGN OWNED BY a TO b", SetOwner("owned", n("a"), "b")),
        ("ALTER FUNCTION f(int) OWNER TO r", SetOwner("function", n("f"), "r")),
        ("ALTER DATABASE d SET TABLESPACE x", AlterObject("database", n("d"), "set tablespace x")),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO r",
            AlterObject("default privileges", None, "grant"),
        ),
        ("ALTER TYPE t DROP ATTRIBUTE IF EXISTS a CASCADE", AlterType(T, "drop attribute", "a", cascade=True)),
        (
            "ALTER TYPE t ALTER ATTRIBUTE a SET DATA TYPE numeric(3, 1)",
            AlterType(T, "alter attribute", "a", "numeric(3, 1)"),
        ),
        ("ALTER TYPE t RENAME ATTRIBUTE a TO b", Rename("attribute", n("a"), "b", T)),
        (
            "INSERT INTO t (a, b) SELECT coalesce(x.a, 1), f(b, 2) FROM u AS x WHERE a ON CONFLICT DO NOTHING",
            Insert(T, True, ("a", "b"), ("coalesce(x.a, 1)", "f(b, 2)"), n("u"), rest="WHERE a"),
        ),
        ("INSERT INTO t SELECT a FROM u JOIN v ON u.a = v.a", Insert(T, True, (), ("a",))),
        ("INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t)", Insert(T, values=("1",))),
        ("INSERT INTO t DEFAULT VALUES", Insert(T)),
        (
            "ALTER DOMAIN t ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID",
            AlterDomain(T, "add constraint", True, Constraint("check", "k", expression="VALUE > 0", not_valid=True)),
        ),
        ("ALTER DOMAIN t ADD NOT NULL", AlterDomain(T, "add constraint", constraint=Constraint("not null"))),
        ("ALTER DOMAIN t VALIDATE CONSTRAINT k", AlterDomain(T, "validate constraint", constraint=Constraint("", "k"))),
        (
            "ALTER DOMAIN t DROP CONSTRAINT IF EXISTS k CASCADE",
            AlterDomain(T, "drop constraint", constraint=Constraint("", "k"), cascade=True),
        ),
        ("ALTER DOMAIN t SET NOT NULL", AlterDomain(T, "set not null")),
        (
            "CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO r USING (a) WITH CHECK (b)",
            CreatePolicy("p", T, "update", True, ("r",), "a", "b"),
        ),
        ("ALTER POLICY p ON t USING (true)", AlterPolicy("p", T, using="true")),
        ("ALTER POLICY p ON t RENAME TO q", Rename("policy", n("p"), "q", T)),
        ("CREATE SCHEMA IF NOT EXISTS s", CreateObject("schema", n("s"), if_not_exists=True)),
        ("CREATE OR REPLACE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", CreateObject("rule", n("r"), True, table=T)),
    ],
)
def test_statements_with_one_action(sql: str, expected: Action) -> None:
    assert actions(sql) == (expected,)


def test_an_index_with_everything() -> None:
    assert actions(
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I" ON ONLY s.t USING btree (a DESC NULLS LAST, "B" text_ops) '
        "INCLUDE (c) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE a > 1 AND b"
    ) == (
        CreateIndex(
            n("t", "s"),
            "I",
            ("a", "B"),
            unique=True,
            concurrently=True,
            where="a > 1 AND b",
            nulls_not_distinct=True,
            if_not_exists=True,
            include=("c",),
            keys='a DESC NULLS LAST, "B" text_ops',
            only=True,
        ),
    )


def test_an_index_on_an_expression_has_no_columns() -> None:
    assert actions("CREATE INDEX ON t (a, lower(b))") == (CreateIndex(T, "", keys="a, lower(b)"),)


def test_rows_changed_inside_with() -> None:
    sql = "WITH d AS (DELETE FROM a WHERE x RETURNING *), u AS (UPDATE c SET d = 1) INSERT INTO b SELECT * FROM d"
    assert actions(sql) == (
        Delete(n("a"), "x"),
        Update(n("c"), ("d",), "d = 1"),
        Insert(n("b"), True, (), ("*",), n("d")),
    )


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA journal_mode=WAL",
        "{{ template }}",
        "\\restrict abc",
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


def test_rows_for_psql_fill_the_table_and_cannot_be_sent() -> None:
    inserted, opaque = actions("COPY t (a) FROM STDIN")
    assert inserted == Insert(T, True, ("a",))
    assert isinstance(opaque, Opaque)


@pytest.mark.parametrize(
    ("sql", "whose"),
    [
        ("CREATE TABLE `t` (`a` int)", "MySQL"),
        ("ALTER TABLE t ADD `a` int", "MySQL"),
        ("CREATE TABLE t (a int AUTO_INCREMENT)", "MySQL"),
        ("CREATE TABLE t (a int) ENGINE=InnoDB", "MySQL"),
        ("PRAGMA journal_mode=WAL", "SQLite"),
        ("CREATE TABLE [dbo].[t] (a int)", "SQL Server"),
        ("GO", "SQL Server"),
    ],
)
def test_the_sql_of_another_database_is_named(sql: str, whose: str) -> None:
    (action,) = actions(sql)
    assert isinstance(action, Opaque)
    assert action.reason.endswith(f"this is {whose}'s SQL, not PostgreSQL's")


def test_a_table_made_anew_on_sqlite() -> None:
    off, made, copied, dropped, renamed = split(
        """PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_U" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "a" TEXT);
        INSERT INTO "new_U" ("id", "a") SELECT "id", coalesce("a", 'x') AS "a" FROM "U";
        DROP TABLE "U";
        ALTER TABLE "new_U" RENAME TO "U";"""
    )
    assert off.actions == (Set("foreign_keys", "OFF"),)
    columns = (Column("id", "INTEGER", True, identity=True, primary_key=True), Column("a", "TEXT"))
    assert made.actions == (CreateTable(n("new_U"), columns),)
    values = ('"id"', """coalesce("a", 'x') AS "a\"""")
    assert copied.actions == (Insert(n("new_U"), True, ("id", "a"), values, n("U")),)
    assert dropped.actions == (DropTable((n("U"),)),)
    assert renamed.actions == (Rename("table", n("new_U"), "U"),)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT setval('q', (SELECT max(a) FROM t))", (Call(n("setval"), "'q', (SELECT max(a) FROM t)"),)),
        ("SELECT s.f(a) FROM t WHERE count(a) IN (1)", (Call(n("f", "s"), "a"),)),
        ("SELECT a::numeric(3, 1), now(), jsonb_set(a, b, c) FROM t", (Other("SELECT"),)),
        ("CALL p(1)", (Call(n("p"), "1"),)),
        ("EXPLAIN DELETE FROM t", (Other("EXPLAIN"),)),
        ("EXPLAIN (ANALYZE, COSTS OFF) DELETE FROM t", (Delete(T),)),
        ("EXPLAIN (ANALYZE false) DELETE FROM t", (Other("EXPLAIN"),)),
        ("PREPARE x (int) AS DELETE FROM t", (Delete(T),)),
        ("PREPARE TRANSACTION 'x'", (Transaction("prepare"),)),
        ("EXECUTE x (1)", (Other("EXECUTE"),)),
        ("INSERT INTO t (delete, update) VALUES (1, 2)", (Insert(T, False, ("delete", "update"), ("1", "2")),)),
        (
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND CASE WHEN x THEN y END THEN UPDATE SET a = 1 "
            "WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
            (
                Update(
                    T,
                    ("a",),
                    "a = 1",
                    "USING u ON t.a = u.a WHEN MATCHED AND CASE WHEN x THEN y END THEN UPDATE SET a = 1 "
                    "WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
                ),
                Insert(T, True, ("a",)),
            ),
        ),
        (
            "CREATE SCHEMA s CREATE TABLE t (a int) GRANT SELECT ON t TO r",
            (
                CreateObject("schema", n("s")),
                CreateTable(T, (Column("a", "int"),)),
                Grant(("select",), "table", (T,), ("r",)),
            ),
        ),
    ],
)
def test_what_a_statement_runs(sql: str, expected: tuple[Action, ...]) -> None:
    assert actions(sql) == expected


def test_the_body_of_a_function_is_read_where_it_is_called() -> None:
    made, called, unknown = split(
        """CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM t; PERFORM f(); END $$ LANGUAGE plpgsql;
        SELECT f(); SELECT g();"""
    )
    assert [type(action) for action in flatten(made.actions)] == [CreateFunction]
    assert Delete(T) in flatten(called.actions)
    (call,) = called.actions
    assert isinstance(call, Call)
    assert call.known
    assert unknown.actions == (Call(n("g")),)


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
