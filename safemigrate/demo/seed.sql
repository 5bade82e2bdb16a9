-- The same few thousand rows every time: no random(), no now(). For the database before 20260301090000_tidy_up.

INSERT INTO "User" ("id", "name", "email", "createdAt", "bio")
SELECT 'user' || n, 'Researcher ' || n, 'researcher' || n || '@example.org', timestamp '2025-01-14' + n * interval '7 hours',
  CASE WHEN n % 10 <> 0 THEN 'Researcher ' || n || ' works on biofilms and electrodes since ' || 1990 + n % 30 || '.' END
FROM generate_series(1, 80) AS n;

INSERT INTO "ElectrodeMaterial" ("name", "conductivity")
VALUES ('Carbon cloth', 12500), ('Carbon felt', 4200), ('Graphite rod', 130000), ('Stainless steel', 1350000),
  ('Nickel foam', 6990000), ('Polyaniline', 500), ('PEDOT:PSS', 83000), ('Manganese dioxide', NULL);

INSERT INTO "Experiment" ("id", "ownerId", "title", "status", "anodeId", "cathodeId", "startedAt", "createdAt")
SELECT 'experiment' || n, 'user' || 1 + n * 7 % 80, 'Run ' || n,
  (ARRAY['DRAFT', 'RUNNING', 'COMPLETED', 'COMPLETED', 'FAILED', 'ABANDONED'])[1 + n % 6]::"ExperimentStatus",
  1 + n % 8, 1 + n * 3 % 8, CASE WHEN n % 6 <> 0 THEN timestamp '2025-02-01' + n * interval '11 hours' END,
  timestamp '2025-01-30' + n * interval '11 hours'
FROM generate_series(1, 240) AS n;

-- Six digits after the point, of which the migration keeps two.
INSERT INTO "Measurement" ("experimentId", "takenAt", "powerDensity")
SELECT 'experiment' || 1 + n % 240, timestamp '2025-06-01 08:00' + n * interval '17 minutes', round((312 + 40 * sin(n / 50.0))::numeric, 6)
FROM generate_series(1, 3000) AS n;

INSERT INTO "Prediction" ("id", "experimentId", "modelName", "confidence")
SELECT 'prediction' || n, 'experiment' || 1 + n % 240, (ARRAY['gradient-boosting', 'biofilm-ode'])[1 + n % 2], (n * 37 % 1024) / 1024.0
FROM generate_series(1, 300) AS n;

INSERT INTO "Paper" ("id", "slug", "title", "year")
SELECT 'paper' || n, 'electrode-kinetics-part-' || n, 'Electrode kinetics, part ' || n, 1995 + n % 30
FROM generate_series(1, 200) AS n;

-- The trigger counts these.
INSERT INTO "Citation" ("citingId", "citedId")
SELECT 'paper' || n, 'paper' || 1 + n * back % (n - 1)
FROM generate_series(2, 200) AS n, generate_series(1, 3) AS back
ON CONFLICT DO NOTHING;

-- No note on the papers 181 to 200.
INSERT INTO "PaperNote" ("paperId", "authorId", "body", "createdAt")
SELECT 'paper' || 1 + n % 180, 'user' || 1 + n % 80, 'Note ' || n || ': compare figure ' || 1 + n % 9 || ' with our own run.',
  timestamp '2025-03-04' + n * interval '2 hours'
FROM generate_series(1, 900) AS n;
