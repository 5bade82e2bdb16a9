"""What a caller can ask of the inverse, and what it says when something does not come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from safemigrate.db.catalog import Catalog, Identity, difference, read
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.rollback.inverse import Inverse, invert

TABLES = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" ("id" SERIAL PRIMARY KEY, "role" "Role" NOT NULL DEFAULT 'USER', "name" TEXT NOT NULL UNIQUE);
CREATE TABLE "Post" ("id" SERIAL PRIMARY KEY, "userId" INT REFERENCES "User"("id"));
INSERT INTO "User"("name") VALUES ('a'), ('b');
INSERT INTO "Post"("userId") VALUES (1), (2);
"""


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    with connect(database) as opened:
        run(opened, TABLES)
        yield opened


def run(connection: Connection, *statements: str) -> None:
    for sql in statements:
        connection.execute(sql.encode())


def identity(catalog: Catalog, address: str) -> Identity:
    return catalog.addresses[address].identity


def inverse_of(connection: Connection, change: str) -> tuple[Inverse, Catalog]:
    before = read(connection)
    run(connection, change)
    after = read(connection)
    return invert(difference(before, after), before, after), before


def test_no_change_has_no_inverse(connection: Connection) -> None:
    inverse, _ = inverse_of(connection, """UPDATE "User" SET "name" = 'c' WHERE "id" = 1""")
    assert inverse == Inverse()


def test_a_rename_is_one_statement(connection: Connection) -> None:
    inverse, _ = inverse_of(connection, 'ALTER TABLE "User" RENAME COLUMN "name" TO "fullName"')
    assert inverse.statements == ('ALTER TABLE "public"."User" RENAME COLUMN "fullName" TO "name"',)


def test_a_retyped_column_is_offered_with_its_types(connection: Connection) -> None:
    inverse, before = inverse_of(connection, 'ALTER TABLE "User" ALTER COLUMN "name" TYPE INT USING ascii("name")')
    (one,) = inverse.retyped
    assert one.table == identity(before, 'table "public"."User"')
    assert (one.place, one.name, one.old_type, one.new_type) == ('"public"."User"', '"name"', "text", "integer")
    assert one.using is None


def test_using_is_the_callers_to_choose(connection: Connection) -> None:
    before = read(connection)
    run(connection, 'ALTER TABLE "User" ALTER COLUMN "name" TYPE INT USING ascii("name")')
    after = read(connection)
    table = identity(before, 'table "public"."User"')
    number = identity(before, 'column "public"."User"."name"')[2]
    inverse = invert(difference(before, after), before, after, using={(table, number): "NULL"})
    assert inverse.restore == ('ALTER TABLE "public"."User" ALTER COLUMN "name" TYPE text USING NULL',)
    assert 'ALTER TABLE "public"."User" ALTER COLUMN "name" DROP NOT NULL' in inverse.prepare
    assert 'ALTER TABLE "public"."User" ALTER COLUMN "name" SET NOT NULL' in inverse.finish
    run(connection, *inverse.prepare, *inverse.restore, """UPDATE "User" SET "name" = "id"::text""", *inverse.finish)
    assert compare(before, read(connection)) == []


def test_a_new_label_becomes_null_where_the_caller_does_nothing(connection: Connection) -> None:
    inverse, before = inverse_of(connection, """ALTER TYPE "Role" ADD VALUE 'EDITOR'""")
    run(connection, """UPDATE "User" SET "role" = 'EDITOR' WHERE "id" = 1""")
    run(connection, *inverse.prepare, *inverse.restore)
    assert connection.execute('SELECT "role"::text FROM "User" ORDER BY "id"').fetchall() == [(None,), ("USER",)]
    run(connection, """UPDATE "User" SET "role" = 'USER' WHERE "role" IS NULL""", *inverse.finish)
    assert compare(before, read(connection)) == []
    assert inverse.retyped[0].nulls
    assert inverse.retyped[0].old_labels == ("USER", "ADMIN")


def test_what_a_born_table_held_is_named(connection: Connection) -> None:
    inverse, _ = inverse_of(
        connection,
        """CREATE TABLE "Tag" ("id" INT PRIMARY KEY, "postId" INT REFERENCES "Post"("id"));
           ALTER TABLE "Post" ADD COLUMN "tag" TEXT""",
    )
    assert {one.address for one in inverse.dropped} == {'table "public"."Tag"', 'column "public"."Post"."tag"'}
    assert set(inverse.statements) == {'DROP TABLE "public"."Tag"', 'ALTER TABLE "public"."Post" DROP COLUMN "tag"'}


