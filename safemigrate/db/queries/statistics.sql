SELECT 'statistics' AS kind, s.oid AS object, 0 AS part, n.nspname AS schema, s.stxname AS name, 0 AS parent, '' AS parent_name,
       pg_get_statisticsobjdef(s.oid) AS definition,
       NULLIF(s.stxstattarget, -1) AS target, -- since 13
       pg_get_userbyid(s.stxowner) AS owner,
       s.stxrelid AS _table
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_statistic_ext'::regclass AND e.objid = s.oid AND e.deptype = 'e')
