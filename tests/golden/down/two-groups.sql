-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 4707ff139919c4d2e64f279ae3fbcc5c30b80880a7fb62a4172f1903c7e76e3f
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
-- brings back values of "public"."User"."nick", kept in safemigrate.kept_4a82e8a4_1
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 3: ALTER TABLE "User" DROP COLUMN nick
ALTER TABLE "public"."User" ADD COLUMN "nick" text;
-- puts the kept values of "public"."User"."nick" back where the row still exists
UPDATE "public"."User" AS t
SET "nick" = coalesce(t."nick", k."nick")
FROM safemigrate.kept_4a82e8a4_1 AS k
WHERE t."id" = k."id";

-- line 2: CREATE INDEX CONCURRENTLY "User_city_idx" ON "User" (city)
DROP INDEX "public"."User_city_idx";

-- line 1: ALTER TABLE "User" ADD COLUMN city text
ALTER TABLE "public"."User" DROP COLUMN "city";
