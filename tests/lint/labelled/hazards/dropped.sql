-- Tables, columns and whatever else is dropped.

-- case: a table, as Prisma does it
-- migration
/*
  Warnings:

  - You are about to drop the `Tag` table. If the table is not empty, all the data it contains will be lost.

*/
-- DropForeignKey
-- maybe: lock|correctness|compatibility
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_B_fkey";

-- DropTable
-- expect: data-loss drop-table
DROP TABLE "Tag";

-- case: a table, by hand
-- migration
-- expect: data-loss drop-table
drop table if exists public.orders cascade;

-- case: several tables in one statement
-- migration
-- expect: data-loss drop-table
DROP TABLE orders, audit.event;

-- case: a table whose name needs quotes twice
-- setup
CREATE TABLE "odd ""one""" (id int);
INSERT INTO "odd ""one""" VALUES (1);
-- migration
-- expect: data-loss drop-table
DROP TABLE "odd ""one""";

-- case: a table in a DO block
-- migration
-- expect: data-loss drop-table
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'orders') THEN
        DROP TABLE orders;
    END IF;
END
$$;

-- case: a table behind a long comment with SQL in it
-- migration
/* We do not do this: CREATE TABLE orders (id int);
   /* nested; DROP TABLE nothing; */
*/
-- expect: data-loss drop-table
DROP /* really */ TABLE -- yes
    orders;

-- case: the first of two tables, another is made between
-- migration
-- CreateTable
CREATE TABLE "Draft" (
    "id" SERIAL NOT NULL,

    CONSTRAINT "Draft_pkey" PRIMARY KEY ("id")
);

-- DropTable
-- expect: data-loss drop-table
DROP TABLE customers;

-- DropTable
DROP TABLE "Draft";

-- case: a partition
-- migration
-- expect: data-loss drop-table
DROP TABLE measurement_2024;

-- case: a foreign key goes with the table, the parent is locked
-- migration
-- expect: data-loss drop-table
DROP TABLE "_PostToTag";

-- case: a model renamed, as Prisma does it
-- migration
-- DropForeignKey
-- maybe: lock|correctness|compatibility
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_B_fkey";

-- DropTable
-- expect: data-loss drop-table or drop-and-create-table
DROP TABLE "Tag";

-- CreateTable
CREATE TABLE "Label" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "Label_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
-- expect: lock foreign-key-validates
-- maybe: correctness
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_B_fkey" FOREIGN KEY ("B") REFERENCES "Label"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- fails: 23503

-- case: a model renamed, the new table made first
-- migration
CREATE TABLE shipments (id bigint PRIMARY KEY, customer_id integer, total numeric(10,2), note varchar(50), reference text, weight real, placed_at timestamp, shipped_on text);
-- expect: data-loss drop-table or drop-and-create-table
DROP TABLE orders;

-- case: a column, as Prisma does it
-- migration
/*
  Warnings:

  - You are about to drop the column `bio` on the `User` table. All the data in the column will be lost.

*/
-- AlterTable
-- expect: data-loss drop-column
ALTER TABLE "User" DROP COLUMN "bio";

-- case: a column without the word column
-- migration
-- expect: data-loss drop-column
alter table only public.orders drop note;

-- case: a column if it exists, with what depends on it
-- migration
-- expect: data-loss drop-column
ALTER TABLE IF EXISTS orders DROP COLUMN IF EXISTS note CASCADE;

-- case: the last of several actions
-- migration
-- AlterTable
-- expect: data-loss drop-column
-- maybe: compatibility
ALTER TABLE "User" ALTER COLUMN "age" DROP NOT NULL,
ALTER COLUMN "score" DROP DEFAULT,
DROP COLUMN "balance";

-- case: behind an action that parsers do not know
-- migration
-- expect: data-loss drop-column
ALTER TABLE orders VALIDATE CONSTRAINT total_positive, DROP COLUMN note;

-- case: several columns of several tables
-- migration
-- AlterTable
-- expect: data-loss drop-column
ALTER TABLE "Post" DROP COLUMN "body",
DROP COLUMN "slug";

-- AlterTable
-- expect: data-loss drop-column
ALTER TABLE "User" DROP COLUMN "handle";

-- case: a column in a DO block that swallows errors
-- migration
-- expect: data-loss drop-column
DO $body$ BEGIN
    ALTER TABLE customers DROP COLUMN phone;
EXCEPTION
    WHEN undefined_column THEN NULL;
END $body$;

-- case: a column beside one that is added to another table
-- migration
-- expect: data-loss drop-column
ALTER TABLE "User" DROP COLUMN "bio";
ALTER TABLE "Post" ADD COLUMN "bio" TEXT;

-- case: a required column
-- migration
-- expect: data-loss drop-column
ALTER TABLE "Post" DROP COLUMN "title" CASCADE;

-- case: an attribute of a composite type
-- migration
-- expect: data-loss drop-attribute or drop-column
ALTER TYPE address DROP ATTRIBUTE zip CASCADE;

-- case: a schema with its tables
-- migration
-- expect: data-loss drop-table or drop-schema
DROP SCHEMA scratch CASCADE;

-- case: all that a role owns
-- setup
CREATE ROLE labelled_tenant;
CREATE TABLE tenant_notes (body text);
ALTER TABLE tenant_notes OWNER TO labelled_tenant;
-- migration
-- expect: data-loss drop-table or drop-owned or drop-schema
DROP OWNED BY labelled_tenant CASCADE;

-- case: an extension and what uses it
-- migration
-- expect: data-loss|correctness drop-cascade or drop-object or drop-extension
DROP EXTENSION plpgsql CASCADE;

-- case: an enum and the columns that have it
-- migration
-- expect: data-loss drop-cascade or drop-column or drop-type
DROP TYPE mood CASCADE;

-- case: a domain and the columns that have it
-- setup
ALTER TABLE customers ADD COLUMN motto short_text;
-- migration
-- expect: data-loss drop-cascade or drop-column or drop-type
drop domain short_text cascade;

-- case: a materialized view
-- migration
-- expect: data-loss|compatibility drop-view or drop-object
DROP MATERIALIZED VIEW post_counts;

-- case: a view that code reads
-- migration
-- expect: data-loss|compatibility drop-view or drop-object
DROP VIEW live_posts;

-- case: a function that code calls
-- migration
-- expect: data-loss|compatibility drop-function or drop-object
DROP FUNCTION slow_default();

-- case: a function and the triggers that run it
-- migration
-- expect: data-loss|compatibility|correctness drop-function or drop-object or drop-cascade
DROP FUNCTION touch() CASCADE;

-- case: a sequence that defaults take from
-- migration
-- expect: data-loss|compatibility|correctness drop-sequence or drop-object or drop-cascade
DROP SEQUENCE "User_id_seq" CASCADE;

-- case: a sequence with its place in the count
-- migration
-- expect: data-loss|compatibility drop-sequence or drop-object
DROP SEQUENCE invoice_numbers;

-- case: a trigger that kept a column right
-- migration
-- expect: data-loss|compatibility|correctness|lock drop-trigger or drop-object
DROP TRIGGER orders_touch ON orders;

-- case: a function drops a table when it is called
-- migration
CREATE FUNCTION clean_up() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE orders;
END
$$;
-- expect: data-loss|correctness drop-table or opaque-statement
SELECT clean_up();
