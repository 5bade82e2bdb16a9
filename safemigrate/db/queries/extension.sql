SELECT 'extension' AS kind, x.oid AS object, 0 AS part, '' AS schema, x.extname AS name, 0 AS parent, '' AS parent_name,
       x.extversion AS version, n.nspname AS in_schema
FROM pg_extension x
JOIN pg_namespace n ON n.oid = x.extnamespace
WHERE x.oid >= 16384
