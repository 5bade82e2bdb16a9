-- What the application writes once 20260301090000_tidy_up is live. Each statement also runs on the database before it, so
-- that the same writes on a database that never saw the migration say what a rollback has to arrive at.

-- new rows: a user, an experiment of hers, with measurements
INSERT INTO "User" ("id", "name", "email", "createdAt") VALUES ('user81', 'Researcher 81', 'researcher81@example.org', '2026-03-01 10:00');
INSERT INTO "Experiment" ("id", "ownerId", "title", "status", "anodeId", "createdAt")
VALUES ('experiment241', 'user81', 'Run 241', 'RUNNING', 3, '2026-03-01 10:05');
INSERT INTO "Measurement" ("experimentId", "takenAt", "powerDensity")
SELECT 'experiment241', timestamp '2026-03-01 10:10' + n * interval '1 minute', 330 + n / 4.0 FROM generate_series(1, 40) AS n;
INSERT INTO "Paper" ("id", "slug", "title", "year") VALUES ('paper201', 'electrode-kinetics-revisited', 'Electrode kinetics, revisited', 2026);
INSERT INTO "Citation" ("citingId", "citedId") SELECT 'paper201', 'paper' || n FROM generate_series(1, 5) AS n;

-- changed rows: in a table that lost a column, in one whose rows were remapped, and in the retyped column itself
UPDATE "User" SET "name" = 'Researcher 7 (on leave)' WHERE "id" = 'user7';
UPDATE "Experiment" SET "title" = 'Run 5, written up' WHERE "id" = 'experiment5';
UPDATE "Experiment" SET "status" = 'COMPLETED' WHERE "id" = 'experiment11';
UPDATE "Measurement" SET "powerDensity" = 350.25 WHERE "id" = 12;

-- deleted rows: an experiment with its measurements and predictions, and a paper that cites others
DELETE FROM "Experiment" WHERE "id" = 'experiment23';
DELETE FROM "Paper" WHERE "id" = 'paper190';
