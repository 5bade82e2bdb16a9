-- Changes written by people who know what they do.

-- case: an index built concurrently, alone
-- migration
CREATE INDEX CONCURRENTLY "Post_slug_idx" ON "Post"("slug");

-- case: an index built concurrently if it is missing
-- migration
create index concurrently if not exists orders_by_customer on public.orders using btree (customer_id) where total > 0;

-- case: a unique index built concurrently
-- migration
CREATE UNIQUE INDEX CONCURRENTLY orders_reference_key ON orders (reference, id);

-- case: an index dropped concurrently
-- migration
DROP INDEX CONCURRENTLY IF EXISTS "Post_authorId_idx";

-- case: an index built anew concurrently
-- migration
REINDEX INDEX CONCURRENTLY "User_email_key";

-- case: a table's indexes built anew concurrently
-- migration
reindex (verbose, concurrently) table orders;

-- case: a unique constraint from a ready index
-- setup
CREATE UNIQUE INDEX user_handle ON "User" ("handle", "id");
-- migration
ALTER TABLE "User" ADD CONSTRAINT user_handle UNIQUE USING INDEX user_handle;

-- case: a primary key from a ready index
-- setup
CREATE UNIQUE INDEX pair_key ON "_PostToTag" ("A", "B");
-- migration
ALTER TABLE "_PostToTag" ADD CONSTRAINT pair_key PRIMARY KEY USING INDEX pair_key;

-- case: a foreign key that is not validated yet
-- migration
-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_editorId_fkey" FOREIGN KEY ("editorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;

-- case: a foreign key validated later
-- earlier
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
-- migration
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;

-- case: a foreign key validated in the next transaction
-- migration
BEGIN;
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
COMMIT;
BEGIN;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;
COMMIT;

-- case: a check that is not validated yet
-- migration
alter table public.orders add constraint note_there check (note <> '') not valid;

-- case: a check validated later
-- earlier
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;
-- migration
ALTER TABLE orders VALIDATE CONSTRAINT note_there;

-- case: required where a valid check says so already
-- earlier
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;
-- earlier
ALTER TABLE orders VALIDATE CONSTRAINT note_there;
-- migration
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT note_there;

-- case: required in three transactions of one file
-- migration
BEGIN;
ALTER TABLE "User" ADD CONSTRAINT "email_present" CHECK ("email" IS NOT NULL) NOT VALID;
COMMIT;
BEGIN;
ALTER TABLE "User" VALIDATE CONSTRAINT "email_present";
COMMIT;
BEGIN;
ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;
COMMIT;

-- case: a column in lower case without a default
-- migration
alter table orders add channel text, add column if not exists colour varchar(20) null;

-- case: a column with a default that is one value for all rows
-- migration
ALTER TABLE audit.event ADD COLUMN seen_at timestamptz DEFAULT now(), ADD COLUMN kind text NOT NULL DEFAULT lower('CLICK'), ADD COLUMN days interval NOT NULL DEFAULT '3 days'::interval;

-- case: a column that refers to another table
-- migration
ALTER TABLE "Post" ADD COLUMN "reviewerId" INTEGER;
ALTER TABLE "Post" ADD CONSTRAINT "Post_reviewerId_fkey" FOREIGN KEY ("reviewerId") REFERENCES "User"("id") NOT VALID;

-- case: the default of rows to come
-- migration
ALTER TABLE orders ALTER COLUMN reference SET DEFAULT gen_random_uuid()::text;

-- case: time limits around a change
-- migration
SET lock_timeout = '3s';
SET statement_timeout = '1min';
ALTER TABLE orders ADD COLUMN channel text;
RESET statement_timeout;
RESET lock_timeout;

-- case: time limits of a transaction
-- migration
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN channel text;
COMMIT;

-- case: time for a long statement, and little for its lock
-- migration
SET statement_timeout = 0;
SET lock_timeout = '3s';
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note <> '') NOT VALID;

