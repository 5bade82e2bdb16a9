SELECT 'table' AS kind, c.oid AS object, 0 AS part, n.nspname AS schema, c.relname AS name, 0 AS parent, '' AS parent_name,
       c.relpersistence AS persistence,
       c.reloptions AS options,
       (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_options,
       c.relrowsecurity AS row_security,
       c.relforcerowsecurity AS force_row_security,
       c.relreplident AS replica_identity,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
       i.parents AS inherits,
       CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS of_type,
       a.amname AS access_method,
       s.spcname AS tablespace,
       pg_get_userbyid(c.relowner) AS owner,
       i.oids AS _parents
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN (
  SELECT inhrelid, array_agg(inhparent::regclass::text ORDER BY inhseqno) AS parents, array_agg(inhparent ORDER BY inhseqno) AS oids
  FROM pg_inherits GROUP BY inhrelid
) i ON i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
