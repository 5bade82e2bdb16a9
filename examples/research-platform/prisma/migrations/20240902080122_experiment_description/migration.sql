/*
  Warnings:

  - You are about to drop the column `notes` on the `Experiment` table. All the data in the column will be lost.

*/
-- AlterTable
ALTER TABLE "Experiment" DROP COLUMN "notes",
ADD COLUMN     "description" TEXT;
