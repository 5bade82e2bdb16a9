from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from safemigrate.lint import Facts, lint
from safemigrate.lint.history import History
from safemigrate.lint.rewrite import Rewritten, rewrite
from safemigrate.model import Severity
from safemigrate.sql import Statement, split
from tests.lint.conftest import migration

SETUP = """
CREATE TABLE "User" ("id" SERIAL PRIMARY KEY, "name" TEXT, "email" TEXT, "teamId" INTEGER);
CREATE TABLE "Team" ("id" SERIAL NOT NULL, "title" TEXT, CONSTRAINT "Team_pkey" PRIMARY KEY ("id"));
CREATE INDEX "Team_title_idx" ON "Team"("title");
CREATE INDEX "User_email_idx" ON "User"("email");
"""
ROWS = """
INSERT INTO "Team" ("title") VALUES ('one');
INSERT INTO "User" ("name", "email", "teamId") VALUES ('a', 'a@example.org', 1), ('b', 'b@example.org', NULL);
"""
# What a table is made of, but for the order of its columns: a renamed one stays where it was.
STATE = """
SELECT 'column', table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, NULL
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION SELECT 'index', indrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text, NULL, NULL
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
UNION SELECT 'sequence', sequencename, data_type::text, NULL, NULL, NULL FROM pg_sequences ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Case:
    """A migration, the rules that rewrite it and what the new migrations are called."""

    sql: str
    rules: tuple[str, ...]
    later: tuple[str, ...] = ()


CASES = {
    "an index alone": Case('CREATE INDEX "User_name_idx" ON "User"("name");', ("index-not-concurrent",)),
    "a unique index alone": Case('CREATE UNIQUE INDEX "User_name_key" ON "User"("name");', ("index-not-concurrent",)),
    "indexes beside other things": Case(
        """
-- AlterTable
ALTER TABLE "User" ADD COLUMN "bio" TEXT;

-- CreateIndex
CREATE INDEX "User_name_idx" ON "User"("name");

-- CreateIndex
CREATE UNIQUE INDEX "User_bio_email_key" ON "User"("bio", "email");
""",
        ("index-not-concurrent",),
        ("User_name_idx", "User_bio_email_key"),
    ),
    "a foreign key": Case(
        'ALTER TABLE "User" ADD CONSTRAINT "User_teamId_fkey" FOREIGN KEY ("teamId") REFERENCES "Team"("id") '
        "ON DELETE SET NULL ON UPDATE CASCADE;",
        ("foreign-key-validates",),
        ("validate",),
    ),
    "a foreign key without a name, among others": Case(
        'alter table "User" alter "email" set default \'\', add foreign key ("teamId") references "Team", add "x" int',
        ("foreign-key-validates",),
        ("validate",),
    ),
    "a required column": Case(
        'ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;', ("set-not-null-scans",), ("validate",)
    ),
    "a check": Case(
        'ALTER TABLE "User" ADD CONSTRAINT "User_email_check" CHECK ("email" <> \'\');',
        ("check-constraint-validates",),
        ("validate",),
    ),
    "a check, validated at once": Case(
        'ALTER TABLE "User" ADD CONSTRAINT a CHECK ("id" > 0) NOT VALID;\nALTER TABLE "User" VALIDATE CONSTRAINT a;',
        ("validate-in-same-transaction",),
        ("validate",),
    ),
    "indexes dropped": Case(
        'DROP INDEX "User_email_idx";\nDROP INDEX IF EXISTS public."Team_title_idx";',
        ("drop-index-not-concurrent",),
        ("drop_User_email_idx",),
    ),
    "an index built anew": Case('REINDEX INDEX "User_email_idx";', ("reindex-not-concurrent",)),
    "a field renamed": Case(
        'ALTER TABLE "User" DROP COLUMN "name",\nADD COLUMN     "fullName" TEXT;', ("drop-and-add-column",)
    ),
    "a field renamed in two statements": Case(
        'ALTER TABLE "User" ADD COLUMN "fullName" TEXT, ADD COLUMN "bio" TEXT;\nALTER TABLE "User" DROP COLUMN "name";',
        ("drop-and-add-column",),
    ),
    "a field renamed that becomes required": Case(
        'ALTER TABLE "User" DROP COLUMN "name",\nADD COLUMN     "fullName" TEXT NOT NULL DEFAULT \'\';',
        ("drop-and-add-column", "set-not-null-scans"),
        ("validate",),
    ),
    "a model renamed": Case(
        """
