SELECT 'statistics' AS kind, s.oid AS object, 0 AS part, n.nspname AS schema, s.stxname AS name, 0 AS parent, '' AS parent_name,
       s.stxrelid::regclass::text AS of_table,
       s.stxkind::text[] AS collects,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys) ORDER BY 1) AS columns,
       pg_get_statisticsobjdef_expressions(s.oid) AS expressions, -- since 14
       NULLIF(s.stxstattarget, -1) AS target, -- since 13
       pg_get_userbyid(s.stxowner) AS owner,
       pg_get_statisticsobjdef(s.oid) AS _definition,
       s.stxrelid AS _table
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_statistic_ext'::regclass AND e.objid = s.oid AND e.deptype = 'e')
