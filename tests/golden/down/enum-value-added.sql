-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 cdf57ddf817eea5e95f66be837efa288ce48f99dc22643217243341d114f5ca8
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 1: ALTER TYPE "Role" ADD VALUE 'OWNER' BEFORE 'ADMIN'
ALTER TABLE "public"."User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TYPE "public"."Role" RENAME TO "Role__old_1";
ALTER TABLE "public"."User" ALTER COLUMN "role" DROP NOT NULL;
CREATE TYPE "public"."Role" AS ENUM ('USER', 'GUEST', 'ADMIN');
ALTER TABLE "public"."User"
  ALTER COLUMN "role" TYPE public."Role"
      USING CASE WHEN "role"::text IN ('USER', 'GUEST', 'ADMIN') THEN "role"::text::public."Role" END,
  ALTER COLUMN "role" SET NOT NULL;
-- changes the type in what is kept, too
DO $carry$
DECLARE
  old regtype := '"public"."Role__old_1"';
  new regtype := '"public"."Role"';
  one record;
BEGIN
  FOR one IN
    SELECT a.attrelid::regclass AS place, quote_ident(a.attname) AS name, pg_get_expr(d.adbin, d.adrelid) AS initial,
      CASE WHEN a.atttypid = t.typarray THEN '[]' ELSE '' END AS many
    FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname ~ '^safemigrate(_|$)'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
    WHERE t.oid = old
  LOOP
    IF one.initial IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT', one.place, one.name);
    END IF;
    EXECUTE format('ALTER TABLE %1$s ALTER COLUMN %2$s TYPE %3$s%4$s USING %2$s::text::%3$s%4$s',
                   one.place, one.name, new, one.many);
    IF one.initial IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s',
                     one.place, one.name, replace(one.initial, old::text, new::text));
    END IF;
  END LOOP;
END $carry$;
DROP TYPE "public"."Role__old_1";
ALTER TABLE "public"."User" ALTER COLUMN "role" SET DEFAULT 'USER'::public."Role";
