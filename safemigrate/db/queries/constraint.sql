SELECT 'constraint' AS kind, k.oid AS object, 0 AS part, n.nspname AS schema, k.conname AS name, k.conrelid AS parent, c.relname AS parent_name,
       k.contype AS type,
       pg_get_constraintdef(k.oid) AS definition,
       NOT k.conislocal OR k.contype = 'f' AND k.conparentid <> 0 AS inherited,
       i.indisclustered AS clustered,
       i.indisreplident AS replica_identity,
       x.reloptions AS index_options,
       s.spcname AS tablespace,
       CASE WHEN k.contype IN ('p', 'u', 'x') THEN (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = k.conindid) END AS attached_to,
       k.conindid AS _index,
       k.confrelid AS _target,
       k.conkey AS _columns,
       k.confkey AS _target_columns,
       k.convalidated AS _validated,
       CASE WHEN k.contype = 'x'
         THEN array(SELECT pg_get_indexdef(k.conindid, at, false) FROM generate_series(1, i.indnkeyatts) AS at) END AS _terms,
       CASE WHEN k.contype = 'x' THEN pg_get_expr(i.indpred, i.indrelid) END AS _predicate,
       array(SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
             FROM unnest(k.conexclop) WITH ORDINALITY AS u(operator, at)
             JOIN pg_operator o ON o.oid = u.operator JOIN pg_namespace s ON s.oid = o.oprnamespace ORDER BY at) AS _operators,
       i.indnullsnotdistinct AS _nulls_equal, -- since 15
       k.condeferrable::int + k.condeferred::int AS _deferrable,
       md5(concat_ws('|', k.condeferrable, k.condeferred, k.convalidated, k.connoinherit, k.conkey, k.confkey,
           k.conenforced, -- since 18
           k.confrelid, k.confupdtype, k.confdeltype, k.conbin::text, x.reloptions::text)) AS _core
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid))
  AND c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
