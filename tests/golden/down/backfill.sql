-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 099f52537af1b55c9d665bae19bd079a02887d55639eb37256c77c5cf3335427
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
-- brings back rows of "public"."User", kept in safemigrate.kept_58d87cf8_1
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 2: ALTER TABLE "User" ALTER COLUMN nick SET NOT NULL, ALTER COLUMN nick SET DEFAULT 'nobody'
ALTER TABLE "public"."User"
  ALTER COLUMN "nick" DROP DEFAULT,
  ALTER COLUMN "nick" DROP NOT NULL;

-- line 1: UPDATE "User" SET nick = 'nobody' WHERE nick IS NULL
-- gives rows of "public"."User" their old values where they are as the migration left them
UPDATE "public"."User" AS t
SET "nick" = CASE WHEN t."nick"::text IS NOT DISTINCT FROM k.new[1] THEN k.old[1]::text ELSE t."nick" END
FROM safemigrate.kept_58d87cf8_1 AS k
WHERE k.old IS NOT NULL AND k.new IS NOT NULL AND t."id" = k.key[1]::integer;
