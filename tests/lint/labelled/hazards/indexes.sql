-- Indexes: built, built anew, dropped.

-- case: an index, as Prisma does it
-- migration
-- CreateIndex
-- expect: lock index-not-concurrent
CREATE INDEX "Post_slug_idx" ON "Post"("slug");

-- case: an index, by hand
-- migration
-- expect: lock index-not-concurrent
create index if not exists orders_by_customer on public.orders using btree (customer_id desc nulls last) include (total) where total > 0;

-- case: an index without a name, on an expression
-- migration
-- expect: lock index-not-concurrent
CREATE INDEX ON customers (lower(email));

-- case: an index on a materialized view
-- migration
-- expect: lock index-not-concurrent
CREATE INDEX post_counts_posts ON post_counts (posts);

-- case: an index of a column that is new, on a table that is not
-- migration
-- AlterTable
ALTER TABLE "Post" ADD COLUMN "teamId" INTEGER;

-- CreateIndex
-- expect: lock index-not-concurrent
CREATE INDEX "Post_teamId_idx" ON "Post"("teamId");

-- case: an index on the older of two tables
-- migration
CREATE TABLE "Team" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "Team_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Team_name_idx" ON "Team"("name");
-- expect: lock index-not-concurrent
CREATE INDEX "User_age_idx" ON "User"("age");

-- case: an index in a DO block
-- migration
-- expect: lock index-not-concurrent
DO $$ BEGIN
    CREATE INDEX orders_reference ON orders (reference);
EXCEPTION WHEN duplicate_table THEN NULL;
END $$;

-- case: a unique index, as Prisma does it
-- migration
/*
  Warnings:

  - A unique constraint covering the columns `[slug]` on the table `Post` will be added. If there are existing duplicate values, this will fail.

*/
-- CreateIndex
-- expect: correctness|lock unique-on-existing
-- maybe: lock
-- maybe: correctness
CREATE UNIQUE INDEX "Post_slug_key" ON "Post"("slug");

-- case: a unique index on values that repeat
-- migration
-- expect: correctness|lock unique-on-existing
-- maybe: lock
-- maybe: correctness
create unique index customers_email on customers (lower(email));
-- fails: 23505

-- case: a unique index of a new column with one default for all
-- migration
ALTER TABLE "Post" ADD COLUMN "code" TEXT NOT NULL DEFAULT '';
-- expect: correctness|lock unique-on-existing
-- maybe: lock
-- maybe: correctness
CREATE UNIQUE INDEX "Post_code_key" ON "Post"("code");
-- fails: 23505

-- case: an index dropped, as Prisma does it
-- migration
-- DropIndex
-- expect: lock|compatibility drop-index or drop-index-not-concurrent
DROP INDEX "Post_authorId_idx";

-- case: an index dropped, by hand
-- migration
-- expect: lock|compatibility drop-index or drop-index-not-concurrent
drop index if exists public."User_name_idx" restrict;

-- case: two indexes dropped
-- migration
-- expect: lock|compatibility drop-index or drop-index-not-concurrent
DROP INDEX "Post_authorId_idx", "User_name_idx";

-- case: an index changed, as Prisma does it
-- migration
-- DropIndex
-- expect: lock|compatibility drop-index or drop-index-not-concurrent
DROP INDEX "User_name_idx";

-- CreateIndex
-- expect: lock index-not-concurrent
CREATE INDEX "User_name_createdAt_idx" ON "User"("name", "createdAt" DESC);

-- case: built concurrently beside other statements
-- migration
-- AlterTable
ALTER TABLE "Post" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
-- expect: correctness refuses-transaction or concurrently-in-transaction
CREATE INDEX CONCURRENTLY "Post_views_idx" ON "Post"("views");
-- fails: 25001

-- case: built concurrently in a transaction
-- migration
BEGIN;
-- expect: correctness refuses-transaction or concurrently-in-transaction
CREATE INDEX CONCURRENTLY orders_reference ON orders (reference);
COMMIT;
-- fails: 25001

-- case: two built concurrently in one file
-- migration
-- expect: correctness refuses-transaction or concurrently-in-transaction, within 2
CREATE INDEX CONCURRENTLY orders_reference ON orders (reference);
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
-- fails: 25001

-- case: dropped concurrently behind a setting
-- migration
SET lock_timeout = '5s';
-- expect: correctness refuses-transaction or concurrently-in-transaction
DROP INDEX CONCURRENTLY "User_name_idx";
-- fails: 25001

-- case: built anew
-- migration
-- expect: lock reindex or reindex-not-concurrent
REINDEX TABLE orders;

-- case: one index built anew
-- migration
-- expect: lock reindex or reindex-not-concurrent
reindex (verbose) index public."User_email_key";

-- case: built anew concurrently in a transaction
-- migration
BEGIN;
-- expect: correctness refuses-transaction or concurrently-in-transaction
REINDEX INDEX CONCURRENTLY "User_email_key";
COMMIT;
-- fails: 25001

-- case: a table with duplicates put into a new unique index
-- migration
CREATE TABLE "Session" ("id" TEXT NOT NULL, "userId" INTEGER NOT NULL);
INSERT INTO "Session" SELECT md5("id"::text), "authorId" FROM "Post" CROSS JOIN generate_series(1, 2);
-- expect: correctness unique-on-existing
-- maybe: lock
CREATE UNIQUE INDEX "Session_userId_key" ON "Session"("userId");
-- fails: 23505
