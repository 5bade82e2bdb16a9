-- What Prisma writes and nobody needs to look at.

-- case: a new model with its indexes
-- migration
-- CreateTable
CREATE TABLE "Comment" (
    "id" SERIAL NOT NULL,
    "body" TEXT NOT NULL,
    "authorId" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Comment_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Comment_authorId_body_key" ON "Comment"("authorId", "body");

-- CreateIndex
CREATE INDEX "Comment_createdAt_idx" ON "Comment"("createdAt" DESC);

-- case: a new model that refers to an old one
-- migration
-- CreateTable
CREATE TABLE "Comment" (
    "id" SERIAL NOT NULL,
    "authorId" INTEGER NOT NULL,

    CONSTRAINT "Comment_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "Comment" ADD CONSTRAINT "Comment_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- case: two new models and the relation between them
-- migration
-- CreateEnum
CREATE TYPE "Plan" AS ENUM ('FREE', 'PRO');

-- CreateTable
CREATE TABLE "Team" (
    "id" TEXT NOT NULL,
    "plan" "Plan" NOT NULL DEFAULT 'FREE',

    CONSTRAINT "Team_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_TeamToUser" (
    "A" TEXT NOT NULL,
    "B" INTEGER NOT NULL,

    CONSTRAINT "_TeamToUser_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE INDEX "_TeamToUser_B_index" ON "_TeamToUser"("B");

-- AddForeignKey
ALTER TABLE "_TeamToUser" ADD CONSTRAINT "_TeamToUser_A_fkey" FOREIGN KEY ("A") REFERENCES "Team"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "_TeamToUser" ADD CONSTRAINT "_TeamToUser_B_fkey" FOREIGN KEY ("B") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- case: an optional field
-- migration
-- AlterTable
ALTER TABLE "User" ADD COLUMN     "locale" TEXT;

-- case: a required field with a constant default
-- migration
-- AlterTable
ALTER TABLE "User" ADD COLUMN     "locale" TEXT NOT NULL DEFAULT 'en',
ADD COLUMN     "visits" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "active" BOOLEAN NOT NULL DEFAULT true;

-- case: a field that is a list
-- migration
-- AlterTable
ALTER TABLE "User" ADD COLUMN     "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- case: a field with the time of its row
-- migration
-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- case: a field of json with a default
-- migration
-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "meta" JSONB NOT NULL DEFAULT '{}';

-- case: an optional relation as a column alone
-- migration
-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "teamId" INTEGER;

-- case: a new enum for a new field
-- migration
-- CreateEnum
CREATE TYPE "Visibility" AS ENUM ('PUBLIC', 'PRIVATE');

-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "visibility" "Visibility" NOT NULL DEFAULT 'PUBLIC';

-- case: an enum gains a value
-- migration
-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'OWNER';

-- case: an enum gains several values
-- migration
-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "Role" ADD VALUE 'OWNER';
ALTER TYPE "Role" ADD VALUE 'AUDITOR';

-- case: an enum gains a value and another table a column
-- migration
-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'OWNER';

-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "ownerName" TEXT DEFAULT 'OWNER or nobody';

-- case: a default is set
-- migration
-- AlterTable
ALTER TABLE "User" ALTER COLUMN "age" SET DEFAULT 18;

-- case: an index renamed
-- migration
-- RenameIndex
ALTER INDEX "User_name_idx" RENAME TO "User_name_index";

-- case: a foreign key renamed
-- migration
-- RenameForeignKey
ALTER TABLE "Post" RENAME CONSTRAINT "Post_authorId_fkey" TO "Post_author_fkey";

-- case: an empty migration
-- migration
-- This is an empty migration.

-- case: a new schema with a model
-- migration
-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "billing";

-- CreateTable
CREATE TABLE "billing"."Invoice" (
    "id" TEXT NOT NULL,
    "userId" INTEGER NOT NULL,

    CONSTRAINT "Invoice_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Invoice_userId_idx" ON "billing"."Invoice"("userId");

-- AddForeignKey
ALTER TABLE "billing"."Invoice" ADD CONSTRAINT "Invoice_userId_fkey" FOREIGN KEY ("userId") REFERENCES "public"."User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- case: a new model with a key of two fields and a unique one, altered at once
-- migration
-- CreateTable
CREATE TABLE "Seat" (
    "row" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "holder" TEXT,

    CONSTRAINT "Seat_pkey" PRIMARY KEY ("row","number")
);

-- AlterTable
ALTER TABLE "Seat" ADD COLUMN "code" TEXT NOT NULL,
ALTER COLUMN "holder" SET NOT NULL,
ALTER COLUMN "number" SET DATA TYPE BIGINT;

-- CreateIndex
CREATE UNIQUE INDEX "Seat_code_key" ON "Seat"("code");

-- case: a new model that changes its mind
-- migration
CREATE TABLE "Draft" (
    "id" SERIAL NOT NULL,
    "text" TEXT,

    CONSTRAINT "Draft_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "Draft" DROP COLUMN "text",
ADD COLUMN "body" TEXT NOT NULL;
ALTER TABLE "Draft" RENAME TO "Sketch";
CREATE INDEX "Sketch_body_idx" ON "Sketch"("body");
DROP TABLE "Sketch";

-- case: the words of a hazard in texts and comments
-- migration
-- DROP TABLE "User"; is what we do not do here.
INSERT INTO "Tag" ("id", "name") VALUES ('c', 'DROP TABLE "User"; DELETE FROM "Post";'), ('d', $$TRUNCATE orders;$$);
COMMENT ON TABLE "User" IS 'ALTER TABLE "User" DROP COLUMN "bio"';

-- case: an enum made and used at once
-- migration
CREATE TYPE "Level" AS ENUM ('LOW', 'HIGH');
CREATE TABLE "Alert" ("id" SERIAL PRIMARY KEY, "level" "Level" NOT NULL DEFAULT 'HIGH');

-- case: a column added and taken back
-- migration
ALTER TABLE "User" ADD COLUMN "locale" TEXT;
ALTER TABLE "User" DROP COLUMN "locale";

-- case: line ends of windows and a byte order mark
-- migration
ALTER TABLE "User" ADD COLUMN "größe" TEXT DEFAULT 'ü';	-- tab
CREATE TABLE "Größe" ("id" INTEGER PRIMARY KEY);
CREATE INDEX "Größe_idx" ON "Größe"("id");

-- case: an autoincrement on a new model
-- migration
CREATE TABLE "Ticket" ("id" BIGSERIAL NOT NULL, "public" UUID NOT NULL DEFAULT gen_random_uuid(), CONSTRAINT "Ticket_pkey" PRIMARY KEY ("id"));
ALTER TABLE "Ticket" ADD COLUMN "number" SERIAL NOT NULL, ADD COLUMN "token" UUID NOT NULL DEFAULT gen_random_uuid();

-- case: an autoincrement taken up, as Prisma does it
-- migration
-- AlterTable
CREATE SEQUENCE customers_id_seq;
ALTER TABLE "customers" ALTER COLUMN "id" SET DEFAULT nextval('customers_id_seq');
ALTER SEQUENCE customers_id_seq OWNED BY "customers"."id";

-- case: updatedAt gets a default
-- migration
-- AlterTable
ALTER TABLE "User" ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
ALTER COLUMN "score" SET DEFAULT 1;
