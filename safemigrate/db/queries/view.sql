SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind,
       c.oid AS object, 0 AS part, n.nspname AS schema, c.relname AS name, 0 AS parent, '' AS parent_name,
       pg_get_viewdef(c.oid) AS definition,
       c.reloptions AS options,
       c.relispopulated AS populated,
       a.amname AS access_method,
       s.spcname AS tablespace,
       pg_get_userbyid(c.relowner) AS owner,
       md5(r.ev_action::text) AS _core,
       ARRAY(SELECT f.attname::text FROM pg_attribute f WHERE f.attrelid = c.oid AND f.attnum > 0 AND NOT f.attisdropped ORDER BY f.attnum) AS _columns,
       ARRAY(SELECT concat_ws(':', f.attname, f.atttypid, f.atttypmod, f.attcollation) FROM pg_attribute f WHERE f.attrelid = c.oid AND f.attnum > 0 AND NOT f.attisdropped ORDER BY f.attnum) AS _shape
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relkind IN ('v', 'm')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
