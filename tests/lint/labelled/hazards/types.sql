-- Columns and enums that change their type.

-- case: a string becomes a number, as Prisma casts it
-- migration
/*
  Warnings:

  - You are about to alter the column `balance` on the `User` table. The data in that column could be lost. The data in that column will be cast from `Decimal(10,2)` to `Integer`.

*/
-- AlterTable
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "balance" SET DATA TYPE INTEGER;

-- case: a number grows and every row is written anew
-- migration
-- expect: lock|data-loss type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "age" SET DATA TYPE BIGINT;

-- case: a key grows, by hand
-- migration
-- expect: lock|data-loss type-change or type-change-rewrites
alter table only customers alter id type bigint;

-- case: a text gets a limit that values exceed
-- migration
-- expect: data-loss|lock|correctness type-change
ALTER TABLE orders ALTER COLUMN note TYPE varchar(20);
-- fails: 22001

-- case: values cut off on the way
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE orders ALTER COLUMN note TYPE varchar(20) USING left(note, 20);

-- case: text read as a date
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE orders ALTER COLUMN shipped_on TYPE date USING shipped_on::date;

-- case: text becomes text with a limit
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "name" SET DATA TYPE VARCHAR(255);

-- case: a timestamp gets a zone
-- migration
-- AlterTable
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "createdAt" SET DATA TYPE TIMESTAMPTZ(3);

-- case: json becomes jsonb
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "settings" SET DATA TYPE JSONB;

-- case: a number loses its fraction digits
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE orders ALTER COLUMN total TYPE numeric(10,0);

-- case: floating point made single
-- setup
ALTER TABLE orders ALTER COLUMN weight TYPE double precision;
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
ALTER TABLE orders ALTER COLUMN weight TYPE real;

-- case: the type is one of several actions
-- migration
-- AlterTable
-- expect: data-loss|lock type-change or type-change-rewrites
-- maybe: compatibility
ALTER TABLE "Post" ALTER COLUMN "title" DROP NOT NULL,
ALTER COLUMN "editorId" SET DATA TYPE BIGINT;

-- case: the type in a DO block
-- migration
-- expect: data-loss|lock type-change or type-change-rewrites
DO $$ BEGIN ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint; END $$;

-- case: text becomes an enum
-- migration
CREATE TYPE "Handle" AS ENUM ('OTHER');
-- expect: data-loss|lock|correctness type-change
ALTER TABLE "User" ALTER COLUMN "handle" TYPE "Handle" USING ("handle"::text::"Handle");
-- fails: 22P02

-- case: an enum becomes text
-- migration
-- expect: lock|data-loss type-change or type-change-rewrites
ALTER TABLE "User" ALTER COLUMN "role" TYPE TEXT;

-- case: an attribute of a composite type
-- migration
-- expect: data-loss|lock|compatibility type-change or drop-attribute or attribute-type-change
ALTER TYPE address ALTER ATTRIBUTE zip TYPE integer CASCADE;

-- case: an enum loses a value, as Prisma does it
-- migration
/*
  Warnings:

  - The values [GUEST] on the enum `Role` will be removed. If these variants are still used in the database, this will fail.

*/
-- AlterEnum
BEGIN;
-- expect: data-loss|correctness enum-value-removed, within 6
CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
-- maybe: lock
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
COMMIT;
-- fails: 22P02

-- case: an enum loses a value, by hand, rows moved first
-- migration
-- maybe: data-loss
UPDATE "User" SET "role" = 'USER' WHERE "role" = 'GUEST';
-- expect: data-loss|correctness enum-value-removed, within 4
ALTER TYPE "Role" RENAME TO role_before;
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
-- maybe: compatibility
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
-- maybe: lock
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role" USING "role"::text::"Role";
-- maybe: data-loss
DROP TYPE role_before;

-- case: a value added and used as a default
-- migration
-- AlterEnum
-- expect: correctness enum-value-used, within 2
ALTER TYPE "Role" ADD VALUE 'OWNER';

-- AlterTable
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'OWNER';
-- fails: 55P04

-- case: a value added and written
-- migration
-- expect: correctness enum-value-used, within 2
alter type mood add value if not exists 'angry' after 'sad';
-- maybe: data-loss
update customers set feeling = 'angry' where vip;
insert into customers (id, feeling) values (100, 'angry');
-- fails: 55P04

-- case: a value added and used in a check
-- migration
-- expect: correctness enum-value-used, within 2
ALTER TYPE "Status" ADD VALUE 'GONE';
ALTER TABLE "Post" ADD CONSTRAINT not_gone CHECK ("status" <> 'GONE'::"Status") NOT VALID;
-- fails: 55P04

-- case: a value added and used in a new table
-- migration
-- AlterEnum
-- expect: correctness enum-value-used, within 2
ALTER TYPE "Role" ADD VALUE 'OWNER';

-- CreateTable
CREATE TABLE "Membership" (
    "id" SERIAL NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'OWNER',

    CONSTRAINT "Membership_pkey" PRIMARY KEY ("id")
);
-- fails: 55P04

-- case: a value added and used in an index
-- migration
-- expect: correctness enum-value-used, within 2
ALTER TYPE "Status" ADD VALUE 'GONE';
-- maybe: lock
CREATE INDEX gone_posts ON "Post" ("id") WHERE "status" = 'GONE';
-- fails: 55P04

-- case: a value added and used in a view
-- migration
-- expect: correctness enum-value-used, within 2
ALTER TYPE "Status" ADD VALUE 'GONE';
CREATE VIEW gone_posts AS SELECT "id" FROM "Post" WHERE "status" = 'GONE';
-- fails: 55P04
