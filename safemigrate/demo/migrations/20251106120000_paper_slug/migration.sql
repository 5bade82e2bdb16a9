/*
  Warnings:

  - A unique constraint covering the columns `[slug]` on the table `Paper` will be added. If there are existing duplicate values, this will fail.
  - Added the required column `slug` to the `Paper` table without a default value. This is not possible if the table is not empty.

*/
-- AlterTable
ALTER TABLE "Paper" ADD COLUMN     "slug" TEXT;

UPDATE "Paper" SET "slug" = lower(regexp_replace("title", '[^a-zA-Z0-9]+', '-', 'g'));

ALTER TABLE "Paper" ALTER COLUMN "slug" SET NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "Paper_slug_key" ON "Paper"("slug");

-- Titles are searched in lower case, and only those that anybody cites.
CREATE INDEX "Paper_cited_title_idx" ON "Paper"(lower("title")) WHERE "citationCount" > 0;
