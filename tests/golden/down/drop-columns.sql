-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 06055e4be6eab7871d70c12eb478c9fe28594466580a2f7c54da071640cf7dff
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
-- brings back values of "public"."User"."nick", "public"."User"."age", kept in safemigrate.kept_30d7ee95_1
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 1: ALTER TABLE "User" DROP COLUMN nick, DROP COLUMN age
ALTER TABLE "public"."User"
  ADD COLUMN "nick" text,
  ADD COLUMN "age" integer;
-- puts the kept values of "public"."User"."nick", "public"."User"."age" back where the row still exists
UPDATE "public"."User" AS t
SET "nick" = coalesce(t."nick", k."nick"), "age" = coalesce(t."age", k."age")
FROM safemigrate.kept_30d7ee95_1 AS k
WHERE t."id" = k."id";
-- gives rows written since the default
UPDATE "public"."User" AS t
SET "age" = 18
WHERE NOT EXISTS (SELECT FROM safemigrate.kept_30d7ee95_1 AS k WHERE t."id" = k."id") AND t."age" IS NULL;
ALTER TABLE "public"."User"
  ALTER COLUMN "age" SET NOT NULL,
  ALTER COLUMN "age" SET DEFAULT 18;
