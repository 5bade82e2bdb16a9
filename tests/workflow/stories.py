"""The cases in which rows written after a migration meet what its rollback brings back, one story each."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.model import OnConflict
from safemigrate.workflow.options import RollbackOptions

SHOP = """CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (id int PRIMARY KEY, email text NOT NULL UNIQUE, age int NOT NULL, role "Role" NOT NULL DEFAULT 'USER');
INSERT INTO "User" VALUES (1, 'ada@x', 36, 'ADMIN'), (2, 'bob@x', 41, 'USER'), (3, 'eve@x', 29, 'USER');"""
POSTS = """
CREATE TABLE "Post" (id int PRIMARY KEY, "userId" int NOT NULL REFERENCES "User" (id) ON DELETE CASCADE, title text NOT NULL);
INSERT INTO "Post" VALUES (1, 1, 'first'), (2, 2, 'second'), (3, 3, 'third');"""


@dataclass(frozen=True)
class Story:
    """`tables` are shown. `choices` are tried beside stop."""

    title: str
    setup: str
    migration: str
    since: str
    tables: tuple[str, ...]
    choices: tuple[RollbackOptions, ...] = ()
    says: str = ""


NEW, OLD = RollbackOptions(on_conflict=OnConflict.KEEP_NEW), RollbackOptions(on_conflict=OnConflict.KEEP_OLD)

STORIES = [
    Story(
        "A row inserted since has no value for a required column",
        SHOP,
        'ALTER TABLE "User" DROP COLUMN age;',
        'INSERT INTO "User" VALUES (4, \'dan@x\'); UPDATE "User" SET email = \'ada@y\' WHERE id = 1; DELETE FROM "User" WHERE id = 3;',
        ('"User"',),
        (RollbackOptions(fill={'"public"."User"."age"': "18"}), OLD),
    ),
    Story(
        "A row was updated since in other columns",
        SHOP,
        'ALTER TABLE "User" DROP COLUMN age;',
        'UPDATE "User" SET email = \'ada@y\' WHERE id = 1; DELETE FROM "User" WHERE id = 3;',
        ('"User"',),
        says="No conflict: the other columns keep what was written, the dropped one comes back.",
    ),
    Story(
        "A row was updated since in the changed column",
        SHOP,
        "ALTER TABLE \"User\" ALTER age TYPE text USING 'about ' || age;",
        "UPDATE \"User\" SET age = '37' WHERE id = 1; INSERT INTO \"User\" VALUES (4, 'dan@x', 'young'); DELETE FROM \"User\" WHERE id = 3;",
        ('"User"',),
        (OLD,),
        "What the migration made of a value goes back to what it was; what was written since is converted where the former type can hold it.",
    ),
    Story(
        "A row was deleted since",
        SHOP,
        'UPDATE "User" SET age = age + 100;',
        'DELETE FROM "User" WHERE id = 1; UPDATE "User" SET age = 42 WHERE id = 2; INSERT INTO "User" VALUES (4, \'dan@x\', 18);',
        ('"User"',),
        says="No conflict: it stays deleted, and its former values stay kept.",
    ),
    Story(
        "The key of a deleted row was used again",
        SHOP,
        'DELETE FROM "User" WHERE id = 3;',
        'INSERT INTO "User" VALUES (3, \'new@x\', 50), (4, \'dan@x\', 18); UPDATE "User" SET age = 37 WHERE id = 1; DELETE FROM "User" WHERE id = 2;',
        ('"User"',),
        (NEW, OLD),
    ),
    Story(
        "A unique value of a deleted row was taken",
        SHOP,
        'DELETE FROM "User" WHERE id = 3;',
        'INSERT INTO "User" VALUES (4, \'eve@x\', 18); UPDATE "User" SET age = 37 WHERE id = 1; DELETE FROM "User" WHERE id = 2;',
        ('"User"',),
        (NEW, OLD),
    ),
    Story(
        "The row that a deleted row points to is gone",
        SHOP + POSTS,
        'DELETE FROM "Post" WHERE id = 1;',
        'DELETE FROM "User" WHERE id = 1; UPDATE "Post" SET title = \'two\' WHERE id = 2; INSERT INTO "Post" VALUES (4, 3, \'fourth\');',
        ('"User"', '"Post"'),
        (NEW,),
        "Nothing brings the deleted parent back, so keep-old leads nowhere.",
    ),
    Story(
        "A value stands only in what the rollback drops",
        SHOP,
        'ALTER TABLE "User" ADD COLUMN bio text;',
        "UPDATE \"User\" SET bio = 'hello' WHERE id = 1; INSERT INTO \"User\" VALUES (4, 'dan@x', 18, 'USER', 'hi'); DELETE FROM \"User\" WHERE id = 3;",
        ('"User"',),
        says="No conflict: it is kept before it goes.",
    ),
    Story(
        "A new label is in use",
        SHOP,
        "ALTER TYPE \"Role\" ADD VALUE 'OWNER';",
        "UPDATE \"User\" SET role = 'OWNER' WHERE id = 1; INSERT INTO \"User\" VALUES (4, 'dan@x', 18, 'OWNER'); DELETE FROM \"User\" WHERE id = 3;",
        ('"User"',),
        (RollbackOptions(labels={'"public"."Role"': {"OWNER": "ADMIN"}}), OLD),
    ),
    Story(
        "A value is too wide for the former type",
        "CREATE TABLE t (id int PRIMARY KEY, code varchar(3), n int NOT NULL); INSERT INTO t VALUES (1, 'abc', 1), (2, 'def', 2), (3, 'ghi', 3);",
        "ALTER TABLE t ALTER code TYPE text, ALTER n TYPE bigint;",
        "UPDATE t SET code = 'abcdef' WHERE id = 1; INSERT INTO t VALUES (4, 'x', 5000000000); DELETE FROM t WHERE id = 3;",
        ("t",),
        (OLD,),
        "Where the column may be empty the value is given up, else the row; both are kept.",
    ),
    Story(
        "New rows break a check that comes back",
        "CREATE TABLE t (id int PRIMARY KEY, n int, CONSTRAINT positive CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);",
        "ALTER TABLE t DROP CONSTRAINT positive;",
        "INSERT INTO t VALUES (4, -4); UPDATE t SET n = -1 WHERE id = 1; DELETE FROM t WHERE id = 3;",
        ("t",),
        (NEW, OLD),
    ),
    Story(
        "New rows point to a table that was gone",
        SHOP + POSTS,
        'ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey"; DROP TABLE "User";',
        'INSERT INTO "Post" VALUES (4, 77, \'fourth\'); UPDATE "Post" SET title = \'one\' WHERE id = 1; DELETE FROM "Post" WHERE id = 3;',
        ('"User"', '"Post"'),
        (NEW, OLD),
    ),
    Story(
        "Twins stand where a unique index comes back",
        "CREATE TABLE t (id int PRIMARY KEY, name text, gone boolean NOT NULL); CREATE UNIQUE INDEX one_name ON t (lower(name)) WHERE NOT gone; "
        "INSERT INTO t VALUES (1, 'a', false), (2, 'b', false), (3, 'c', false);",
        "DROP INDEX one_name;",
        "INSERT INTO t VALUES (4, 'A', false), (5, 'B', true); UPDATE t SET name = 'x' WHERE id = 2; DELETE FROM t WHERE id = 3;",
        ("t",),
        (NEW, OLD),
        "Expressions, the rows that a partial index leaves out, and NULLS NOT DISTINCT count as the index has them.",
    ),
    Story(
        "Rows exclude each other where an exclusion constraint comes back",
        "CREATE TABLE t (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&)); INSERT INTO t VALUES (1, '[1,5)'), (2, '[5,9)'), (3, '[9,10)');",
        "ALTER TABLE t DROP CONSTRAINT t_during_excl;",
        "INSERT INTO t VALUES (4, '[4,6)'), (5, '[20,30)'); UPDATE t SET during = '[1,4)' WHERE id = 1; DELETE FROM t WHERE id = 3;",
        ("t",),
        (OLD,),
    ),
    Story(
        "Other rows point to what would go",
        SHOP + POSTS,
        'DELETE FROM "User" WHERE id = 3;',
        'INSERT INTO "User" VALUES (3, \'new@x\', 50); INSERT INTO "Post" VALUES (4, 3, \'mine\'); UPDATE "Post" SET title = \'one\' WHERE id = 1; DELETE FROM "Post" WHERE id = 2;',
        ('"User"', '"Post"'),
        (NEW, OLD),
        "Deleting a row could take others along, so keep-old stops and names them. Under keep-new a row whose parent stays kept stays kept with it: "
        "the row that has the key now is another.",
    ),
    Story(
        "Sequences",
        "CREATE TABLE t (id serial PRIMARY KEY, v text); INSERT INTO t (v) VALUES ('a'), ('b'), ('c');",
        "TRUNCATE t RESTART IDENTITY;",
        "INSERT INTO t (id, v) VALUES (10, 'since'); UPDATE t SET v = 'changed'; INSERT INTO t (id, v) VALUES (11, 'x'); DELETE FROM t WHERE id = 11;",
        ("t", "t_id_seq"),
        says="No conflict: they go forward, never back, so that no number is given twice.",
    ),
]
