-- The same few thousand rows every time: no random(), no now(). For an empty database.

INSERT INTO "User" ("id", "name", "email", "emailVerified", "role", "institution", "createdAt", "updatedAt")
SELECT
  'user' || lpad(n::text, 4, '0'),
  'Researcher ' || n,
  'researcher' || n || '@example.org',
  CASE WHEN n % 3 <> 0 THEN timestamp '2024-01-10' + n * interval '5 hours' END,
  (ARRAY['RESEARCHER', 'RESEARCHER', 'RESEARCHER', 'REVIEWER', 'ADMIN'])[1 + n % 5]::"Role",
  (ARRAY['Polytechnic of the North', 'Coastal Institute', 'Műszaki Egyetem', NULL])[1 + n % 4],
  timestamp '2024-01-08' + n * interval '7 hours',
  timestamp '2025-01-08' + n * interval '7 hours'
FROM generate_series(1, 60) AS n;

INSERT INTO "Account" ("id", "userId", "type", "provider", "providerAccountId", "access_token", "expires_at", "token_type", "scope")
SELECT 'account' || n, 'user' || lpad(n::text, 4, '0'), 'oauth', 'orcid', '0000-0002-' || lpad(n::text, 4, '0'),
  md5('access ' || n), 1767225600 + n, 'bearer', 'openid'
FROM generate_series(1, 60, 2) AS n;

INSERT INTO "Session" ("id", "sessionToken", "userId", "expires")
SELECT 'session' || n, md5('session ' || n), 'user' || lpad((1 + n % 60)::text, 4, '0'), timestamp '2026-01-01' + n * interval '1 hour'
FROM generate_series(1, 90) AS n;

INSERT INTO "VerificationToken" ("identifier", "token", "expires")
SELECT 'researcher' || n || '@example.org', md5('verify ' || n), timestamp '2026-01-01' + n * interval '1 hour'
FROM generate_series(3, 60, 3) AS n;

INSERT INTO "PasswordReset" ("id", "userId", "tokenHash", "expiresAt", "usedAt", "createdAt")
SELECT 'reset' || n, 'user' || lpad(n::text, 4, '0'), md5('reset ' || n), timestamp '2025-06-02' + n * interval '1 day',
  CASE WHEN n % 2 = 0 THEN timestamp '2025-06-01 00:10' + n * interval '1 day' END, timestamp '2025-06-01' + n * interval '1 day'
FROM generate_series(1, 25) AS n;

INSERT INTO "UserProfile" ("id", "userId", "title", "bio", "orcid", "website", "interests")
SELECT 'profile' || n, 'user' || lpad(n::text, 4, '0'), (ARRAY['Dr', 'Prof', NULL])[1 + n % 3],
  'Works on biofilms and electrodes since ' || 1990 + n % 30 || '.', '0000-0001-' || lpad(n::text, 4, '0'),
  CASE WHEN n % 4 = 0 THEN 'https://example.org/~' || n END,
  (ARRAY['anodes', 'cathodes', 'membranes', 'modelling'])[1 + n % 4:4]
FROM generate_series(1, 50) AS n;

INSERT INTO "UserSettings" ("id", "userId", "theme", "language", "timezone", "emailNotifications")
SELECT 'settings' || n, 'user' || lpad(n::text, 4, '0'), (ARRAY['system', 'light', 'dark'])[1 + n % 3],
  (ARRAY['en', 'de', 'hu'])[1 + n % 3], (ARRAY['UTC', 'Europe/Budapest'])[1 + n % 2], n % 5 <> 0
FROM generate_series(1, 60) AS n;

INSERT INTO "UserPreferences" ("userId", "units", "dashboard", "updatedAt")
SELECT 'user' || lpad(n::text, 4, '0'), (ARRAY['SI', 'CGS'])[1 + (n % 7 = 0)::int]::"UnitSystem",
  jsonb_build_object('columns', 1 + n % 3, 'pinned', jsonb_build_array('experiment' || n, 'experiment' || n + 1)),
  timestamp '2025-02-01' + n * interval '1 hour'
FROM generate_series(1, 60) AS n;

INSERT INTO "ElectrodeMaterial" ("name", "kind", "conductivity", "surfaceArea", "costPerKg", "properties")
VALUES
  ('Carbon cloth', 'CARBON', 12500.0000, 480, 62.50, '{"weave": "plain"}'),
  ('Carbon felt', 'CARBON', 4200.0000, 620, 38.00, '{"thickness_mm": 6}'),
  ('Graphite rod', 'CARBON', 130000.0000, 2.4, 9.75, '{}'),
  ('Graphene oxide', 'CARBON', 0.2100, 890, 1450.00, '{"layers": 3}'),
  ('Stainless steel 316L', 'METAL', 1350000.0000, 0.4, 4.20, '{"mesh": 80}'),
  ('Nickel foam', 'METAL', 6990000.0000, 1.1, 55.00, '{"ppi": 110}'),
  ('Platinum mesh', 'METAL', 9430000.0000, 0.9, 31500.00, '{}'),
  ('Manganese dioxide', 'OXIDE', 0.0001, 210, 3.10, '{"phase": "δ"}'),
  ('Polyaniline', 'POLYMER', 500.0000, 45, 210.00, '{}'),
  ('PEDOT:PSS', 'POLYMER', 83000.0000, NULL, 980.00, '{}'),
  ('MXene on carbon cloth', 'COMPOSITE', 240000.0000, 510, NULL, '{"loading_mg_cm2": 1.5}'),
  ('Carbon nanotubes on felt', 'COMPOSITE', 38000.0000, 730, 340.00, '{}');

