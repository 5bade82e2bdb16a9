-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 f87ac2af4492c07c52f08ba9fbd4022bcd6625c1810047a8df4721a0240d126f
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 1 rows compared
-- brings back values of "public"."Sample"."amount", "public"."Sample"."taken", "public"."Sample"."n", kept in
--   safemigrate.kept_438ac449_1
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 1: ALTER TABLE "Sample" ALTER COLUMN amount SET DATA TYPE numeric(10, 2), ALTER COLUMN taken SET DATA T…
-- remembers what "public"."Sample"."taken" holds that was written since
CREATE TABLE safemigrate.kept_438ac449_1_since_1 AS SELECT t."id", t."taken"::text AS safemigrate_now
FROM "public"."Sample" AS t
WHERE NOT EXISTS (SELECT FROM safemigrate.kept_438ac449_1 AS k WHERE t."id" = k."id"
    AND k.new_1::text IS NOT DISTINCT FROM t."taken"::text);
ALTER TABLE "public"."Sample"
  ALTER COLUMN "amount" DROP NOT NULL,
  ALTER COLUMN "amount" TYPE numeric(12,6) USING "amount"::numeric(12,6),
  ALTER COLUMN "taken" TYPE timestamp(3) without time zone USING NULL::timestamp(3) without time zone,
  ALTER COLUMN "n" TYPE bigint USING "n"::bigint;
-- puts the kept values of "public"."Sample"."amount", "public"."Sample"."n" back where they stand as the migration
--   left them
UPDATE "public"."Sample" AS t
SET "amount" = CASE WHEN t."amount"::text IS NOT DISTINCT FROM k.back_0::text THEN k.old_0::numeric(12,6)
    ELSE t."amount" END,
    "n" = CASE WHEN t."n"::text IS NOT DISTINCT FROM k.back_2::text THEN k.old_2::bigint ELSE t."n" END
FROM safemigrate.kept_438ac449_1 AS k
WHERE t."id" = k."id";
-- puts the kept values of "public"."Sample"."taken" back where the row still exists
UPDATE "public"."Sample" AS t
SET "taken" = k.old_1::timestamp(3) without time zone
FROM safemigrate.kept_438ac449_1 AS k
WHERE t."id" = k."id" AND t."taken" IS NULL
    AND NOT EXISTS (SELECT FROM safemigrate.kept_438ac449_1_since_1 AS s WHERE t."id"::text = s."id"::text);
-- puts what was written since back into "public"."Sample"."taken"
UPDATE "public"."Sample" AS t
SET "taken" = s.safemigrate_now::timestamp(3) without time zone
FROM safemigrate.kept_438ac449_1_since_1 AS s
WHERE t."id"::text = s."id"::text AND t."taken" IS NULL;
ALTER TABLE "public"."Sample" ALTER COLUMN "amount" SET NOT NULL;
DROP TABLE safemigrate.kept_438ac449_1_since_1;
