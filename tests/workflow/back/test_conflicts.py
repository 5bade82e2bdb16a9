"""What users wrote since and a rollback cannot simply keep: merged, or listed before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.errors import Restored, RollbackError
from safemigrate.execute import stages
from safemigrate.model import Result
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conflicting import CONFLICTS, Conflicting
from tests.workflow.conftest import Project


@pytest.mark.parametrize("case", CONFLICTS, ids=lambda case: case.name)
def test_listed_before_anything_changes(project: Project, case: Conflicting) -> None:
    before = project.changed(case.setup, case.migration, case.since)
    schema, rows = project.state()
    found = project.rollback()
    assert found.result is Result.CONFLICTS
    assert [(one.subject, one.count) for one in found.conflicts] == [(case.subject, case.count)]
    assert all(one.sample or "fill" in str(one.choices) for one in found.conflicts)
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
    project.changed(USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;', 'ALTER TABLE "User" DROP COLUMN age;')
    with pytest.raises(RollbackError, match="takes no value") as caught:
        project.rollback(RollbackOptions(fill={"User.age": "40"}))
    assert '"public"."User"."age"' in caught.value.why
    assert project.rollback(RollbackOptions(dry_run=True)).result is Result.REHEARSED


def test_a_dry_run_says_what_would_go(project: Project) -> None:
    project.changed(
        USERS,
        'ALTER TABLE "User" ADD COLUMN "late" text;',
        "INSERT INTO \"User\" (email, late) VALUES ('n1', 'x')",
    )
    said = project.rollback(RollbackOptions(dry_run=True)).notes
    assert any('"User"."late" goes with its 1 value' in note for note in said), said
    (back,) = project.rollback().migrations
    assert back.state == "rolled back"


@pytest.mark.parametrize("case", MERGED, ids=lambda case: case.name)
def test_merged(project: Project, case: Merged) -> None:
    before = project.changed(case.setup, case.migration, case.since)
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


ROLES = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "Member" (id int PRIMARY KEY, role "Role" NOT NULL);
INSERT INTO "Member" SELECT n, 'ADMIN' FROM generate_series(1, 5) AS n;
"""
OWNERS = """
CREATE TYPE "Role_new" AS ENUM ('USER', 'OWNER');
UPDATE "Member" SET role = 'USER' WHERE role = 'ADMIN';
ALTER TABLE "Member" ALTER COLUMN role TYPE "Role_new" USING (role::text::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
"""


@pytest.mark.parametrize("batch_rows", [2, 50_000])
def test_what_is_written_after_the_questions_is_asked_about_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, batch_rows: int
) -> None:
    project.changed(ROLES, OWNERS)
    real, written = stages.cut, list[str]()

    def late(*arguments: Any) -> Any:
        if not written:
            written.append("INSERT INTO \"Member\" VALUES (9, 'OWNER')")
            project.run(written[0])
        return real(*arguments)

    monkeypatch.setattr(stages, "cut", late)
    if batch_rows == 2:
        with pytest.raises(Restored, match="does not fit"):
            project.rollback(RollbackOptions(batch_rows=batch_rows))
    else:
        assert project.rollback(RollbackOptions(batch_rows=batch_rows)).result is Result.CONFLICTS
    assert written
    assert project.rows('SELECT role::text FROM "Member" WHERE id = 9') == [("OWNER",)]
    assert project.rollback(RollbackOptions(batch_rows=batch_rows)).result is Result.CONFLICTS


def test_a_table_that_somebody_dropped_since_is_no_way_out(project: Project) -> None:
    project.changed(
        "CREATE TABLE team (id int PRIMARY KEY, note text NOT NULL);"
        "CREATE TABLE member (id int PRIMARY KEY, team int REFERENCES team); INSERT INTO team VALUES (1, 'a');",
        "ALTER TABLE team DROP COLUMN note;",
        "INSERT INTO team VALUES (2); DROP TABLE member;",
    )
    (conflict,) = project.rollback().conflicts
    assert conflict.notes == ('keep-old cannot be chosen: relation "public.member" does not exist',)
    fill = {conflict.subject: "filled"}
    assert project.rollback(RollbackOptions(fill=fill)).result is Result.ROLLED_BACK
    assert project.rows("SELECT note FROM team ORDER BY id") == [("a",), ("filled",)]
