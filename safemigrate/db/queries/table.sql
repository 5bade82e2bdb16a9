SELECT CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind, c.oid AS object, 0 AS part, n.nspname AS schema, c.relname AS name, 0 AS parent, '' AS parent_name,
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
       (SELECT v.srvname FROM pg_foreign_table f JOIN pg_foreign_server v ON v.oid = f.ftserver WHERE f.ftrelid = c.oid) AS server,
       (SELECT f.ftoptions FROM pg_foreign_table f WHERE f.ftrelid = c.oid) AS foreign_options,
       (SELECT array_agg(format('%s|%s', g.tgname, g.tgenabled) ORDER BY g.tgname) FROM pg_trigger g JOIN pg_trigger u ON u.oid = g.tgparentid WHERE g.tgrelid = c.oid AND g.tgenabled <> u.tgenabled) AS switched, -- since 13
       a.amname AS access_method,
       s.spcname AS tablespace,
       pg_get_userbyid(c.relowner) AS owner,
       i.oids AS _parents,
       md5(c.relpartbound::text) AS _bound,
       c.reloftype AS _of
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN (
  SELECT inhrelid, array_agg(inhparent::regclass::text ORDER BY inhseqno) AS parents, array_agg(inhparent ORDER BY inhseqno) AS oids
  FROM pg_inherits GROUP BY inhrelid
) i ON i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
