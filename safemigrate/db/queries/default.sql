SELECT 'default' AS kind, d.oid AS object, 0 AS part, n.nspname AS schema, a.attname AS name, d.adrelid AS parent, c.relname AS parent_name,
       pg_get_expr(d.adbin, d.adrelid) AS definition,
       md5(d.adbin::text) AS _core,
       d.adnum AS _column
FROM pg_attrdef d
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE a.attgenerated = ''
  AND c.relkind IN ('r', 'p', 'f', 'v')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
