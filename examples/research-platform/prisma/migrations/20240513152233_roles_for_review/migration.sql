/*
  Warnings:

  - The values [USER,GUEST] on the enum `Role` will be removed. If these variants are still used in the database, this will fail.

*/
-- AlterEnum
BEGIN;
CREATE TYPE "Role_new" AS ENUM ('RESEARCHER', 'REVIEWER', 'ADMIN');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
-- edited: users and guests become researchers instead of failing the cast
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING (
  CASE WHEN "role"::text IN ('USER', 'GUEST') THEN 'RESEARCHER' ELSE "role"::text END::"Role_new"
);
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'RESEARCHER';
COMMIT;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "institution" TEXT;

-- AlterTable
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'RESEARCHER';
