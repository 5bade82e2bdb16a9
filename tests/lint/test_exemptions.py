"""What clears a finding, and what only looks as if it did; read without a target."""

from __future__ import annotations

import pytest

from safemigrate.lint import Facts, TableFact, lint
from safemigrate.sql import split
from tests.lint.conftest import Read, migration

T = 'ALTER TABLE "User" '
ADD = "ALTER TYPE \"Role\" ADD VALUE 'OWNER';"
USE = T + "ALTER COLUMN \"role\" SET DEFAULT 'OWNER';"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # overwrite-values, delete-rows
        ('UPDATE "User" SET "a" = 1 WHERE "a" IS NULL AND "b" > 2;', []),
        ('UPDATE "User" SET "a" = 1 WHERE "a" IS NULL OR "b" > 2;', ["overwrite-values"]),
        ('UPDATE "User" SET "a" = COALESCE("a", 1) WHERE "b" > 2;', []),
        ('UPDATE "User" SET "a" = 1, "at" = now() WHERE "a" IS NULL;', []),
        ('UPDATE "User" SET "a" = 1 WHERE "id" = \'x\';', []),
        ('UPDATE "User" SET "a" = 1 WHERE "id" IN (1, 2);', []),
        ('UPDATE "User" SET "a" = 1 WHERE "id" > 7;', ["overwrite-values"]),
        ('DELETE FROM "User" WHERE id = 3;', []),
        ('DELETE FROM "User" WHERE id <> 3;', ["delete-rows"]),
        # renames
        ('ALTER TABLE "A" RENAME TO "B"; CREATE VIEW "A" AS SELECT * FROM "B";', []),
        ('CREATE TABLE "N" (a int); ALTER TABLE "A" RENAME TO "O"; ALTER TABLE "N" RENAME TO "A";', ["rename-table"]),
        (
            'CREATE TABLE "N" (a int); INSERT INTO "N" SELECT a FROM "A";'
            'ALTER TABLE "A" RENAME TO "O"; ALTER TABLE "N" RENAME TO "A";',
            [],
        ),
        ("CREATE TYPE r AS ENUM ('a'); ALTER TYPE r RENAME TO s;", []),
        (T + 'ADD "a" int; ' + T + 'RENAME "a" TO "b";', []),
        ('ALTER INDEX "i" RENAME TO "j";', []),
        # drops that something follows
        (T + 'ALTER "a" DROP DEFAULT, ALTER "a" SET DEFAULT 1;', []),
        (T + 'ALTER "a" DROP DEFAULT, ALTER "a" DROP NOT NULL;', ["drop-not-null"]),
        (T + 'ALTER "a" DROP NOT NULL;' + T + 'DROP "a";', ["drop-column"]),
        (T + 'ADD "a" int DEFAULT 1;' + T + 'ALTER "a" DROP DEFAULT;', []),
        ("DROP FUNCTION f(int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';", []),
        ('DROP TRIGGER "t" ON "User"; DROP FUNCTION "t"();', ["drop-trigger"]),
        ('DROP POLICY "p" ON "User"; DROP TABLE "User";', ["drop-table"]),
        ('DROP INDEX "a_key"; CREATE UNIQUE INDEX "a_key" ON "User"("a");', ["unique-on-existing"]),
        ('DROP INDEX "a_key";', ["drop-constraint"]),
        ('DROP INDEX "User_a_key"; ALTER TABLE "User" DROP "a";', ["drop-column"]),
        # drop-constraint
        (T + 'DROP CONSTRAINT "User_age_check", DROP COLUMN "age";', ["drop-column"]),
        (T + 'DROP CONSTRAINT "User_age_check";', ["drop-constraint"]),
        # disguises
        (T + 'DROP "name", ADD "title" text;', ["drop-and-add-column"]),
        (T + 'DROP "name", ADD "title" text, ADD "x" text;', ["drop-column"]),
        (T + 'ADD "title" text; UPDATE "User" SET "title" = "name";' + T + 'DROP "name";', ["drop-column"]),
        (T + 'ADD "a" text;' + T + 'DROP "a";', []),
        ('DROP TABLE "A"; CREATE TABLE "Zebra" (x int);', ["drop-table"]),
        ('DROP TABLE "Post"; CREATE TABLE "Posts" (x int);', ["drop-and-create-table"]),
        ('CREATE TABLE "Posts" (x int); INSERT INTO "Posts" SELECT x FROM "Post"; DROP TABLE "Post";', ["drop-table"]),
        # enum-value-used
        (ADD + USE, ["enum-value-used"]),
        ("BEGIN;" + ADD + "COMMIT;" + USE, []),
        ("CREATE TYPE \"Role\" AS ENUM ('USER');" + ADD + USE, []),
        (ADD + T + "ADD \"kind\" TEXT DEFAULT 'OWNER';", []),
        (ADD + 'UPDATE "User" SET "a" = 1 WHERE "a" IS NULL AND "role"::text = \'OWNER\'::text;', []),
        (ADD + "COMMENT ON TYPE \"Role\" IS 'OWNER';", []),
        (ADD + T + "ALTER \"roles\" SET DEFAULT '{USER,OWNER}';", ["enum-value-used"]),
        # made twice, used after
        (T + 'ADD "a" int;' + T + 'DROP "a", ADD "a" text;', []),
        ('CREATE TABLE "A" (x int); DROP TABLE "A"; CREATE TABLE "A" (y int);', []),
        ('CREATE TABLE "A" (x int); CREATE TABLE "A" (x int);', ["created-twice"]),
        (
            'CREATE TABLE "A" (x int); CREATE INDEX "i" ON "A"(x); DROP TABLE "A";'
            'CREATE TABLE "A" (x int); CREATE INDEX "i" ON "A"(x);',
            [],
        ),
        ('CREATE TABLE "A" (x int); ALTER TABLE "A" RENAME TO "B"; ALTER TABLE "A" ADD y int;', ["used-after-drop"]),
        ('CREATE TABLE "A" (x int); DROP TABLE "A"; DROP TABLE IF EXISTS "A";', []),
        (
            'DROP TABLE "A"; CREATE TABLE IF NOT EXISTS "A" (x int); ALTER TABLE "A" ADD y int;',
            ["drop-and-create-table"],
        ),
        ('CREATE TABLE "A" (x int); DROP TABLE "A"; CREATE VIEW "A" AS SELECT 1; INSERT INTO "A" VALUES (1);', []),
        (
            'CREATE TABLE "A" (x int); DROP TABLE "A"; DO $$ BEGIN CREATE TABLE "A" (x int); END $$;'
            'ALTER TABLE "A" ADD y int;',
            [],
        ),
        # settings and rights
        ("SET search_path TO a; CREATE VIEW v AS SELECT 1; RESET search_path;", []),
        ("SET statement_timeout = '5s'; SELECT 1;", []),
        ("SELECT pg_catalog.set_config('search_path', '', false); SELECT 1;", ["setting-left-set"]),
        ("SELECT pg_catalog.set_config('search_path', '', true); SELECT 1;", []),
        ("REVOKE ALL ON a FROM app; GRANT SELECT ON a TO app;", []),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC;", []),
        # transactions
        ("BEGIN; SAVEPOINT a; SELECT 1; RELEASE SAVEPOINT a; COMMIT;", []),
        ("SELECT 1; COMMIT;", ["unbalanced-transaction"]),
        ("BEGIN; SELECT 1; ROLLBACK;", ["unbalanced-transaction"]),
        ("VACUUM;", []),
        # cascade-added
        (
            'ALTER TABLE "P" ADD CONSTRAINT "f" FOREIGN KEY ("u") REFERENCES "User"("id") ON DELETE CASCADE NOT VALID;',
            [],
        ),
    ],
)
def test_a_reading_says_this_and_no_more(sql: str, expected: list[str], read: Read) -> None:
    locks = {"index-not-concurrent", "drop-index-not-concurrent", "update-without-where", "backfill-in-migration"}
    locks |= {"drop-foreign-key", "slow-under-exclusive-lock", "set-not-null-scans", "foreign-key-validates"}
    assert [finding.rule for finding in read(sql) if finding.rule not in locks] == expected


