-- Renames, real ones and those that come as drop and add.

-- case: a field renamed, as Prisma does it
-- migration
/*
  Warnings:

  - You are about to drop the column `name` on the `User` table. All the data in the column will be lost.

*/
-- AlterTable
-- expect: data-loss drop-and-add-column
ALTER TABLE "User" DROP COLUMN "name",
ADD COLUMN     "fullName" TEXT;

-- case: a field renamed that stays required
-- migration
-- AlterTable
-- expect: data-loss drop-and-add-column
-- expect: correctness required-column-without-default
ALTER TABLE "Post" DROP COLUMN "slug",
ADD COLUMN     "path" TEXT NOT NULL;
-- fails: 23502

-- case: a field renamed in two statements
-- migration
ALTER TABLE orders ADD COLUMN memo varchar(50);
-- expect: data-loss drop-and-add-column
ALTER TABLE orders DROP COLUMN note;

-- case: a field renamed beside a new one of another type
-- migration
-- AlterTable
-- expect: data-loss drop-and-add-column or drop-column
ALTER TABLE "User" DROP COLUMN "balance",
ADD COLUMN     "credit" DECIMAL(10,2),
ADD COLUMN     "locale" TEXT;

-- case: a type that Prisma cannot cast
-- migration
/*
  Warnings:

  - The `age` column on the `User` table would be dropped and recreated. This will lead to data loss if there is data in the column.

*/
-- AlterTable
-- expect: data-loss drop-and-add-column
ALTER TABLE "User" DROP COLUMN "age",
ADD COLUMN     "age" TEXT;

-- case: a scalar becomes a list
-- migration
-- AlterTable
-- expect: data-loss drop-and-add-column
ALTER TABLE "User" DROP COLUMN "handle",
ADD COLUMN     "handle" TEXT[];

-- case: a key becomes a uuid
-- migration
-- DropForeignKey
-- maybe: lock|correctness|compatibility
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_B_fkey";

-- AlterTable
-- expect: data-loss drop-and-add-column
-- maybe: lock
-- maybe: correctness
ALTER TABLE "Tag" DROP CONSTRAINT "Tag_pkey",
DROP COLUMN "id",
ADD COLUMN     "id" UUID NOT NULL DEFAULT gen_random_uuid(),
ADD CONSTRAINT "Tag_pkey" PRIMARY KEY ("id");

-- case: a column under running code
-- migration
-- expect: compatibility rename-column
ALTER TABLE "User" RENAME COLUMN "name" TO "fullName";

-- case: a column, without the word column
-- migration
-- expect: compatibility rename-column
alter table orders rename note to memo;

-- case: a column in a DO block
-- migration
-- expect: compatibility rename-column
DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'customers' AND column_name = 'phone') THEN
        ALTER TABLE customers RENAME COLUMN phone TO telephone;
    END IF;
END $$;

-- case: a table under running code
-- migration
-- expect: compatibility rename-table
ALTER TABLE "Tag" RENAME TO "Label";

-- case: a table if it exists, in its schema
-- migration
-- expect: compatibility rename-table
alter table if exists audit.event rename to events;

-- case: two tables swapped
-- migration
CREATE TABLE orders_next (LIKE orders INCLUDING ALL);
-- expect: compatibility rename-table
ALTER TABLE orders RENAME TO orders_before;
ALTER TABLE orders_next RENAME TO orders;

-- case: a table moved to another schema
-- migration
-- expect: compatibility set-schema or rename-table
ALTER TABLE orders SET SCHEMA audit;

-- case: a schema
-- migration
-- expect: compatibility rename-schema or rename-object
ALTER SCHEMA audit RENAME TO audit_log;

-- case: an enum type
-- migration
-- expect: compatibility rename-type or rename-object
ALTER TYPE "Role" RENAME TO "UserRole";

-- case: a value of an enum
-- migration
-- expect: compatibility rename-enum-value
ALTER TYPE "Role" RENAME VALUE 'GUEST' TO 'VISITOR';

-- case: a view
-- migration
-- expect: compatibility rename-view or rename-object or rename-table
ALTER VIEW live_posts RENAME TO published_posts;

-- case: a function
-- migration
-- expect: compatibility rename-function or rename-object
ALTER FUNCTION slow_default() RENAME TO random_text;

-- case: a sequence that code asks for numbers
-- migration
-- expect: compatibility rename-sequence or rename-object
ALTER SEQUENCE invoice_numbers RENAME TO invoice_number;

-- case: an attribute of a composite type
-- migration
-- expect: compatibility rename-attribute or rename-object or rename-column
ALTER TYPE address RENAME ATTRIBUTE zip TO postcode;
