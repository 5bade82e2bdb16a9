-- Constraints: added, validated, dropped.

-- case: a foreign key, as Prisma does it
-- migration
-- AddForeignKey
-- expect: lock foreign-key-validates
ALTER TABLE "Post" ADD CONSTRAINT "Post_editorId_fkey" FOREIGN KEY ("editorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- case: a foreign key, by hand
-- migration
-- expect: lock foreign-key-validates
alter table only public.orders add foreign key (customer_id) references public.customers on delete cascade;

-- case: a foreign key to rows that are not there
-- migration
INSERT INTO orders (customer_id) VALUES (4711);
-- expect: lock|correctness foreign-key-validates
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);
-- fails: 23503

-- case: a foreign key changed, as Prisma does it
-- migration
-- DropForeignKey
-- maybe: lock|correctness|compatibility
ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";

-- AddForeignKey
-- expect: lock foreign-key-validates
-- expect: compatibility cascade-added
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- case: a foreign key to a table that is new
-- migration
-- CreateTable
CREATE TABLE "Team" (
    "id" SERIAL NOT NULL,

    CONSTRAINT "Team_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
-- expect: lock foreign-key-validates
ALTER TABLE "Post" ADD CONSTRAINT "Post_teamId_fkey" FOREIGN KEY ("editorId") REFERENCES "Team"("id");

-- case: a foreign key among other actions
-- migration
-- expect: lock foreign-key-validates
-- maybe: compatibility
ALTER TABLE orders ALTER COLUMN note DROP DEFAULT, ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id), ALTER COLUMN reference SET DEFAULT '';

-- case: a column with a default that refers to another table
-- migration
-- expect: lock foreign-key-validates
ALTER TABLE orders ADD COLUMN seller_id integer DEFAULT 1 REFERENCES customers (id);

-- case: a foreign key not valid and validated at once
-- migration
-- expect: lock validate-in-same-transaction or foreign-key-validates, within 2
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;

-- case: a check not valid and validated in one transaction
-- migration
BEGIN;
-- expect: lock validate-in-same-transaction or check-constraint-validates, within 2
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note <> '') NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT note_there;
COMMIT;

-- case: a check
-- migration
-- expect: lock check-constraint-validates
ALTER TABLE "User" ADD CONSTRAINT "User_age_check" CHECK ("age" >= 0);

-- case: a check without a name
-- migration
-- expect: lock check-constraint-validates
alter table public.orders add check (note is null or length(note) > 3);

-- case: two checks in one statement, one of them not valid
-- migration
-- expect: lock check-constraint-validates
ALTER TABLE orders ADD CONSTRAINT a CHECK (total < 1000) NOT VALID, ADD CONSTRAINT b CHECK (weight > 0);

-- case: a check that rows break
-- migration
-- expect: lock|correctness check-constraint-validates
ALTER TABLE "User" ADD CONSTRAINT grown_up CHECK ("age" >= 18);
-- fails: 23514

-- case: a check on a domain that columns have
-- setup
ALTER TABLE customers ADD COLUMN motto short_text DEFAULT 'none';
-- migration
-- expect: lock check-constraint-validates
ALTER DOMAIN short_text ADD CONSTRAINT some_text CHECK (VALUE <> '');

-- case: a unique constraint
-- migration
-- expect: lock|correctness unique-on-existing or unique-constraint
-- maybe: lock
-- maybe: correctness
ALTER TABLE "User" ADD CONSTRAINT "User_handle_unique" UNIQUE ("handle", "id");

-- case: a unique constraint on values that repeat
-- migration
-- expect: correctness|lock unique-on-existing or unique-constraint
-- maybe: lock
-- maybe: correctness
alter table customers add unique nulls not distinct (email);
-- fails: 23505
-- server: 15

-- case: a primary key changed, as Prisma does it
-- migration
-- DropForeignKey
-- maybe: lock|correctness|compatibility
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_B_fkey";

-- AlterTable
-- expect: lock|correctness primary-key-change or unique-on-existing or add-primary-key
-- maybe: lock
-- maybe: correctness
ALTER TABLE "Tag" DROP CONSTRAINT "Tag_pkey",
ADD CONSTRAINT "Tag_pkey" PRIMARY KEY ("name", "id");

-- case: a primary key where there was none
-- migration
-- expect: lock|correctness primary-key-change or unique-on-existing or add-primary-key
-- maybe: lock
-- maybe: correctness
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_AB_pkey" PRIMARY KEY ("A", "B");

