-- Takes back 20240601000000_change. Written by safemigrate VERSION.
--
-- migration.sql: sha256 bcaea97750b77f0524508754a06e81376bfd204e6c1065a599ce7134c2935402
-- verdict: exact
-- proof: up, down and up again on PostgreSQL VERSION; 1 tables with 0 rows compared
--
-- Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.
-- By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql

-- line 2: ALTER TABLE "User" DISABLE ROW LEVEL SECURITY
ALTER TABLE "public"."User" ENABLE ROW LEVEL SECURITY;

-- line 1: DROP POLICY own ON "User"
CREATE POLICY "own" ON "public"."User" FOR ALL TO PUBLIC USING ((nick = CURRENT_USER));
