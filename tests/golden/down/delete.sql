-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 48896ce0c40fe02e3f6958ae3fabbf503a29cddb778fe99bb4a0d89ad4d6011f
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 2 tables with 16 rows compared
-- brings back rows of "public"."User", kept in safemigrate.kept_392ad323_1
-- brings back rows of "public"."Post", kept in safemigrate.kept_392ad323_2
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 1: DELETE FROM "User" WHERE id = 1
-- puts back the rows of "public"."User" that went, unless their key is taken
INSERT INTO "public"."User" ("id", "email", "nick", "age")
OVERRIDING SYSTEM VALUE
SELECT k.old[1]::integer, k.old[2]::text, k.old[3]::text, k.old[4]::integer
FROM safemigrate.kept_392ad323_1 AS k
WHERE k.new IS NULL AND NOT EXISTS (SELECT FROM "public"."User" AS t WHERE t."id" = k.key[1]::integer);
-- puts back the rows of "public"."Post" that went, unless their key is taken
INSERT INTO "public"."Post" ("id", "userId", "title")
OVERRIDING SYSTEM VALUE
SELECT k.old[1]::integer, k.old[2]::integer, k.old[3]::text
FROM safemigrate.kept_392ad323_2 AS k
WHERE k.new IS NULL AND NOT EXISTS (SELECT FROM "public"."Post" AS t WHERE t."id" = k.key[1]::integer);
