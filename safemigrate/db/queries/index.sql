SELECT 'index' AS kind, i.indexrelid AS object, 0 AS part, n.nspname AS schema, x.relname AS name, i.indrelid AS parent, c.relname AS parent_name,
       pg_get_indexdef(i.indexrelid) AS definition,
       i.indisvalid AS valid,
       i.indisclustered AS clustered,
       i.indisreplident AS replica_identity,
       s.spcname AS tablespace,
       (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS attached_to,
       i.indexprs IS NOT NULL OR i.indpred IS NOT NULL AS _expression,
       CASE WHEN i.indisunique AND i.indisvalid AND i.indimmediate AND i.indexprs IS NULL AND i.indpred IS NULL
         THEN (string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts] END AS _key,
       CASE WHEN i.indisunique AND i.indisvalid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
         THEN array(SELECT pg_get_indexdef(i.indexrelid, at, false) FROM generate_series(1, i.indnkeyatts) AS at) END AS _terms,
       pg_get_expr(i.indpred, i.indrelid) AS _predicate,
       i.indnullsnotdistinct AS _nulls_equal, -- since 15
       md5(concat_ws('|', x.reloptions::text, i.indkey::text, i.indexprs::text, i.indpred::text)) AS _core
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = x.relnamespace
LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
