/*
  Warnings:

  - The values [ABANDONED] on the enum `ExperimentStatus` will be removed. If these variants are still used in the database, this will fail.
  - You are about to alter the column `powerDensity` on the `Measurement` table. The data in that column could be lost. The data in that column will be cast from `Decimal(12,6)` to `Decimal(10,2)`.
  - You are about to drop the column `bio` on the `User` table. All the data in the column will be lost.
  - You are about to drop the `PaperNote` table. If the table is not empty, all the data it contains will be lost.

*/
-- Nobody could say how an abandoned experiment differs from a failed one.
UPDATE "Experiment" SET "status" = 'FAILED' WHERE "status" = 'ABANDONED';

-- AlterEnum
BEGIN;
CREATE TYPE "ExperimentStatus_new" AS ENUM ('DRAFT', 'RUNNING', 'COMPLETED', 'FAILED');
ALTER TABLE "Experiment" ALTER COLUMN "status" DROP DEFAULT;
ALTER TABLE "Experiment" ALTER COLUMN "status" TYPE "ExperimentStatus_new" USING ("status"::text::"ExperimentStatus_new");
ALTER TYPE "ExperimentStatus" RENAME TO "ExperimentStatus_old";
ALTER TYPE "ExperimentStatus_new" RENAME TO "ExperimentStatus";
DROP TYPE "ExperimentStatus_old";
ALTER TABLE "Experiment" ALTER COLUMN "status" SET DEFAULT 'DRAFT';
COMMIT;

-- DropForeignKey
ALTER TABLE "PaperNote" DROP CONSTRAINT "PaperNote_authorId_fkey";

-- DropForeignKey
ALTER TABLE "PaperNote" DROP CONSTRAINT "PaperNote_paperId_fkey";

-- AlterTable
ALTER TABLE "Measurement" ALTER COLUMN "powerDensity" SET DATA TYPE DECIMAL(10,2);

-- AlterTable
ALTER TABLE "User" DROP COLUMN "bio";

-- DropTable
DROP TABLE "PaperNote";
