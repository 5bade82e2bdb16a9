-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 75ce46b6f888fdeae739f6c6cdb00e44b19b0cdc8e1bd0b750bf53b470b4eb95
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 2 tables with 16 rows compared
-- brings back "public"."User", kept in "safemigrate_028c2679_1"."User"
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 2: DROP TABLE "User"
-- moves "public"."User" back, with its rows
ALTER TABLE "safemigrate_028c2679_1"."User" SET SCHEMA "public";
DROP SCHEMA "safemigrate_028c2679_1";

-- line 1: ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey"
ALTER TABLE "public"."Post" ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId")
    REFERENCES public."User"(id) ON UPDATE CASCADE ON DELETE CASCADE;
