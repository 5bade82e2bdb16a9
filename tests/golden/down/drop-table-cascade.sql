-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 377894872090c847be1211ace6688e51abe8c6ae59485c09a5e66939825c77ce
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 2 tables with 16 rows compared
-- brings back "public"."User", kept in "safemigrate_196bcf6e_1"."User"
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 1: DROP TABLE "User" CASCADE
-- moves "public"."User" back, with its rows
ALTER TABLE "safemigrate_196bcf6e_1"."User" SET SCHEMA "public";
CREATE VIEW "public"."v" AS
 SELECT "User".id
   FROM public."User";
ALTER TABLE "public"."Post" ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId")
    REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;
DROP SCHEMA "safemigrate_196bcf6e_1";
