-- Takes back 20240601000000_change. Written by safemigrate VERSION.
-- What apply kept is given back where it lies in the database; elsewhere the schema alone comes back.

-- line 3: UPDATE "User" SET age = 0
DO $back$
BEGIN
  IF to_regclass('safemigrate.kept_539e5350_3') IS NOT NULL THEN
    PERFORM set_config('TimeZone', 'UTC', true),
      set_config('DateStyle', 'ISO, MDY', true),
      set_config('IntervalStyle', 'postgres', true),
      set_config('extra_float_digits', '1', true),
      set_config('bytea_output', 'hex', true);
    UPDATE "public"."User" AS t
    SET "age" = CASE WHEN t."age"::text IS NOT DISTINCT FROM k.new[1] THEN k.old[1]::integer ELSE t."age" END
    FROM safemigrate.kept_539e5350_3 AS k
    WHERE k.old IS NOT NULL AND k.new IS NOT NULL AND t."id" = k.key[1]::integer;
  END IF;
END $back$;

-- line 2: DROP TABLE "Post"
CREATE SEQUENCE "public"."Post_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 NO CYCLE;
CREATE TABLE "public"."Post" (
    "id" integer,
    "userId" integer,
    "title" text
);
DO $back$
BEGIN
  IF to_regclass('"safemigrate_539e5350_2"."Post"') IS NOT NULL THEN
    INSERT INTO "public"."Post" ("id", "userId", "title") OVERRIDING SYSTEM VALUE SELECT k."id", k."userId",
        k."title" FROM "safemigrate_539e5350_2"."Post" AS k;
  END IF;
END $back$;
ALTER TABLE "public"."Post"
  ALTER COLUMN "id" SET NOT NULL,
  ALTER COLUMN "title" SET NOT NULL,
  ALTER COLUMN "id" SET DEFAULT nextval('public."Post_id_seq"'::regclass);
ALTER TABLE ONLY "public"."Post" ADD CONSTRAINT "Post_pkey" PRIMARY KEY (id);
ALTER TABLE "public"."Post" ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId")
    REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER SEQUENCE "public"."Post_id_seq" OWNED BY public."Post".id;
DO $back$
BEGIN
  IF to_regclass('"safemigrate_539e5350_2"."Post_id_seq"') IS NOT NULL THEN
    PERFORM setval('"public"."Post_id_seq"', k.last_value, k.is_called)
        FROM (SELECT '"public"."Post_id_seq"' AS name, last_value, is_called
        FROM "safemigrate_539e5350_2"."Post_id_seq") AS k JOIN "public"."Post_id_seq" AS s
        ON k.name = '"public"."Post_id_seq"'
        AND (k.last_value, k.is_called::int) > (s.last_value, s.is_called::int);
  END IF;
END $back$;

-- line 1: ALTER TABLE "User" DROP COLUMN nick
ALTER TABLE "public"."User" ADD COLUMN "nick" text;
DO $back$
BEGIN
  IF to_regclass('safemigrate.kept_539e5350_1') IS NOT NULL THEN
    UPDATE "public"."User" AS t
    SET "nick" = coalesce(t."nick", k."nick")
    FROM safemigrate.kept_539e5350_1 AS k
    WHERE t."id" = k."id";
  END IF;
END $back$;