MOVED = {
    "plain": ("", ""),
    "with what hangs on it": (
        """CREATE VIEW v AS SELECT u."name", p."id" FROM "User" u JOIN "Post" p ON p."userId" = u."id";
           CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
           CREATE TRIGGER tr BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION tf();
           CREATE INDEX i ON "User"("name") WHERE "id" > 0;
           COMMENT ON COLUMN "User"."name" IS 'kept by the move';
           ALTER TABLE "User" ADD COLUMN "postId" INT REFERENCES "Post"("id");
           CREATE RULE ru AS ON DELETE TO "User" DO INSTEAD NOTHING;
           CREATE POLICY p ON "User" USING ("id" > 0);""",
        """DROP VIEW v; DROP TRIGGER tr ON "User"; DROP RULE ru ON "User";
           ALTER TABLE "User" DROP CONSTRAINT "User_postId_fkey";""",
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_a_moved_table_comes_back_by_its_move(connection: Connection, name: str) -> None:
    setup, around = MOVED[name]
    run(connection, setup or "SELECT 1", "CREATE SCHEMA safemigrate_1")
    before = read(connection)
    run(connection, around + 'ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey"')
    run(connection, 'ALTER TABLE "User" SET SCHEMA safemigrate_1')
    after = read(connection)
    moved = frozenset({identity(before, 'table "public"."User"')})
    inverse = invert(difference(before, after), before, after, moved=moved)
    assert not any("CREATE TABLE" in sql or "ADD COLUMN" in sql or "CREATE INDEX" in sql for sql in inverse.statements)
    run(connection, 'ALTER TABLE safemigrate_1."User" SET SCHEMA "public"', *inverse.statements)
    assert compare(before, read(connection)) == []


def test_a_moved_type_comes_back_before_the_columns_that_are_of_it(connection: Connection) -> None:
    run(connection, "CREATE SCHEMA safemigrate_1")
    before = read(connection)
    run(
        connection,
        """ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT, ALTER COLUMN "role" TYPE TEXT;
           ALTER TYPE "Role" SET SCHEMA safemigrate_1""",
    )
    after = read(connection)
    moved = frozenset({identity(before, 'enum "public"."Role"')})
    inverse = invert(difference(before, after), before, after, moved=moved)
    assert not any("CREATE TYPE" in sql for sql in inverse.statements)
    back = 'ALTER TYPE safemigrate_1."Role" SET SCHEMA "public"'
    run(connection, *inverse.prepare, back, *inverse.restore, *inverse.finish)
    assert compare(before, read(connection)) == []


def test_parts_of_a_table_born_earlier_are_left_alone(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "Tag" ("id" INT, "name" TEXT, "old" INT)')
    before = read(connection)
    run(
        connection,
        """ALTER TABLE "Tag" ADD PRIMARY KEY ("id"), DROP COLUMN "old", ALTER COLUMN "name" SET DEFAULT 'x',
             ADD COLUMN "userId" INT;
           CREATE INDEX ON "Tag"("name");
           ALTER TABLE "Tag" ADD FOREIGN KEY ("userId") REFERENCES "User"("id");
           ALTER TABLE "Tag" RENAME TO "Label"; ALTER TABLE "Label" RENAME COLUMN "name" TO "title";""",
    )
    after = read(connection)
    born = frozenset({identity(before, 'table "public"."Tag"')})
    inverse = invert(difference(before, after), before, after, born_before=born)
    assert inverse.statements == (
        'ALTER TABLE "public"."Label" DROP CONSTRAINT "Tag_userId_fkey"',
        'ALTER TABLE "public"."Label" RENAME TO "Tag"',
    )


def test_a_born_table_gives_up_a_born_type(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "Tag" ("id" INT, "role" "Role")')
    before = read(connection)
    born = frozenset({identity(before, 'table "public"."Tag"')})
    run(
        connection,
        """CREATE TYPE "Kind" AS ENUM ('USER');
           ALTER TABLE "Tag" ALTER COLUMN "role" TYPE "Kind" USING "role"::text::"Kind\"""",
    )
    after = read(connection)
    inverse = invert(difference(before, after), before, after, born_before=born)
    run(connection, *inverse.statements)
    assert compare(before, read(connection)) == []


def test_what_will_be_absent_is_not_touched(connection: Connection) -> None:
    run(connection, 'CREATE VIEW passing AS SELECT "role" FROM "User"')
    before = read(connection)
    run(connection, """ALTER TYPE "Role" ADD VALUE 'EDITOR'""")
    after = read(connection)
    absent = frozenset({identity(before, 'view "public"."passing"')})
    inverse = invert(difference(before, after), before, after, absent=absent)
    assert not any("passing" in sql for sql in inverse.statements)
    run(connection, "DROP VIEW passing", *inverse.statements)
    assert compare(before.without(absent), read(connection)) == []


Reason = Callable[[Inverse], bool]
REASONS = {
    "an index that was invalid": (
        """INSERT INTO "User"("name") VALUES ('c'); UPDATE "User" SET "role" = 'USER'""",
        'CREATE UNIQUE INDEX CONCURRENTLY bad ON "User"("role")',
        "DROP INDEX bad",
        "INVALID",
    ),
    "an attribute of a composite type": (
        "CREATE TYPE pair AS (a INT, b INT); CREATE TABLE pairs (held pair[])",
        "",
        "ALTER TYPE pair DROP ATTRIBUTE b",
        "dropped with it",
    ),
    "a child that left": (
        'CREATE TABLE base (x INT); CREATE TABLE kid ("id" INT) INHERITS (base)',
        "",
        "ALTER TABLE kid NO INHERIT base",
        "inherits again",
    ),
    "a subscription": (
        "CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION p"
        " WITH (connect = false, slot_name = NONE, enabled = false)",
        "",
        "DROP SUBSCRIPTION sub",
        "connects to another server",
    ),
    "a password": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
        " CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (\"user\" 'u', \"password\" 'hush')",
        "",
        "DROP USER MAPPING FOR PUBLIC SERVER far",
        "holds a secret",
    ),
    "a password that changed": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
        " CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (\"password\" 'hush')",
        "",
        "ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (SET \"password\" 'psst')",
        "holds a secret",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_what_does_not_come_back_is_said(connection: Connection, name: str) -> None:
    setup, failing, change, word = REASONS[name]
    run(connection, setup)
    if failing:
        with pytest.raises(Exception, match="could not create unique index"):
            run(connection, failing)
    inverse, _ = inverse_of(connection, change)
    run(connection, *inverse.statements)
    assert [reason for reason in inverse.reasons if word in reason]
    assert not any("hush" in text for text in (*inverse.statements, *inverse.reasons))
