"""What a diagram is told of a change, for everything that can happen to a table."""

from __future__ import annotations

from safemigrate.db.catalog import read
from safemigrate.db.postgres import Connection
from safemigrate.db.session import run
from safemigrate.model import Column, Detail, Fate, Key, SchemaChange
from safemigrate.workflow.rehearsal.change import change_of

BEFORE = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (id serial PRIMARY KEY, email text UNIQUE, role "Role" NOT NULL DEFAULT 'USER', bio text);
CREATE TABLE "Post" (id int PRIMARY KEY, "userId" int NOT NULL REFERENCES "User" ON DELETE CASCADE, title text);
CREATE TABLE "Draft" (id int PRIMARY KEY, "postId" int REFERENCES "Post");
CREATE TABLE "Log" (id bigint GENERATED ALWAYS AS IDENTITY, at timestamp(3));
CREATE TABLE _prisma_migrations (id text);
"""


def changed(connection: Connection, sql: str) -> SchemaChange:
    run(connection, BEFORE)
    before = read(connection)
    run(connection, sql)
    return change_of(before, read(connection))


def test_nothing(connection: Connection) -> None:
    change = changed(connection, "INSERT INTO _prisma_migrations VALUES ('1')")
    assert change.empty
    assert [one.name for one in change.tables] == [
        '"public"."Draft"',
        '"public"."Log"',
        '"public"."Post"',
        '"public"."User"',
    ]
    assert change.tables[3].columns[0].after == Column(
        "id", "integer", required=True, default="nextval('public.\"User_id_seq\"'::regclass)", key=Key.PRIMARY
    )
    assert change.tables[1].columns[0].after == Column(
        "id", "bigint", required=True, default="GENERATED ALWAYS AS IDENTITY"
    )
    assert [one.after.on_delete for one in change.foreign_keys if one.after] == ["CASCADE", ""]


def test_a_table_renamed_with_its_column_is_the_same_table(connection: Connection) -> None:
    change = changed(
        connection, 'ALTER TABLE "User" RENAME TO "Account"; ALTER TABLE "Account" RENAME email TO address;'
    )
    (table,) = change.changed
    assert (table.before, table.after, table.fate) == ('"public"."User"', '"public"."Account"', Fate.CHANGED)
    assert [one.fate for one in table.columns] == [Fate.SAME, Fate.CHANGED, Fate.SAME, Fate.SAME]
    assert table.details == ()
    assert [one.fate for one in change.foreign_keys] == [Fate.SAME, Fate.SAME]
    assert change.foreign_keys[0].after
    assert change.foreign_keys[0].after.target == '"public"."Account"'


def test_all_that_can_happen_to_a_table(connection: Connection) -> None:
    change = changed(
        connection,
        """
        ALTER TABLE "User" DROP COLUMN bio, ADD COLUMN age int DEFAULT 3, ALTER COLUMN email SET NOT NULL,
          ADD CHECK (age > 0), ENABLE ROW LEVEL SECURITY;
        CREATE INDEX "User_age_idx" ON "User" (age);
        DROP TABLE "Draft"; CREATE TABLE "Tag" (id int, "postId" int REFERENCES "Post");
        ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey",
          ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ON DELETE SET NULL;
        """,
    )
    fates = {one.name: one.fate for one in change.tables}
    assert fates == {
        '"public"."Draft"': Fate.REMOVED,
        '"public"."Log"': Fate.SAME,
        '"public"."Post"': Fate.SAME,
        '"public"."Tag"': Fate.ADDED,
        '"public"."User"': Fate.CHANGED,
    }
    assert '"public"."Post"' in [one.name for one in change.changed]
    user = change.tables[-1]
    assert [one.fate for one in user.columns] == [Fate.SAME, Fate.CHANGED, Fate.SAME, Fate.REMOVED, Fate.ADDED]
    assert {(one.kind, one.name, one.fate) for one in user.details} == {
        ("check", "User_age_check", Fate.ADDED),
        ("index", "User_age_idx", Fate.ADDED),
        ("row security", "", Fate.CHANGED),
    }
    ends = {
        (one.before.on_delete if one.before else None, one.after.on_delete if one.after else None, one.fate)
        for one in change.foreign_keys
    }
    assert ends == {("CASCADE", "SET NULL", Fate.CHANGED), ("", None, Fate.REMOVED), (None, "", Fate.ADDED)}


def test_a_table_made_again_is_one_that_changed(connection: Connection) -> None:
    change = changed(
        connection,
        """
        CREATE TABLE "Log_new" (id int PRIMARY KEY, at timestamptz(3)); DROP TABLE "Log";
        ALTER TABLE "Log_new" RENAME TO "Log";
        """,
    )
    (log,) = change.changed
    assert (log.before, log.after) == ('"public"."Log"', '"public"."Log"')
    assert [(one.before and one.before.type, one.after and one.after.type) for one in log.columns] == [
        ("bigint", "integer"),
        ("timestamp(3) without time zone", "timestamp(3) with time zone"),
    ]


def test_an_enum_a_view_and_a_sequence_belong_to_no_table(connection: Connection) -> None:
    change = changed(
        connection,
        """ALTER TYPE "Role" ADD VALUE 'OWNER'; CREATE VIEW v AS SELECT 1 AS one; CREATE SEQUENCE s;""",
    )
    assert change.changed == ()
    assert not change.empty
    by_kind = {one.kind: one for one in change.details}
    assert by_kind["enum"] == Detail("enum", "Role", Fate.CHANGED, "'USER', 'ADMIN'", "'USER', 'ADMIN', 'OWNER'")
    assert by_kind["view"].fate is Fate.ADDED
    assert by_kind["sequence"].name == "s"
