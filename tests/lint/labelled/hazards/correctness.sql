-- What fails by itself, what leaves something wrong, what nobody can read, and what old code trips over.

-- case: a transaction that is never committed
-- migration
-- expect: correctness unbalanced-transaction, within 2
BEGIN;
ALTER TABLE orders ADD COLUMN channel text;

-- case: a commit without a beginning
-- migration
ALTER TABLE orders ADD COLUMN channel text;
-- expect: correctness unbalanced-transaction
COMMIT;

-- case: everything is taken back
-- migration
-- expect: correctness unbalanced-transaction or rollback-in-migration, within 3
BEGIN;
ALTER TABLE orders ADD COLUMN channel text;
ROLLBACK;

-- case: a transaction in a transaction
-- migration
-- expect: correctness unbalanced-transaction, within 3
START TRANSACTION;
ALTER TABLE orders ADD COLUMN channel text;
BEGIN;
ALTER TABLE orders ADD COLUMN colour text;
COMMIT;

-- case: not SQL
-- migration
-- expect: correctness opaque-statement
ALTRE TABLE orders ADD COLUMN channel text;
-- fails: 42601

-- case: a merge conflict
-- migration
-- expect: correctness opaque-statement, within 3
<<<<<<< HEAD
ALTER TABLE orders ADD COLUMN channel text;
=======
ALTER TABLE orders ADD COLUMN colour text;
>>>>>>> main
-- fails: 42601

-- case: SQL that is put together while it runs
-- migration
-- expect: correctness opaque-statement or dynamic-sql
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'scratch' LOOP
        EXECUTE format('DROP TABLE scratch.%I', t.tablename);
    END LOOP;
END $$;

-- case: a name that the server cuts off
-- migration
-- expect: correctness identifier-too-long
CREATE INDEX CONCURRENTLY "Post_the_index_that_has_been_named_after_every_single_column_it_holds_idx" ON "Post"("slug");

-- case: row security switched off
-- migration
-- expect: correctness|data-loss|compatibility row-security-disabled or disable-row-security or row-security-off
ALTER TABLE customers DISABLE ROW LEVEL SECURITY;

-- case: a policy dropped
-- migration
-- expect: correctness|data-loss|compatibility row-security-disabled or drop-policy or drop-object
DROP POLICY own_rows ON customers;

-- case: row security switched on without a policy
-- migration
-- expect: compatibility|correctness row-security-without-policy or enable-row-security
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;

-- case: everything for everybody
-- migration
-- expect: correctness|compatibility grant-to-public
GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;

-- case: a trigger switched off
-- migration
-- expect: correctness|lock|compatibility disable-trigger or triggers-off
ALTER TABLE orders DISABLE TRIGGER orders_touch;

-- case: all triggers switched off, and the foreign keys with them
-- migration
-- expect: correctness|lock|compatibility disable-trigger or triggers-off
ALTER TABLE "Post" DISABLE TRIGGER ALL;

-- case: a required column keeps no default behind
-- migration
ALTER TABLE "User" ADD COLUMN "locale" TEXT NOT NULL DEFAULT 'en';
-- expect: compatibility drop-default
ALTER TABLE "User" ALTER COLUMN "locale" DROP DEFAULT;

-- case: a savepoint outside of a transaction
-- migration
-- expect: correctness unbalanced-transaction or opaque-statement
SAVEPOINT before_it;
-- fails: 25P01

-- case: psql commands
-- migration
-- expect: correctness opaque-statement
\set ON_ERROR_STOP on
-- fails: 42601

-- case: the time a lock may wait is taken away
-- migration
-- expect: lock|correctness lock-timeout-off
SET lock_timeout = 0;
ALTER TABLE orders ADD COLUMN channel text;

-- case: a text that is never closed
-- migration
-- expect: correctness opaque-statement
INSERT INTO "Tag" VALUES ('c', 'three);
-- fails: 42601

-- case: a field becomes optional under code that counts on a value
-- migration
-- AlterTable
-- expect: compatibility drop-not-null
ALTER TABLE "Post" ALTER COLUMN "title" DROP NOT NULL;

-- case: a sequence that begins again
-- migration
-- expect: correctness sequence-set-back
ALTER SEQUENCE "User_id_seq" RESTART WITH 1;

-- case: a sequence set back by a call
-- migration
-- expect: correctness sequence-set-back
SELECT setval('"Post_id_seq"', 1, false);

-- case: an identity that begins again
-- migration
-- expect: correctness sequence-set-back
ALTER TABLE orders ALTER COLUMN id RESTART;

-- case: a role that goes
-- setup
DROP ROLE IF EXISTS labelled_reporting; CREATE ROLE labelled_reporting LOGIN;
-- migration
-- expect: compatibility drop-role
DROP ROLE labelled_reporting;