INSERT INTO "Experiment" ("id", "ownerId", "title", "description", "status", "isPublic", "anodeId", "cathodeId", "startedAt", "completedAt", "createdAt", "updatedAt")
SELECT
  'experiment' || n,
  'user' || lpad((1 + n * 7 % 60)::text, 4, '0'),
  'Run ' || n || ': power density against ' || (ARRAY['substrate', 'pH', 'temperature', 'anode area'])[1 + n % 4],
  CASE WHEN n % 3 <> 0 THEN 'Batch mode, acetate, day ' || n % 40 || '.' END,
  status::"ExperimentStatus",
  n % 4 = 0,
  1 + n % 12,
  1 + n * 5 % 12,
  CASE WHEN status <> 'DRAFT' THEN timestamp '2024-02-01' + n * interval '11 hours' END,
  CASE WHEN status IN ('COMPLETED', 'FAILED', 'ARCHIVED') THEN timestamp '2024-02-15' + n * interval '11 hours' END,
  timestamp '2024-01-30' + n * interval '11 hours',
  timestamp '2024-02-15' + n * interval '12 hours'
FROM generate_series(1, 300) AS n,
  LATERAL (SELECT (ARRAY['DRAFT', 'RUNNING', 'COMPLETED', 'COMPLETED', 'FAILED', 'ARCHIVED'])[1 + n % 6]) AS chosen (status);

INSERT INTO "ExperimentParameter" ("experimentId", "name", "value", "unit")
SELECT 'experiment' || n, name, base + n * step, unit
FROM generate_series(1, 300) AS n,
  (VALUES
    ('temperature', 298.15, 0.05, 'K'),
    ('pH', 6.8, 0.002, '1'),
    ('flow rate', 0.000012, 0.000001, 'L/s'),
    ('external resistance', 100, 3.3, 'Ω')
  ) AS parameter (name, base, step, unit);

INSERT INTO "Measurement" ("experimentId", "takenAt", "voltage", "current", "temperature")
SELECT 'experiment' || 1 + n % 300, timestamptz '2024-06-03 08:00:00+00' + n * interval '17 minutes',
  round((0.45 + 0.1 * sin(n / 50.0))::numeric, 4), round((0.0031 + n * 0.0000013)::numeric, 6),
  CASE WHEN n % 10 <> 0 THEN 298 + (n % 40) / 8.0 END
FROM generate_series(1, 4000) AS n;

INSERT INTO "Prediction" ("id", "experimentId", "modelName", "modelVersion", "confidence", "createdAt")
SELECT 'prediction' || n, 'experiment' || 1 + n % 300, (ARRAY['gradient-boosting', 'biofilm-ode'])[1 + n % 2],
  '1.' || n % 4, (n * 37 % 10000) / 10000.0, timestamp '2024-03-01' + n * interval '3 hours'
FROM generate_series(1, 450) AS n;

INSERT INTO "PredictionResult" ("predictionId", "metric", "predicted", "observed", "unit")
SELECT 'prediction' || n, metric, base + n / 8.0, CASE WHEN n % 3 = 0 THEN base + n / 7.75 END, unit
FROM generate_series(1, 450) AS n,
  (VALUES ('power density', 310.0, 'mW/m²'), ('coulombic efficiency', 0.25, '1')) AS result (metric, base, unit);

INSERT INTO "Paper" ("id", "slug", "doi", "title", "abstract", "journal", "year", "addedById", "createdAt")
SELECT 'paper' || n, 'electrode-kinetics-part-' || n, CASE WHEN n % 5 <> 0 THEN '10.9999/example.' || n END,
  'Electrode kinetics, part ' || n, CASE WHEN n % 2 = 0 THEN 'We measure what part ' || n - 1 || ' predicted.' END,
  (ARRAY['Journal of Example Chemistry', 'Letters on Biofilms', NULL])[1 + n % 3], 1995 + n % 30,
  CASE WHEN n % 6 <> 0 THEN 'user' || lpad((1 + n % 60)::text, 4, '0') END, timestamp '2024-03-12' + n * interval '90 minutes'
FROM generate_series(1, 320) AS n;

INSERT INTO "Author" ("name", "orcid", "affiliation")
SELECT 'Author ' || n, CASE WHEN n % 2 = 0 THEN '0000-0003-' || lpad(n::text, 4, '0') END,
  (ARRAY['Coastal Institute', 'Polytechnic of the North', NULL])[1 + n % 3]
FROM generate_series(1, 140) AS n;

INSERT INTO "PaperAuthor" ("paperId", "authorId", "position")
SELECT 'paper' || n, 1 + (n * 3 + position * 17) % 140, position
FROM generate_series(1, 320) AS n, generate_series(1, 3) AS position
WHERE position <= 1 + n % 3;

-- The trigger counts these.
INSERT INTO "Citation" ("citingId", "citedId", "context")
SELECT 'paper' || n, 'paper' || 1 + n * back % (n - 1), CASE WHEN n % 4 = 0 THEN 'as in section ' || back END
FROM generate_series(2, 320) AS n, generate_series(1, 4) AS back
ON CONFLICT DO NOTHING;

INSERT INTO "Tag" ("name")
SELECT unnest(ARRAY['anode', 'cathode', 'biofilm', 'membrane', 'modelling', 'review', 'wastewater', 'graphene']);

INSERT INTO "PaperTag" ("paperId", "tagId")
SELECT 'paper' || n, tag
FROM generate_series(1, 320) AS n, generate_series(1, 8) AS tag
WHERE (n + tag * tag) % 5 = 0;
