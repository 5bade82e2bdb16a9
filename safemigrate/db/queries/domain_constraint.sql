SELECT 'domain constraint' AS kind, k.oid AS object, 0 AS part, n.nspname AS schema, k.conname AS name, t.oid AS parent, t.typname AS parent_name,
       pg_get_constraintdef(k.oid) AS definition,
       md5(concat_ws('|', k.convalidated, k.conbin::text)) AS _core
FROM pg_constraint k
JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.contypid <> 0 AND k.contype = 'c'
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
