-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 d528bf155d1f0abd7c2db6c96e95bf473734720036d4e1e8e3ac6322bdb09b25
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
-- brings back rows of "public"."User", kept in safemigrate.kept_c19d314a_1
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 4: UPDATE "User" AS u SET nick = s.nick FROM scratch AS s WHERE s.id = u.id
-- gives rows of "public"."User" their old values where they are as the migration left them
UPDATE "public"."User" AS t
SET "nick" = CASE WHEN t."nick"::text IS NOT DISTINCT FROM k.new[1] THEN k.old[1]::text ELSE t."nick" END
FROM safemigrate.kept_c19d314a_1 AS k
WHERE k.old IS NOT NULL AND k.new IS NOT NULL AND t."id" = k.key[1]::integer;
