-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 8959e823d576c334513592e27d3a661fedc34ba28fe45474182010a31219b920
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
-- brings back values of "public"."User"."role", kept in safemigrate.kept_6d3cb3d4_1
-- brings back type "public"."Role_old", kept in "safemigrate_6d3cb3d4_2"."Role_old"
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- kept values are compared as they were written
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';

-- line 9: ALTER TABLE "User" ALTER COLUMN role SET DEFAULT 'USER'
ALTER TABLE "public"."User" ALTER COLUMN "role" DROP DEFAULT;

-- line 8: DROP TYPE "Role_old"
-- moves "public"."Role_old" back
ALTER TYPE "safemigrate_6d3cb3d4_2"."Role_old" SET SCHEMA "public";
DROP SCHEMA "safemigrate_6d3cb3d4_2";

-- line 7: ALTER TYPE "Role_new" RENAME TO "Role"
ALTER TYPE "public"."Role" RENAME TO "Role_new";

-- line 6: ALTER TYPE "Role" RENAME TO "Role_old"
ALTER TYPE "public"."Role_old" RENAME TO "Role";

-- line 4: ALTER TABLE "User" ALTER COLUMN role TYPE "Role_new" USING (CASE WHEN role = 'GUEST' THEN 'USER' ELS…
ALTER TABLE "public"."User"
  ALTER COLUMN "role" DROP NOT NULL,
  ALTER COLUMN "role" TYPE public."Role"
      USING CASE WHEN "role"::text IN ('USER', 'GUEST', 'ADMIN') THEN "role"::text::public."Role" END;
-- puts the kept values of "public"."User"."role" back where they stand as the migration left them
UPDATE "public"."User" AS t
SET "role" = CASE WHEN t."role"::text IS NOT DISTINCT FROM k.back_0::text THEN k.old_0::public."Role"
    ELSE t."role" END
FROM safemigrate.kept_6d3cb3d4_1 AS k
WHERE t."id" = k."id";
ALTER TABLE "public"."User" ALTER COLUMN "role" SET NOT NULL;

-- line 3: ALTER TABLE "User" ALTER COLUMN role DROP DEFAULT
ALTER TABLE "public"."User" ALTER COLUMN "role" SET DEFAULT 'USER'::public."Role";

-- line 2: CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN')
DROP TYPE "public"."Role_new";
