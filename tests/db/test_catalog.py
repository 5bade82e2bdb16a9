"""Reading the catalog: what is seen, what is left out, and what reading leaves untouched."""

from __future__ import annotations

from safemigrate.db.catalog import Change, difference, read
from safemigrate.db.postgres import Connection
from safemigrate.db.session import run


def test_an_empty_database_holds_its_public_schema(connection: Connection) -> None:
    assert list(read(connection).addresses) == ['schema "public"']


def test_every_kind_is_seen_under_its_address(connection: Connection) -> None:
    run(
        connection,
        """
        CREATE TYPE "Role" AS ENUM ('USER'); CREATE DOMAIN d AS int CONSTRAINT pos CHECK (VALUE > 0);
        CREATE TYPE pair AS (a int); CREATE TYPE span AS RANGE (SUBTYPE = float8);
        CREATE TABLE "User" ("id" int PRIMARY KEY, "n" int DEFAULT 3); CREATE INDEX i ON "User"("n");
        CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1 AS x; CREATE MATERIALIZED VIEW m AS SELECT 1 AS x;
        CREATE RULE r AS ON DELETE TO "User" DO INSTEAD NOTHING;
        CREATE FUNCTION f(int, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE a(int) (SFUNC = int4pl, STYPE = int);
        CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION tf();
        CREATE POLICY pol ON "User"; CREATE STATISTICS st ON "id", "n" FROM "User";
        CREATE COLLATION c FROM "C"; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
        """,
    )
    assert set(read(connection).addresses) == {
        'schema "public"',
        'enum "public"."Role"',
        'domain "public"."d"',
        'domain constraint "public"."d"."pos"',
        'composite "public"."pair"',
        'range "public"."span"',
        'table "public"."User"',
        'column "public"."User"."id"',
        'column "public"."User"."n"',
        'default "public"."User"."n"',
        'constraint "public"."User"."User_pkey"',
        'index "public"."User"."i"',
        'sequence "public"."s"',
        'view "public"."v"',
        'materialized view "public"."m"',
        'rule "public"."User"."r"',
        'function "public"."f"(integer, VARIADIC text[])',
        'procedure "public"."p"()',
        'aggregate "public"."a"(integer)',
        'function "public"."tf"()',
        'trigger "public"."User"."t"',
        'policy "public"."User"."pol"',
        'statistics "public"."st"',
        'collation "public"."c"',
        "default privileges of tester on r",
    }


def test_temporary_objects_and_our_own_schemas_are_left_out(connection: Connection) -> None:
    before = read(connection)
    run(
        connection,
        """CREATE TEMP TABLE t ("id" serial PRIMARY KEY); CREATE SCHEMA safemigrate; CREATE SCHEMA safemigrate_1;
           CREATE TABLE safemigrate.t ("id" serial PRIMARY KEY); CREATE TYPE safemigrate_1.e AS ENUM ('a')""",
    )
    assert difference(before, read(connection)).empty
    run(connection, "CREATE SCHEMA safemigrated")
    assert [one.address for one in difference(before, read(connection)).born] == ['schema "safemigrated"']


def test_reading_leaves_settings_and_transaction_alone(connection: Connection) -> None:
    run(connection, "SET search_path = pg_catalog, public; SET DateStyle = 'German'")
    read(connection)
    with connection.transaction():
        run(connection, "SET LOCAL search_path = public; CREATE TABLE t (d date DEFAULT '2024-02-01')")
        default = read(connection).addresses['default "public"."t"."d"']
        assert default.attributes["definition"] == "'2024-02-01'::date"
        assert connection.execute("SHOW search_path").fetchone() == ("public",)
    assert connection.execute("SHOW search_path").fetchone() == ("pg_catalog, public",)
    assert connection.execute("SHOW DateStyle").fetchone() == ("German, DMY",)
    assert 'table "public"."t"' in read(connection).addresses


def test_identity_outlives_names(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "User" ("id" int PRIMARY KEY, "name" text)')
    before = read(connection)
    run(connection, 'ALTER TABLE "User" RENAME TO "Person"; ALTER TABLE "Person" RENAME "name" TO "fullName"')
    change = difference(before, read(connection))
    assert not change.born
    assert not change.gone
    assert ('column "public"."User"."name"', 'column "public"."Person"."fullName"') in [
        (old.address, new.address) for old, new in change.changed
    ]


def test_a_view_replaced_by_itself_is_no_change(connection: Connection) -> None:
    run(connection, "CREATE VIEW v AS SELECT 1 AS x")
    before = read(connection)
    run(connection, "CREATE OR REPLACE VIEW v AS SELECT    1 AS x")
    assert difference(before, read(connection)) == Change((), (), ())


def test_a_rename_elsewhere_changes_words_and_not_the_core(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t")
    before = read(connection)
    run(connection, "ALTER TABLE t RENAME TO u")
    ((old, new),) = [pair for pair in difference(before, read(connection)).changed if pair[0].kind == "view"]
    assert old.attributes["definition"] != new.attributes["definition"]
    assert old.internal["_core"] == new.internal["_core"]


def test_depends_reaches_through_rules_types_and_arrays(connection: Connection) -> None:
    run(
        connection,
        """CREATE TYPE e AS ENUM ('a'); CREATE TABLE t ("id" serial PRIMARY KEY, "es" e[]);
           CREATE VIEW v AS SELECT "es" FROM t; CREATE FUNCTION f(t[]) RETURNS int LANGUAGE sql AS 'SELECT 1'""",
    )
    catalog = read(connection)
    at = catalog.addresses

    def needs(address: str) -> set[str]:
        return {catalog[place].address for place in catalog.depends.get(at[address].identity, {})}

    assert 'column "public"."t"."es"' in needs('view "public"."v"')
    assert 'enum "public"."e"' in needs('column "public"."t"."es"')
    assert 'table "public"."t"' in needs('function "public"."f"(public.t[])')
    assert 'sequence "public"."t_id_seq"' in needs('default "public"."t"."id"')
    assert at['view "public"."v"'].identity in catalog.dependents[at['column "public"."t"."es"'].identity]


def test_members_come_with_columns_in_their_order(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (b int, a int PRIMARY KEY)")
    catalog = read(connection)
    members = catalog.members[catalog.addresses['table "public"."t"'].identity]
    assert [one.name for one in members if one.kind == "column"] == ["b", "a"]


def test_a_catalog_without_some_objects_forgets_them(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t")
    catalog = read(connection)
    view = catalog.addresses['view "public"."v"'].identity
    less = catalog.without({view})
    assert view in catalog
    assert view not in less
    assert all(view not in needs for needs in less.dependents.values())