-- case: a small transaction
-- migration
BEGIN;
CREATE TABLE channel (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO channel VALUES (1, 'web'), (2, 'shop');
COMMIT;

-- case: rows put in
-- migration
INSERT INTO "Tag" ("id", "name") VALUES ('c', 'three') ON CONFLICT ("id") DO NOTHING;

-- case: rows of one table copied to a new one
-- migration
CREATE TABLE order_notes (order_id bigint PRIMARY KEY, note text);
INSERT INTO order_notes SELECT id, note FROM orders WHERE note IS NOT NULL;

-- case: empty values filled, in a migration of their own
-- earlier
ALTER TABLE orders ADD COLUMN channel text;
-- migration
UPDATE orders SET channel = 'web' WHERE channel IS NULL AND id < 10000;

-- case: one row put right
-- migration
UPDATE customers SET vip = true WHERE id = 3;

-- case: a view replaced
-- migration
CREATE OR REPLACE VIEW live_posts AS SELECT "id", "title", "slug" FROM "Post" WHERE "status" = 'LIVE';

-- case: a function made and replaced
-- migration
CREATE OR REPLACE FUNCTION slow_default() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()::text';
CREATE FUNCTION add(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + b;

-- case: a function in a body of the standard
-- migration
CREATE FUNCTION newest_order() RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT max(id) FROM orders;
END;

-- case: a trigger on a new table
-- migration
CREATE TABLE journal (id bigint PRIMARY KEY, placed_at timestamptz);
CREATE TRIGGER journal_touch BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION touch();

-- case: row security of a new table
-- migration
CREATE TABLE secrets (id bigint PRIMARY KEY, owner name);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_secrets ON secrets USING (owner = current_user);

-- case: a materialized view read anew concurrently
-- migration
REFRESH MATERIALIZED VIEW CONCURRENTLY post_counts;

-- case: a materialized view and its index, both new
-- migration
CREATE MATERIALIZED VIEW tag_counts AS SELECT "name", count(*) AS tags FROM "Tag" GROUP BY "name" WITH NO DATA;
CREATE UNIQUE INDEX tag_counts_name ON tag_counts ("name");
REFRESH MATERIALIZED VIEW tag_counts;

-- case: a new partition
-- migration
CREATE TABLE measurement_2026 PARTITION OF measurement FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: a new table attached as a partition
-- migration
CREATE TABLE measurement_2026 (LIKE measurement INCLUDING ALL);
ALTER TABLE measurement ATTACH PARTITION measurement_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

-- case: a partition detached concurrently, alone
-- server: 14
-- migration
ALTER TABLE measurement DETACH PARTITION measurement_2024 CONCURRENTLY;

-- case: a virtual line of settings
-- migration
ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500;
ALTER TABLE orders SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
ANALYZE orders;

-- case: rights given to somebody
-- setup
CREATE ROLE labelled_reader;
-- migration
GRANT USAGE ON SCHEMA audit TO labelled_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO labelled_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO labelled_reader;

-- case: comments
-- migration
COMMENT ON COLUMN "User"."bio" IS NULL;
COMMENT ON INDEX "User_email_key" IS 'one account an address';

-- case: a DO block that only makes what is missing
-- migration
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'Colour') THEN
        CREATE TYPE "Colour" AS ENUM ('RED', 'GREEN');
    END IF;
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;

-- case: a DO block that adds a column
-- migration
DO $$ BEGIN
    ALTER TABLE orders ADD COLUMN channel text;
EXCEPTION WHEN duplicate_column THEN RAISE NOTICE 'DROP TABLE orders was not needed';
END $$;

-- case: a function whose body would drop a table, and nobody calls it
-- migration
CREATE FUNCTION clean_up() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS scratch.import;
END
$$;

-- case: what a transaction needs for itself
-- migration
CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS SELECT id FROM orders WHERE total > 3;
CREATE INDEX ON chosen (id);
DELETE FROM chosen WHERE id = 4;
DROP TABLE chosen;

-- case: a table made if it is missing, and its index
-- migration
create table if not exists public.channels (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    created timestamptz not null default clock_timestamp()
);
create index if not exists channels_name on public.channels (name);

-- case: a table made from a query, and indexed
-- migration
CREATE TABLE big_orders AS SELECT * FROM orders WHERE total > 1000 WITH NO DATA;
CREATE INDEX big_orders_customer ON big_orders (customer_id);
ALTER TABLE big_orders ADD PRIMARY KEY (id);

-- case: a schema and an extension
-- migration
CREATE SCHEMA IF NOT EXISTS reporting;
CREATE EXTENSION IF NOT EXISTS plpgsql;
SET search_path TO reporting, public;
CREATE VIEW reporting.totals AS SELECT sum(total) FROM orders;
RESET search_path;

-- case: names that look like words of the language
-- migration
CREATE TABLE "table" ("drop" integer, "column" text, "select" text);
CREATE INDEX "index" ON "table" ("drop");
ALTER TABLE "table" ADD COLUMN "truncate" text;

-- case: questions asked before anything is done
-- migration
DO $$ BEGIN
    IF (SELECT count(*) FROM orders WHERE total IS NULL) > 0 THEN
        RAISE EXCEPTION 'orders without a total';
    END IF;
END $$;
SELECT count(*) FROM orders;

-- case: a sequence made longer
-- migration
ALTER SEQUENCE invoice_numbers AS bigint NO MAXVALUE;
CREATE SEQUENCE credit_numbers OWNED BY orders.id;

-- case: statistics over two columns
-- migration
CREATE STATISTICS orders_place (dependencies) ON customer_id, reference FROM orders;

-- case: an index and a constraint get other names
-- migration
alter index public.orders_pkey rename to orders_key;
ALTER TABLE orders RENAME CONSTRAINT total_positive TO total_not_negative;

-- case: row security of a table that has rows, with its policy
-- migration
BEGIN;
CREATE POLICY everybody ON orders USING (true) WITH CHECK (true);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
COMMIT;

-- case: a check on a new column that nothing has filled
-- migration
CREATE TABLE discount (id integer PRIMARY KEY);
ALTER TABLE discount ADD COLUMN percent integer;
ALTER TABLE discount ADD CONSTRAINT percent_range CHECK (percent BETWEEN 0 AND 100);
ALTER TABLE discount ADD CONSTRAINT discount_percent UNIQUE (percent);

-- case: an identity of a new table
-- migration
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price numeric, gross numeric GENERATED ALWAYS AS (price * 1.19) STORED);
INSERT INTO item (price) SELECT total FROM orders;

