"""What a migration made itself is no finding, whether or not there is a target."""

from __future__ import annotations

import pytest

from safemigrate.lint import Facts, TableFact, lint
from safemigrate.sql import split
from tests.lint.conftest import Read, migration

NEW = 'CREATE TABLE "T" ("id" INTEGER NOT NULL, "a" TEXT);\n'


@pytest.mark.parametrize(
    "sql",
    [
        'DROP TABLE "T";',
        'ALTER TABLE "T" DROP COLUMN "a";',
        'ALTER TABLE "T" ALTER COLUMN "a" TYPE INTEGER USING "a"::int;',
        'ALTER TABLE "T" ADD COLUMN "b" TEXT NOT NULL;',
        'ALTER TABLE "T" ALTER COLUMN "a" SET NOT NULL;',
        'CREATE UNIQUE INDEX "i" ON "public"."T"("a");',
        'CREATE INDEX "i" ON "T"("a");',
        'ALTER TABLE "T" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "Other"("id");',
        'TRUNCATE "T";',
        'ALTER TABLE "T" RENAME TO "U"; DROP TABLE "U";',
        'ALTER TABLE "T" SET SCHEMA "other"; DROP TABLE "other"."T";',
    ],
)
def test_what_happens_to_a_new_table_is_no_finding(sql: str, read: Read) -> None:
    assert read(NEW + sql) == []
    assert read(sql), "without the CREATE TABLE it is one"


@pytest.mark.parametrize(
    "made",
    [
        "DO $$ BEGIN CREATE TABLE t (a int); EXCEPTION WHEN duplicate_table THEN NULL; END $$;",
        "CREATE TEMP TABLE t AS SELECT 1;",
        "SELECT 1 AS a INTO t;",
    ],
)
def test_a_table_is_new_however_it_was_made(made: str, read: Read) -> None:
    assert read(made + "DROP TABLE t;") == []


def test_if_not_exists_makes_no_table_new_that_the_target_has(read: Read) -> None:
    facts = Facts(tables={("public", "t"): TableFact(5, {"a": "integer"})})
    assert read("CREATE TABLE IF NOT EXISTS t (a int); DROP TABLE t;", facts)
    assert read("CREATE TABLE IF NOT EXISTS t (a int); DROP TABLE t;") == []


def test_an_old_table_renamed_is_counted_by_its_old_name(read: Read) -> None:
    asked: list[str] = []

    def count(query: str) -> int:
        asked.append(query)
        return 7

    facts = Facts(tables={("public", "a"): TableFact(5, {})}, count=count)
    _renamed, finding = read("ALTER TABLE a RENAME TO b; DROP TABLE b;", facts)
    assert finding.message == '"b" is dropped; it holds 7 rows'
    assert asked == ['SELECT count(*) FROM "public"."a"']


def test_an_emptied_table_holds_no_rows_until_it_is_written_to(read: Read) -> None:
    add = "ALTER TABLE t ADD COLUMN b int NOT NULL;"
    assert [finding.rule for finding in read("DELETE FROM t WHERE true;" + add)] == ["truncate-or-delete-all"]
    assert [finding.rule for finding in read("TRUNCATE t; INSERT INTO t DEFAULT VALUES;" + add)] == [
        "truncate-or-delete-all",
        "required-column-without-default",
    ]


def test_a_table_that_a_pending_migration_makes_is_taken_to_be_empty(read: Read) -> None:
    assert read("ALTER TABLE t ADD COLUMN b int NOT NULL;", Facts(tables={})) == []


def test_where_counting_takes_too_long_the_estimate_stands(read: Read) -> None:
    (finding,) = read("DROP TABLE t;", Facts(tables={("public", "t"): TableFact(4_000_000, {})}))
    assert finding.count == 4_000_000


def after(earlier: str, sql: str, facts: Facts) -> list[str]:
    return [f"{finding.rule} {finding.severity}" for finding in lint(migration(sql), split(sql), facts, split(earlier))]


@pytest.mark.parametrize(
    ("earlier", "sql", "expected"),
    [
        ("CREATE TABLE u (a int);", "ALTER TABLE u ADD b int NOT NULL; CREATE INDEX ON u (a); DROP TABLE u;", []),
        ("ALTER TABLE t RENAME TO u;", "DROP TABLE u;", ["drop-table warning"]),
        ("CREATE TABLE u (a int); INSERT INTO u SELECT a FROM t;", "DROP TABLE u;", ["drop-table warning"]),
        ("TRUNCATE t;", "ALTER TABLE t ADD b int NOT NULL;", []),
        ("", "DROP TABLE IF EXISTS nowhere;", []),
        ("", "DROP TABLE nowhere;", ["drop-table warning"]),
        ("ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;", []),
        ("ALTER TABLE t ADD b int; UPDATE t SET b = a;", "ALTER TABLE t DROP b;", ["drop-column warning"]),
        ("ALTER TABLE t ADD b int;", "ALTER TABLE t ALTER b SET NOT NULL;", ["set-not-null error"]),
        ("ALTER TABLE t ADD b int; UPDATE t SET b = a;", "ALTER TABLE t ALTER b SET NOT NULL;", []),
        ("ALTER TABLE t ADD ab int;", "ALTER TABLE t DROP a;", ["drop-column warning"]),
    ],
)
def test_what_pending_migrations_did_before_is_known(earlier: str, sql: str, expected: list[str]) -> None:
    facts = Facts(tables={("public", "t"): TableFact(7, {"a": "integer"})})
    assert after(earlier, sql, facts) == expected


def test_a_whole_history_on_an_empty_database_has_nothing_to_lose() -> None:
    history = [
        "CREATE TYPE r AS ENUM ('a', 'b'); CREATE TABLE t (a int, r r);",
        "ALTER TABLE t DROP a, ADD b int NOT NULL; CREATE UNIQUE INDEX ON t (b);",
        "CREATE TYPE r_new AS ENUM ('a'); ALTER TABLE t ALTER r TYPE r_new USING (r::text::r_new); "
        "ALTER TYPE r RENAME TO r_old; ALTER TYPE r_new RENAME TO r; DROP TYPE r_old;",
        "ALTER TABLE t RENAME TO u;",
        "DROP TABLE u;",
    ]
    for number, sql in enumerate(history):
        assert after("".join(history[:number]), sql, Facts(tables={})) == []
