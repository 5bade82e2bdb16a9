-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 40e375e18b4cf481faa5259ea1fd2cdb63906b358b02ee673f2d0633d81e858a
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 0 rows compared
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 3: DROP TRIGGER "User_touched" ON "User"
CREATE TRIGGER "User_touched" BEFORE UPDATE ON public."User" FOR EACH ROW EXECUTE FUNCTION public.touched();

-- line 2: CREATE OR REPLACE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END $$
CREATE OR REPLACE FUNCTION public.touched()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.nick := lower(NEW.nick);
  RETURN NEW;
END $function$;

-- line 1: DROP VIEW adults
CREATE VIEW "public"."adults" AS
 SELECT "User".id,
    "User".email
   FROM public."User"
  WHERE ("User".age >= 18);