-- case: vacuum alone
-- migration
VACUUM (ANALYZE) orders;

-- case: a savepoint in a transaction
-- migration
BEGIN;
SAVEPOINT before_it;
ALTER TABLE orders ADD COLUMN channel text;
RELEASE SAVEPOINT before_it;
COMMIT;

-- case: a lock for one row and an advisory one
-- migration
SELECT pg_advisory_xact_lock(42);
SELECT id FROM orders WHERE id = 1 FOR UPDATE;

-- case: a default given back
-- migration
ALTER TABLE orders ALTER placed_at SET DEFAULT now();

-- case: a stable function of the project as a default of a new table
-- migration
CREATE TABLE token (id integer PRIMARY KEY, text text DEFAULT slow_default());

-- case: a sequence set to what is there
-- migration
SELECT setval('"User_id_seq"', (SELECT max("id") FROM "User"));
ALTER SEQUENCE "Post_id_seq" RESTART WITH 1000000;

-- case: a sequence that begins again with its table
-- migration
CREATE TABLE drafts (id serial PRIMARY KEY, note text);
ALTER SEQUENCE drafts_id_seq RESTART WITH 100;
SELECT setval('drafts_id_seq', 1, false);

-- case: a seed that fills what is empty
-- migration
INSERT INTO "Tag" ("id", "name") VALUES ('a', 'one') ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id";
INSERT INTO customers (id, email) VALUES (1, 'a@example.org')
ON CONFLICT (id) DO UPDATE SET email = COALESCE(customers.email, EXCLUDED.email);

-- case: a lock timeout set by a call
-- migration
SELECT set_config('lock_timeout', '3s', true);
ALTER TABLE orders ADD COLUMN channel text;
