-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 5348ceeab9dc0f234caeb34f7100a4afd6937d4bf0b4366048732aa713124256
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 2 tables with 0 rows compared
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 3: ALTER TABLE "Article" RENAME CONSTRAINT "Post_userId_fkey" TO "Article_userId_fkey"
ALTER TABLE "public"."Article" RENAME CONSTRAINT "Article_userId_fkey" TO "Post_userId_fkey";

-- line 2: ALTER TABLE "Post" RENAME TO "Article"
ALTER TABLE "public"."Article" RENAME TO "Post";

-- line 1: ALTER TABLE "Post" RENAME COLUMN title TO heading
ALTER TABLE "public"."Post" RENAME COLUMN "heading" TO "title";
