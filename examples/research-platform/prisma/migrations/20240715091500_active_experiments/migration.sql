-- What the front page shows. Not in schema.prisma: read with $queryRaw.
CREATE VIEW "ActiveExperiment" AS
SELECT e."id", e."title", e."status", e."startedAt", u."name" AS "ownerName", u."institution"
FROM "Experiment" AS e
JOIN "User" AS u ON u."id" = e."ownerId"
WHERE e."completedAt" IS NULL;

-- Prisma cannot say WHERE on an index.
CREATE INDEX "Experiment_unfinished_idx" ON "Experiment"("startedAt") WHERE "completedAt" IS NULL;

-- AlterTable
ALTER TABLE "Experiment" ADD COLUMN     "isPublic" BOOLEAN NOT NULL DEFAULT false;
