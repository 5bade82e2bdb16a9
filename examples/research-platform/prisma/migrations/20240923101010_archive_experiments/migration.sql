-- AlterEnum
-- edited: its own transaction, because a new value cannot be used in the one that adds it (55P04)
BEGIN;
ALTER TYPE "ExperimentStatus" ADD VALUE 'ARCHIVED';
COMMIT;

-- What finished before the platform existed is history.
UPDATE "Experiment" SET "status" = 'ARCHIVED' WHERE "completedAt" < '2024-01-01';