-- DropTable
DROP TABLE "Team";

-- CreateTable
CREATE TABLE "Teams" (
    "id" SERIAL NOT NULL,
    "title" TEXT,

    CONSTRAINT "Teams_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Teams_title_idx" ON "Teams"("title");
""",
        ("drop-and-create-table", "index-not-concurrent"),
        ("Teams_title_idx",),
    ),
}
by_name = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def rewritten(sql: str) -> Rewritten:
    history = History(Facts())
    history.note(split(SETUP))
    found = rewrite(migration(sql), history.facts)
    assert found is not None
    return found


def test_a_rename_is_not_guessed() -> None:
    assert rewrite(migration('ALTER TABLE t DROP COLUMN "storeEnvironment", ADD COLUMN "purchaseToken" TEXT;')) is None
    assert rewrite(migration('DROP TABLE "Account";\nCREATE TABLE "Accounts" ("id" INTEGER);')) is None
    loose = rewrite(migration('ALTER TABLE t DROP COLUMN "name", ADD COLUMN "fullName" TEXT;'))
    assert loose is not None
    assert loose.sql == 'ALTER TABLE "t" RENAME COLUMN "name" TO "fullName";\n'


@by_name
def test_the_rules_are_content_with_what_they_wrote(case: Case) -> None:
    found = rewritten(case.sql)
    assert found.rules == case.rules
    assert tuple(one.name for one in found.later) == case.later
    earlier: list[Statement] = []
    for text in (found.sql, *(one.sql for one in found.later)):
        statements = split(text)
        said = lint(migration(text), statements, earlier=earlier or None)
        assert {one.rule for one in said if one.severity is not Severity.NOTICE} & set(case.rules) == set()
        earlier += statements


@by_name
def test_the_end_is_the_same_and_rows_stay(case: Case, target: psycopg.Connection) -> None:
    target.execute(SETUP)
    run(target, case.sql)
    wanted = target.execute(STATE).fetchall()
    target.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    target.execute(SETUP)
    target.execute(ROWS)
    found = rewritten(case.sql)
    for text in (found.sql, *(one.sql for one in found.later)):
        run(target, text)
    assert target.execute(STATE).fetchall() == wanted
    assert kept(target) == {"a", "b", "one"}


def test_a_required_column_is_filled_by_a_person(target: psycopg.Connection) -> None:
    found = rewritten('ALTER TABLE "User" ADD COLUMN "locale" TEXT NOT NULL, ADD COLUMN "seat" INTEGER;')
    assert found.sql == 'ALTER TABLE "User" ADD COLUMN "locale" TEXT, ADD COLUMN "seat" INTEGER;'
    fill, validate = found.later
    target.execute(SETUP)
    target.execute(ROWS)
    run(target, found.sql)
    with pytest.raises(psycopg.errors.SyntaxError):
        run(target, fill.sql)
    run(target, fill.sql.replace("<value>", "'en'"))
    run(target, validate.sql)
    assert target.execute(
        """SELECT is_nullable FROM information_schema.columns WHERE column_name = 'locale'"""
    ).fetchall() == [("NO",)]
    assert target.execute('SELECT DISTINCT "locale" FROM "User"').fetchall() == [("en",)]


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "User" ADD COLUMN "bio" TEXT;',
        'CREATE TABLE "New" ("id" INTEGER); CREATE INDEX "New_idx" ON "New"("id");',
        'DO $$ BEGIN CREATE INDEX "User_name_idx" ON "User"("name"); END $$;',
        '-- safemigrate: allow index-not-concurrent the table is small\nCREATE INDEX "a" ON "User"("name");',
        'DROP TABLE "User";',
    ],
    ids=["safe", "new table", "in a block", "allowed", "no way known"],
)
def test_what_is_safe_or_meant_or_beyond_help_stays(sql: str) -> None:
    assert rewrite(migration(sql)) is None


def test_an_index_that_a_foreign_key_needs_is_built_where_it_is() -> None:
    sql = (
        'CREATE UNIQUE INDEX "Team_title_key" ON "Team"("title");\n'
        'ALTER TABLE "User" ADD CONSTRAINT "f" FOREIGN KEY ("name") REFERENCES "Team"("title");\n'
    )
    found = rewritten(sql)
    assert found.sql == sql.replace('REFERENCES "Team"("title")', 'REFERENCES "Team"("title") NOT VALID')
    assert found.rules == ("foreign-key-validates",)


@pytest.mark.parametrize(
    "behind",
    ['ALTER TABLE "User" RENAME TO "Person"', 'ALTER TABLE "User" DROP COLUMN "name"', 'DROP TABLE "User"'],
    ids=["renamed", "column dropped", "dropped"],
)
@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX "a" ON "User"("name")',
        'DROP INDEX "User_email_idx"',
        'ALTER TABLE "User" ADD CONSTRAINT "b" CHECK ("name" <> \'\')',
        'ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL',
    ],
    ids=["index", "index dropped", "check", "required"],
)
def test_what_follows_may_not_find_it_changed(sql: str, behind: str) -> None:
    assert rewrite(migration(f"{sql};\n{behind};")) is None
    assert rewrite(migration(f"SET search_path TO other;\n{sql};")) is None


def test_an_index_made_anew_under_its_name_is_dropped_where_it_was() -> None:
    sql = 'DROP INDEX "a";\nCREATE INDEX "a" ON "User"("name");\n'
    found = rewritten(sql)
    assert found.sql == 'DROP INDEX CONCURRENTLY "a";\n'
    assert [one.name for one in found.later] == ["a"]


def test_an_index_that_a_foreign_key_might_take_is_dropped_where_it_is() -> None:
    sql = 'DROP INDEX "a";\nALTER TABLE "User" ADD CONSTRAINT "f" FOREIGN KEY ("name") REFERENCES "Team"("title");'
    assert rewritten(sql).sql == sql.replace('("title")', '("title") NOT VALID')


def test_an_index_made_anew_beside_other_things_is_dropped_before() -> None:
    found = rewritten(
        'DROP INDEX "User_email_idx";\nALTER TABLE "User" ADD "x" INT;\n'
        'CREATE INDEX "User_email_idx" ON "User"("email", "x");\n'
    )
    assert [one.name for one in found.later] == ["drop_User_email_idx", "User_email_idx"]


def test_the_text_around_stays_as_it_was() -> None:
    head, tail = "\ufeff/* kept */\r\n\r\n", "-- AlterTable\r\nALTER TABLE t ADD y int;\r\n"
    found = rewritten(f"{head}-- CreateIndex\r\nCREATE INDEX a ON t (x);\r\n\r\n{tail}")
    assert found.sql == head + tail
    assert [one.sql for one in found.later] == ["CREATE INDEX CONCURRENTLY a ON t (x);\n"]


def run(connection: psycopg.Connection, text: str) -> None:
    """As Prisma sends a file: one query."""
    connection.execute(text.encode())


def kept(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute(
        """SELECT value FROM (SELECT to_jsonb(u) AS row FROM "User" u) AS rows, jsonb_each_text(row)
           WHERE key IN ('name', 'fullName')"""
    ).fetchall()
    team = connection.execute("SELECT to_regclass('\"Team\"')::text").fetchone()
    teams = connection.execute(
        'SELECT title FROM "Team"' if team and team[0] else 'SELECT title FROM "Teams"'
    ).fetchall()
    return {value for (value,) in [*rows, *teams]}
