/*
  Warnings:

  - A unique constraint covering the columns `[slug]` on the table `Paper` will be added. If there are existing duplicate values, this will fail.
  - Added the required column `slug` to the `Paper` table without a default value. This is not possible if the table is not empty.

*/
-- AlterTable
-- edited: nullable first, filled, then required
ALTER TABLE "Paper" ADD COLUMN     "slug" TEXT;

UPDATE "Paper"
SET "slug" = trim(BOTH '-' FROM lower(regexp_replace("title", '[^a-zA-Z0-9]+', '-', 'g'))) || '-' || right(md5("id"), 6);

ALTER TABLE "Paper" ALTER COLUMN "slug" SET NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "Paper_slug_key" ON "Paper"("slug");
