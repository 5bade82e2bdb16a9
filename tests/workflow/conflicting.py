"""What users write after a migration that a rollback cannot simply keep."""

from __future__ import annotations

from dataclasses import dataclass

from tests.workflow.cases import POSTS, USERS


@dataclass(frozen=True)
class Conflicting:
    """`since` makes `count` rows of `subject` a conflict; after `mend` the rollback goes through.

    `new` and `old` say whether a rollback can go on where one side gives way.
    """

    name: str
    setup: str
    migration: str
    since: str
    subject: str
    count: int
    mend: str
    new: bool = True
    old: bool = True


CONFLICTS = [
    Conflicting(
        "key used again",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "DELETE FROM t WHERE id = 1;",
        "INSERT INTO t VALUES (1, 'new');",
        '"public"."t"',
        1,
        "DELETE FROM t WHERE id = 1;",
    ),
    Conflicting(
        "unique value taken",
        "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "DELETE FROM t WHERE id = 1;",
        "INSERT INTO t VALUES (9, 'a');",
        '"public"."t"."t_v_key"',
        1,
        "UPDATE t SET v = 'z' WHERE id = 9;",
    ),
    Conflicting(
        "unique value taken after an update",
        "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE UNIQUE INDEX u ON t (v); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "UPDATE t SET v = v || '!';",
        "INSERT INTO t VALUES (9, 'a');",
        '"public"."t"."u"',
        1,
        "DELETE FROM t WHERE id = 9;",
    ),
    Conflicting(
        "unique key dropped",
        USERS,
        'ALTER TABLE "User" DROP CONSTRAINT "User_email_key";',
        "INSERT INTO \"User\" (email) VALUES ('a@x');",
        '"public"."User"."User_email_key"',
        1,
        'DELETE FROM "User" WHERE id = 5;',
    ),
    Conflicting(
        "parent of a deleted row gone",
        USERS + POSTS,
        'DELETE FROM "Post" WHERE "userId" = 1;',
        'DELETE FROM "User" WHERE id = 1;',
        '"public"."Post"."Post_userId_fkey"',
        3,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'a@x');",
        old=False,
    ),
    Conflicting(
        "parent of a dropped column gone",
        USERS + POSTS,
        'ALTER TABLE "Post" DROP COLUMN "userId";',
        'DELETE FROM "User" WHERE id = 1;',
        '"public"."Post"."Post_userId_fkey"',
        3,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'a@x');",
        old=False,
    ),
    Conflicting(
        "parent of a dropped table gone",
        USERS + POSTS,
        'DROP TABLE "Post";',
        'DELETE FROM "User" WHERE id = 1;',
        '"public"."Post"."Post_userId_fkey"',
        3,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'a@x');",
        old=False,
    ),
    Conflicting(
        "orphans of a dropped parent",
        USERS + POSTS,
        'DROP TABLE "User" CASCADE;',
        'INSERT INTO "Post" ("userId", title) VALUES (77, \'x\');',
        '"public"."Post"."Post_userId_fkey"',
        1,
        'DELETE FROM "Post" WHERE "userId" = 77;',
    ),
    Conflicting(
        "required again",
        USERS,
        'ALTER TABLE "User" ALTER email DROP NOT NULL;',
        'UPDATE "User" SET email = NULL WHERE id < 3;',
        '"public"."User"."email"',
        2,
        "UPDATE \"User\" SET email = 'm' || id WHERE email IS NULL;",
        new=False,
    ),
    Conflicting(
        "check comes back",
        'CREATE TABLE t (id int PRIMARY KEY, "V v" int CHECK ("V v" > 0)); INSERT INTO t VALUES (1, 1), (2, NULL);',
        'ALTER TABLE t DROP CONSTRAINT "t_V v_check";',
        "INSERT INTO t VALUES (3, -1), (4, NULL);",
        '"public"."t"."t_V v_check"',
        1,
        'UPDATE t SET "V v" = 1 WHERE id = 3;',
    ),
    Conflicting(
        "new enum label",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a'); INSERT INTO t VALUES (1, 'b');",
        "ALTER TYPE e ADD VALUE 'c';",
        "INSERT INTO t VALUES (2, 'c');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 'a' WHERE v = 'c';",
        new=False,
    ),
    Conflicting(
        "new enum label, used by the migration too",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a'); INSERT INTO t VALUES (1, 'b');",
        "ALTER TYPE e ADD VALUE 'c'; UPDATE t SET v = 'c' WHERE id = 1;",
        "INSERT INTO t VALUES (2, 'c');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 'a' WHERE id = 2;",
        new=False,
    ),
    Conflicting(
        "new enum label in an array",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e[]); INSERT INTO t VALUES (1, '{b}'), (2, NULL), (3, '{}'), (4, '{NULL}');",
        "ALTER TYPE e ADD VALUE 'c';",
        "UPDATE t SET v = '{a,c}' WHERE id = 1;",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '{a}' WHERE id = 1;",
        new=False,
    ),
    Conflicting(
        "label of a recreated enum",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e); INSERT INTO t VALUES (1, 'b'), (2, 'a');",
        "CREATE TYPE f AS ENUM ('a', 'c'); ALTER TABLE t ALTER v TYPE f USING (CASE v WHEN 'b' THEN 'c' ELSE v::text END)::f; DROP TYPE e; ALTER TYPE f RENAME TO e;",
        "INSERT INTO t VALUES (3, 'c');",
        '"public"."t"."v"',
        1,
        "DELETE FROM t WHERE id = 3;",
        new=False,
    ),
    Conflicting(
        "longer text",
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(3)); INSERT INTO t VALUES (1, 'abc');",
        "ALTER TABLE t ALTER v TYPE varchar(10);",
        "UPDATE t SET v = 'abcdef';",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 'x';",
        new=False,
    ),
    Conflicting(
        "larger number",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER v TYPE bigint;",
        "INSERT INTO t VALUES (2, 5000000000), (3, 6000000000);",
        '"public"."t"."v"',
        2,
        "DELETE FROM t WHERE id > 1;",
        new=False,
    ),
    Conflicting(
        "finer number",
        "CREATE TABLE t (id int PRIMARY KEY, v numeric(8,2)); INSERT INTO t VALUES (1, 1.25);",
        "ALTER TABLE t ALTER v TYPE numeric(12,4);",
        "INSERT INTO t VALUES (2, 1.2345);",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 1.23 WHERE id = 2;",
        new=False,
    ),
    Conflicting(
        "larger key",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER id TYPE bigint;",
        "INSERT INTO t VALUES (5000000000, 2);",
        '"public"."t"."id"',
        1,
        "DELETE FROM t WHERE id > 1;",
        new=False,
    ),
    Conflicting(
        "text that is no number",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER v TYPE text;",
        "INSERT INTO t VALUES (2, 'many');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '7' WHERE id = 2;",
        new=False,
    ),
    Conflicting(
        "text that is no number, no key",
        "CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1);",
        "ALTER TABLE t ALTER v TYPE text;",
        "INSERT INTO t VALUES ('many');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '7' WHERE v = 'many';",
        new=False,
    ),
    Conflicting(
        "required column without a value",
        USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;',
        'ALTER TABLE "User" DROP COLUMN age;',
        "INSERT INTO \"User\" (email) VALUES ('n1'), ('n2');",
        '"public"."User"."age"',
        2,
        'DELETE FROM "User" WHERE id > 4;',
        new=False,
    ),
]
