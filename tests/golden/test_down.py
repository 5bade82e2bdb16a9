"""down.sql as a person reads it, for what migrations typically do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.options import RollbackOptions
from tests.golden.conftest import Golden
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conftest import make

ROLE = """
CREATE TYPE "Role" AS ENUM ('USER', 'GUEST', 'ADMIN');
ALTER TABLE "User" ADD COLUMN role "Role" NOT NULL DEFAULT 'USER';
UPDATE "User" SET role = 'GUEST' WHERE id = 2;
"""
CODE = """
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.nick := lower(NEW.nick);
  RETURN NEW;
END $$;
CREATE TRIGGER "User_touched" BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION touched();
CREATE VIEW adults AS SELECT id, email FROM "User" WHERE age >= 18;
"""
MIGRATIONS = {
    "drop-columns": (USERS, 'ALTER TABLE "User" DROP COLUMN nick, DROP COLUMN age;'),
    "drop-table": (
        USERS + POSTS,
        'ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey";\nDROP TABLE "User";',
    ),
    "drop-table-cascade": (USERS + POSTS + 'CREATE VIEW v AS SELECT id FROM "User";', 'DROP TABLE "User" CASCADE;'),
    "enum-value-removed": (
        USERS + ROLE,
        "BEGIN;\n"
        "CREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN');\n"
        'ALTER TABLE "User" ALTER COLUMN role DROP DEFAULT;\n'
        'ALTER TABLE "User" ALTER COLUMN role TYPE "Role_new"\n'
        "  USING (CASE WHEN role = 'GUEST' THEN 'USER' ELSE role::text END::\"Role_new\");\n"
        'ALTER TYPE "Role" RENAME TO "Role_old";\n'
        'ALTER TYPE "Role_new" RENAME TO "Role";\n'
        'DROP TYPE "Role_old";\n'
        "ALTER TABLE \"User\" ALTER COLUMN role SET DEFAULT 'USER';\n"
        "COMMIT;",
    ),
    "enum-value-added": (USERS + ROLE, "ALTER TYPE \"Role\" ADD VALUE 'OWNER' BEFORE 'ADMIN';"),
    "rename": (
        USERS + POSTS,
        'ALTER TABLE "Post" RENAME COLUMN title TO heading;\nALTER TABLE "Post" RENAME TO "Article";\n'
        'ALTER TABLE "Article" RENAME CONSTRAINT "Post_userId_fkey" TO "Article_userId_fkey";',
    ),
    "narrowed-type": (
        'CREATE TABLE "Sample" (id int PRIMARY KEY, amount numeric(12, 6) NOT NULL, taken timestamp(3), n bigint);'
        "INSERT INTO \"Sample\" VALUES (1, 1.234567, '2024-01-01', 7);",
        'ALTER TABLE "Sample" ALTER COLUMN amount SET DATA TYPE numeric(10, 2),\n'
        "  ALTER COLUMN taken SET DATA TYPE timestamptz(3) USING taken AT TIME ZONE 'Europe/Berlin',\n"
        "  ALTER COLUMN n SET DATA TYPE integer;",
    ),
    "backfill": (
        USERS,
        "UPDATE \"User\" SET nick = 'nobody' WHERE nick IS NULL;\n"
        "ALTER TABLE \"User\" ALTER COLUMN nick SET NOT NULL, ALTER COLUMN nick SET DEFAULT 'nobody';",
    ),
    "delete": (USERS + POSTS, 'DELETE FROM "User" WHERE id = 1;'),
    "index": (
        USERS,
        'DROP INDEX IF EXISTS "User_nick_idx";\nCREATE INDEX "User_nick_idx" ON "User" (lower(nick)) WHERE age > 3;\n'
        'ALTER TABLE "User" DROP CONSTRAINT "User_email_key";',
    ),
    "code": (
        USERS + CODE,
        "DROP VIEW adults;\n"
        "CREATE OR REPLACE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END $$;\n"
        'DROP TRIGGER "User_touched" ON "User";',
    ),
    "policy": (
        USERS
        + 'ALTER TABLE "User" ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON "User" USING (nick = current_user);',
        'DROP POLICY own ON "User";\nALTER TABLE "User" DISABLE ROW LEVEL SECURITY;',
    ),
    "two-groups": (
        USERS,
        'ALTER TABLE "User" ADD COLUMN city text;\n'
        'CREATE INDEX CONCURRENTLY "User_city_idx" ON "User" (city);\n'
        'ALTER TABLE "User" DROP COLUMN nick;',
    ),
    "passing": (
        USERS,
        "CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql AS $$ SELECT upper($1) $$;\n"
        "CREATE TYPE step AS ENUM ('a');\n"
        'CREATE TABLE scratch AS SELECT id, shout(nick) AS nick FROM "User";\n'
        'UPDATE "User" AS u SET nick = s.nick FROM scratch AS s WHERE s.id = u.id;\n'
        "DROP TABLE scratch;\nDROP TYPE step;\nDROP FUNCTION shout(text);",
    ),
}


@pytest.mark.parametrize("name", MIGRATIONS)
def test_reads_as_a_person_would_write_it(
    golden: Golden, tmp_path: Path, database: DatabaseUrl, server: LocalServer, name: str
) -> None:
    project = make(tmp_path, database, server)
    setup, migration = MIGRATIONS[name]
    project.baseline(setup)
    project.write("20240601000000_change", migration)
    (done,) = project.apply(dry_run=True).migrations
    script = re.sub(r"PostgreSQL [\d.]+", "PostgreSQL VERSION", done.script)
    golden(f"down/{name}.sql", re.sub(r"safemigrate \d+\.\d+\.\d+", "safemigrate VERSION", script, count=1))
    assert max(len(line) for line in script.split("\n")) <= 120


def test_as_a_migration(golden: Golden, tmp_path: Path, database: DatabaseUrl, server: LocalServer) -> None:
    project = make(tmp_path, database, server)
    project.baseline(USERS + POSTS + ROLE)
    project.write(
        "20240601000000_change", 'ALTER TABLE "User" DROP COLUMN nick;\nDROP TABLE "Post";\nUPDATE "User" SET age = 0;'
    )
    project.apply()
    options = RollbackOptions(as_migration=True, dry_run=True, shadow=project.shadow)
    script = project.rollback(options).migrations[0].script
    golden("down/as-migration.sql", re.sub(r"safemigrate \d+\.\d+\.\d+", "safemigrate VERSION", script, count=1))
