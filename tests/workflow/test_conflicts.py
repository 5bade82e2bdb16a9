"""What users wrote since and a rollback cannot simply keep: merged, or listed before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.errors import RollbackError
from safemigrate.model import Result
from safemigrate.workflow.rollback import RollbackOptions
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conftest import Project


@dataclass(frozen=True)
class Conflicting:
    """`since` makes `count` rows of `subject` a conflict; after `mend` the rollback goes through."""

    name: str
    setup: str
    migration: str
    since: str
    subject: str
    count: int
    mend: str


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
    ),
    Conflicting(
        "parent of a dropped column gone",
        USERS + POSTS,
        'ALTER TABLE "Post" DROP COLUMN "userId";',
        'DELETE FROM "User" WHERE id = 1;',
        '"public"."Post"."Post_userId_fkey"',
        3,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'a@x');",
    ),
    Conflicting(
        "parent of a dropped table gone",
        USERS + POSTS,
        'DROP TABLE "Post";',
        'DELETE FROM "User" WHERE id = 1;',
        '"public"."Post"."Post_userId_fkey"',
        3,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'a@x');",
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
    ),
    Conflicting(
        "new enum label, used by the migration too",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a'); INSERT INTO t VALUES (1, 'b');",
        "ALTER TYPE e ADD VALUE 'c'; UPDATE t SET v = 'c' WHERE id = 1;",
        "INSERT INTO t VALUES (2, 'c');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 'a' WHERE id = 2;",
    ),
    Conflicting(
        "new enum label in an array",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e[]); INSERT INTO t VALUES (1, '{b}'), (2, NULL), (3, '{}'), (4, '{NULL}');",
        "ALTER TYPE e ADD VALUE 'c';",
        "UPDATE t SET v = '{a,c}' WHERE id = 1;",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '{a}' WHERE id = 1;",
    ),
    Conflicting(
        "label of a recreated enum",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e); INSERT INTO t VALUES (1, 'b'), (2, 'a');",
        "CREATE TYPE f AS ENUM ('a', 'c'); ALTER TABLE t ALTER v TYPE f USING (CASE v WHEN 'b' THEN 'c' ELSE v::text END)::f; DROP TYPE e; ALTER TYPE f RENAME TO e;",
        "INSERT INTO t VALUES (3, 'c');",
        '"public"."t"."v"',
        1,
        "DELETE FROM t WHERE id = 3;",
    ),
    Conflicting(
        "longer text",
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(3)); INSERT INTO t VALUES (1, 'abc');",
        "ALTER TABLE t ALTER v TYPE varchar(10);",
        "UPDATE t SET v = 'abcdef';",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 'x';",
    ),
    Conflicting(
        "larger number",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER v TYPE bigint;",
        "INSERT INTO t VALUES (2, 5000000000), (3, 6000000000);",
        '"public"."t"."v"',
        2,
        "DELETE FROM t WHERE id > 1;",
    ),
    Conflicting(
        "finer number",
        "CREATE TABLE t (id int PRIMARY KEY, v numeric(8,2)); INSERT INTO t VALUES (1, 1.25);",
        "ALTER TABLE t ALTER v TYPE numeric(12,4);",
        "INSERT INTO t VALUES (2, 1.2345);",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = 1.23 WHERE id = 2;",
    ),
    Conflicting(
        "larger key",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER id TYPE bigint;",
        "INSERT INTO t VALUES (5000000000, 2);",
        '"public"."t"."id"',
        1,
        "DELETE FROM t WHERE id > 1;",
    ),
    Conflicting(
        "text that is no number",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);",
        "ALTER TABLE t ALTER v TYPE text;",
        "INSERT INTO t VALUES (2, 'many');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '7' WHERE id = 2;",
    ),
    Conflicting(
        "text that is no number, no key",
        "CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1);",
        "ALTER TABLE t ALTER v TYPE text;",
        "INSERT INTO t VALUES ('many');",
        '"public"."t"."v"',
        1,
        "UPDATE t SET v = '7' WHERE v = 'many';",
    ),
    Conflicting(
        "required column without a value",
        USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;',
        'ALTER TABLE "User" DROP COLUMN age;',
        "INSERT INTO \"User\" (email) VALUES ('n1'), ('n2');",
        '"public"."User"."age"',
        2,
        'DELETE FROM "User" WHERE id > 4;',
    ),
]


@pytest.mark.parametrize("case", CONFLICTS, ids=lambda case: case.name)
def test_listed_before_anything_changes(project: Project, case: Conflicting) -> None:
    project.baseline(case.setup)
    before, _ = project.state()
    project.write("20240601000000_change", case.migration)
    assert project.apply().result is Result.APPLIED
    project.run(case.since)
    schema, rows = project.state()
    found = project.rollback()
    assert found.result is Result.CONFLICTS
    assert [(one.subject, one.count) for one in found.conflicts] == [(case.subject, case.count)]
    assert all(one.sample or "fill" in str(one.choices) or "required" in one.message for one in found.conflicts)
    assert all(one.choices for one in found.conflicts)
    still, same = project.state()
    assert compare(schema, still) == []
    assert differences(rows, same) == []
    project.run(case.mend)
    assert project.rollback().result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []


@dataclass(frozen=True)
class Merged:
    """After the rollback `query` gives `rows`."""

    name: str
    setup: str
    migration: str
    since: str
    query: str
    rows: list[tuple[object, ...]]
    fill: dict[str, str] = field(default_factory=dict)


MERGED = [
    Merged(
        "a deleted row stays deleted",
        USERS,
        "UPDATE \"User\" SET nick = 'x';",
        'DELETE FROM "User" WHERE id = 1;',
        'SELECT id, nick FROM "User" WHERE id < 3 ORDER BY id',
        [(2, None)],
    ),
    Merged(
        "other columns keep what was written since",
        USERS,
        "UPDATE \"User\" SET nick = 'x';",
        'UPDATE "User" SET age = 77 WHERE id = 1;',
        'SELECT nick, age FROM "User" WHERE id = 1',
        [("A", 77)],
    ),
    Merged(
        "the changed column too",
        USERS,
        "UPDATE \"User\" SET nick = 'x';",
        "UPDATE \"User\" SET nick = 'mine' WHERE id = 1;",
        'SELECT nick FROM "User" WHERE id < 3 ORDER BY id',
        [("mine",), (None,)],
    ),
    Merged(
        "a converted value written since",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, '01'), (2, '02'), (3, '03');",
        "ALTER TABLE t ALTER v TYPE int USING v::int;",
        "UPDATE t SET v = 7 WHERE id = 2; INSERT INTO t VALUES (4, 9);",
        "SELECT v FROM t ORDER BY id",
        [("01",), ("7",), ("03",), ("9",)],
    ),
    Merged(
        "a value without a way back, written since",
        "CREATE TABLE t (id int PRIMARY KEY, v boolean); INSERT INTO t VALUES (1, true), (2, false), (3, NULL);",
        "ALTER TABLE t ALTER v TYPE text USING CASE WHEN v THEN 'on it' ELSE 'no' END;",
        "UPDATE t SET v = 'true' WHERE id = 2; INSERT INTO t VALUES (4, 'false');",
        "SELECT v FROM t ORDER BY id",
        [(True,), (True,), (None,), (False,)],
    ),
    Merged(
        "a row that the migration made and users changed stays",
        USERS,
        "INSERT INTO \"User\" (email) VALUES ('s1'), ('s2');",
        "UPDATE \"User\" SET nick = 'ours' WHERE email = 's1';",
        'SELECT email, nick FROM "User" WHERE id > 4',
        [("s1", "ours")],
    ),
    Merged(
        "a row that the migration made and users point to stays",
        USERS + POSTS,
        "INSERT INTO \"User\" (email) VALUES ('s1'), ('s2');",
        'INSERT INTO "Post" ("userId", title) SELECT id, \'later\' FROM "User" WHERE email = \'s2\';',
        'SELECT u.email, p.title FROM "User" u LEFT JOIN "Post" p ON p."userId" = u.id WHERE u.id > 4',
        [("s2", "later")],
    ),
    Merged(
        "rows that the migration made and users' rows of the same table point to stay, whatever the cascade",
        "CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node ON DELETE CASCADE); INSERT INTO node VALUES (1, NULL);",
        "INSERT INTO node VALUES (10, 1), (11, 10);",
        "INSERT INTO node VALUES (20, 11);",
        "SELECT id, up FROM node ORDER BY id",
        [(1, None), (10, 1), (11, 10), (20, 11)],
    ),
    Merged(
        "rows that point to each other go when nobody else points to them",
        "CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node ON DELETE CASCADE); INSERT INTO node VALUES (1, NULL);",
        "INSERT INTO node VALUES (10, 1), (11, 10);",
        "INSERT INTO node VALUES (20, 1);",
        "SELECT id, up FROM node ORDER BY id",
        [(1, None), (20, 1)],
    ),
    Merged(
        "sequences do not go back",
        USERS,
        'DROP TABLE "User";',
        "",
        "SELECT nextval('\"User_id_seq\"')",
        [(5,)],
    ),
    Merged(
        "sequences of a truncated table go forward again",
        USERS,
        'TRUNCATE "User" RESTART IDENTITY;',
        "",
        "SELECT nextval('\"User_id_seq\"')",
        [(5,)],
    ),
    Merged(
        "what was written to a new column is kept",
        USERS,
        'ALTER TABLE "User" ADD COLUMN bio text;',
        "UPDATE \"User\" SET bio = 'b' WHERE id = 2;",
        "SELECT (xpath('/row/bio/text()', query_to_xml(format('SELECT bio FROM safemigrate.%I', relname), false, true, '')))[1]::text "
        "FROM pg_class WHERE relname LIKE 'left\\_%' AND relkind = 'r'",
        [("b",)],
    ),
    Merged(
        "what was written to a new table is kept",
        USERS,
        "CREATE TABLE extra (id int PRIMARY KEY, v text);",
        "INSERT INTO extra VALUES (1, 'e');",
        "SELECT (xpath('/row/v/text()', query_to_xml(format('SELECT v FROM safemigrate.%I', relname), false, true, '')))[1]::text "
        "FROM pg_class WHERE relname LIKE 'left\\_%' AND relkind = 'r'",
        [("e",)],
    ),
    Merged(
        "a required column is filled",
        USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;',
        'ALTER TABLE "User" DROP COLUMN age;',
        "INSERT INTO \"User\" (email) VALUES ('n1');",
        'SELECT age FROM "User" ORDER BY id',
        [(1,), (2,), (3,), (4,), (40,)],
        {'"public"."User"."age"': "40"},
    ),
    Merged(
        "NULLs that the migration made are no conflict",
        USERS,
        'ALTER TABLE "User" ALTER email DROP NOT NULL; UPDATE "User" SET email = NULL;',
        "UPDATE \"User\" SET nick = 'k' WHERE id = 1;",
        'SELECT email FROM "User" WHERE id < 3 ORDER BY id',
        [("a@x",), ("b@x",)],
    ),
    Merged(
        "twins that the migration made are no conflict",
        USERS,
        'ALTER TABLE "User" DROP CONSTRAINT "User_email_key"; UPDATE "User" SET email = \'same\';',
        "UPDATE \"User\" SET nick = 'k' WHERE id = 1;",
        'SELECT email FROM "User" WHERE id < 3 ORDER BY id',
        [("a@x",), ("b@x",)],
    ),
]


def test_a_fill_that_no_column_takes_changes_nothing(project: Project) -> None:
    project.baseline(USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;')
    project.write("20240601000000_change", 'ALTER TABLE "User" DROP COLUMN age;')
    assert project.apply().result is Result.APPLIED
    with pytest.raises(RollbackError, match="takes no value") as caught:
        project.rollback(RollbackOptions(fill={"User.age": "40"}))
    assert '"public"."User"."age"' in caught.value.why
    assert project.rollback(RollbackOptions(dry_run=True)).result is Result.REHEARSED


def test_a_dry_run_says_what_would_go(project: Project) -> None:
    project.baseline(USERS)
    project.write("20240601000000_change", 'ALTER TABLE "User" ADD COLUMN "late" text;')
    assert project.apply().result is Result.APPLIED
    project.run("INSERT INTO \"User\" (email, late) VALUES ('n1', 'x')")
    said = project.rollback(RollbackOptions(dry_run=True)).notes
    assert any('"User"."late" goes with its 1 values' in note for note in said), said
    (back,) = project.rollback().migrations
    assert back.state == "rolled back"


@pytest.mark.parametrize("case", MERGED, ids=lambda case: case.name)
def test_merged(project: Project, case: Merged) -> None:
    project.baseline(case.setup)
    before, _ = project.state()
    project.write("20240601000000_change", case.migration)
    assert project.apply().result is Result.APPLIED
    if case.since:
        project.run(case.since)
    back = project.rollback(RollbackOptions(fill=case.fill))
    assert back.result is Result.ROLLED_BACK, back.conflicts
    assert compare(before, project.state()[0]) == []
    assert project.rows(case.query) == case.rows


def test_a_parent_gone_since_is_listed_also_where_prisma_drops_the_foreign_key_first(project: Project) -> None:
    """Prisma drops a model as DROP CONSTRAINT, then DROP TABLE: when the question is asked the table is moved away."""
    project.write("1_init", "CREATE TABLE parent (id int PRIMARY KEY);")
    project.write("2_tag", "CREATE TABLE tag (id int PRIMARY KEY, up int CONSTRAINT tag_up_fkey REFERENCES parent);")
    project.apply()
    project.run("INSERT INTO parent VALUES (1), (2); INSERT INTO tag VALUES (1, 1), (2, 2);")
    project.write("3_drop", "ALTER TABLE tag DROP CONSTRAINT tag_up_fkey; DROP TABLE tag;")
    project.apply()
    project.run("DELETE FROM parent WHERE id = 2;")
    outcome = project.rollback()
    assert outcome.result is Result.CONFLICTS
    assert [(one.subject, one.count) for one in outcome.conflicts] == [('"public"."tag"."tag_up_fkey"', 1)]
