-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 42d2e8621ea32de9c88ed9c3171ca20aff7c9120637a6bd8c999e3c074f2cb3a
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 4 rows compared
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 3: ALTER TABLE "User" DROP CONSTRAINT "User_email_key"
ALTER TABLE ONLY "public"."User" ADD CONSTRAINT "User_email_key" UNIQUE (email);

-- line 2: CREATE INDEX "User_nick_idx" ON "User" (lower(nick)) WHERE age > 3
DROP INDEX "public"."User_nick_idx";