-- case: a primary key dropped
-- migration
-- expect: correctness|compatibility|lock|data-loss primary-key-change or drop-constraint or drop-primary-key
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_A_fkey", DROP CONSTRAINT "_PostToTag_B_fkey";
-- expect: correctness|compatibility|lock|data-loss primary-key-change or drop-constraint or drop-primary-key
ALTER TABLE "Tag" DROP CONSTRAINT "Tag_pkey";

-- case: a column that brings its unique constraint
-- migration
-- expect: lock constraint-builds-index
-- maybe: correctness
ALTER TABLE orders ADD COLUMN code text UNIQUE;

-- case: an exclusion constraint
-- migration
-- expect: lock|correctness exclusion-constraint or exclude-constraint
ALTER TABLE orders ADD CONSTRAINT one_at_a_time EXCLUDE USING btree (id WITH =);

-- case: a primary key dropped with the foreign keys that need it
-- migration
-- expect: correctness|compatibility|lock|data-loss primary-key-change or drop-constraint or drop-primary-key
ALTER TABLE "User" DROP CONSTRAINT "User_pkey" CASCADE;

-- case: a check dropped that kept wrong values out
-- migration
-- expect: correctness|compatibility|data-loss|lock drop-constraint
alter table orders drop constraint if exists total_positive;

-- case: a foreign key dropped locks the other table too
-- migration
-- DropForeignKey
-- expect: lock|correctness|compatibility drop-foreign-key or drop-constraint
ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";

-- case: a column becomes required, as Prisma does it
-- migration
/*
  Warnings:

  - Made the column `slug` on table `Post` required. This step will fail if there are existing NULL values in that column.

*/
-- AlterTable
-- expect: correctness|lock set-not-null
-- maybe: lock
ALTER TABLE "Post" ALTER COLUMN "slug" SET NOT NULL;
-- fails: 23502

-- case: a column becomes required, by hand
-- migration
-- expect: correctness|lock set-not-null
-- maybe: lock
alter table orders alter reference set not null;

-- case: a column becomes required and gets a default for rows to come
-- migration
-- AlterTable
-- expect: correctness|lock set-not-null
-- maybe: lock
ALTER TABLE "User" ALTER COLUMN "bio" SET NOT NULL,
ALTER COLUMN "bio" SET DEFAULT '';
-- fails: 23502

-- case: a column becomes required, the check says something else
-- earlier
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;
-- earlier
ALTER TABLE orders VALIDATE CONSTRAINT note_there;
-- migration
-- expect: correctness|lock set-not-null
-- maybe: lock
ALTER TABLE orders ALTER COLUMN reference SET NOT NULL;

-- case: a column becomes required, the check was never validated
-- migration
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;
-- expect: correctness|lock set-not-null
-- maybe: lock
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;

-- case: a column becomes required, what was validated is a foreign key
-- earlier
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
-- migration
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;
-- expect: correctness|lock set-not-null
-- maybe: lock
ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;

-- case: a column becomes required in a DO block
-- migration
-- expect: correctness|lock set-not-null
-- maybe: lock
DO $$ BEGIN ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL; END $$;

-- case: a required column without a default, as Prisma does it
-- migration
/*
  Warnings:

  - Added the required column `locale` to the `User` table without a default value. This is not possible if the table is not empty.

*/
-- AlterTable
-- expect: correctness required-column-without-default
ALTER TABLE "User" ADD COLUMN     "locale" TEXT NOT NULL;
-- fails: 23502

-- case: two required columns, by hand
-- migration
-- expect: correctness required-column-without-default
alter table if exists public.orders add column if not exists currency char(3) not null, add column region text;
-- fails: 23502

-- case: a required column with a reference
-- migration
-- expect: correctness required-column-without-default
-- maybe: lock
ALTER TABLE orders ADD COLUMN seller_id integer NOT NULL REFERENCES customers;
-- fails: 23502

-- case: a required column with a default of NULL
-- migration
-- expect: correctness required-column-without-default
ALTER TABLE orders ADD COLUMN currency text DEFAULT NULL NOT NULL;
-- fails: 23502

-- case: a column that is a primary key
-- migration
-- expect: correctness required-column-without-default
-- maybe: lock
ALTER TABLE scratch.import ADD COLUMN id uuid PRIMARY KEY;
INSERT INTO scratch.import (line, id) VALUES ('a', NULL);
-- fails: 23502