def test_who_applies_in_steps_need_not_care_for_the_transaction(read: Read) -> None:
    both = f'{ADD}{USE} CREATE INDEX CONCURRENTLY "i" ON "User"("a");'
    assert {finding.rule for finding in read(both)} == {"enum-value-used", "refuses-transaction"}
    assert read(both, Facts(in_steps=True)) == []


def test_a_rebuild_is_held_against_the_table_as_it_was(read: Read) -> None:
    sql = """CREATE TABLE "new_U" ("id" int, "a" text, "n" text);
        INSERT INTO "new_U" ("id", "n") SELECT "id", "n" FROM "U";
        DROP TABLE "U"; ALTER TABLE "new_U" RENAME TO "U";"""
    facts = Facts(tables={("public", "U"): TableFact(9, {"id": "integer", "a": "text", "n": "integer"})})
    found = [finding.message for finding in read(sql, facts) if finding.rule == "rebuild-loses-values"]
    assert len(found) == 2
    assert '"U"."a" is left out' in found[0]
    assert '"U"."n" changes from integer' in found[1]
    assert [finding for finding in read(sql) if finding.rule == "rebuild-loses-values"] == []


def history(name: str, sql: str, facts: Facts) -> list[str]:
    return [finding.rule for finding in lint(migration(sql, name), split(sql), facts)]


def test_a_timestamp_is_for_one_migration() -> None:
    names = ("20260101000000_a", "20260101000000_b", "20260102000000_c")
    facts = Facts(folder=names)
    assert [history(name, "SELECT 1", facts) for name in names] == [[], ["duplicate-timestamp"], []]
    assert history(names[1], "SELECT 1", Facts(folder=names, applied={names[1]: migration("SELECT 1").checksum})) == []


def test_sql_of_another_provider_is_a_mismatch() -> None:
    mysql = "-- `a`\nCREATE TABLE `a` (`id` INT AUTO_INCREMENT)"
    assert "provider-mismatch" in history("1_a", mysql, Facts())
    assert "provider-mismatch" not in history("1_a", "SELECT '`a`'; -- PRAGMA `b`", Facts(provider="postgresql"))
    pragma = 'PRAGMA foreign_keys=ON; CREATE TABLE "a" ("id" INTEGER PRIMARY KEY AUTOINCREMENT)'
    assert history("1_a", pragma, Facts()) == []
    assert "provider-mismatch" in history("1_a", pragma, Facts(provider="postgresql"))
    sqlite = Facts(provider="sqlite")
    quoted = "CREATE TABLE `a` ([id] INTEGER PRIMARY KEY AUTOINCREMENT)"
    assert "provider-mismatch" not in history("1_a", quoted, sqlite)
    assert "provider-mismatch" in history("1_a", 'ALTER TABLE "a" ALTER COLUMN "b" SET NOT NULL', sqlite)
