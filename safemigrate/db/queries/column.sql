SELECT 'column' AS kind, a.attrelid AS object, a.attnum AS part, n.nspname AS schema, a.attname AS name, a.attrelid AS parent, c.relname AS parent_name,
       format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS not_null,
       a.attidentity::text AS identity,
       a.attgenerated::text AS generated,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS expression,
       CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(o.nspname) || '.' || quote_ident(l.collname) END AS collation,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage,
       NULLIF(a.attcompression, '') AS compression, -- since 14
       NULLIF(a.attstattarget, -1) AS statistics,
       a.attoptions AS options,
       a.attfdwoptions AS foreign_options,
       NOT a.attislocal AS inherited,
       CASE WHEN k.conname <> c.relname || '_' || a.attname || '_not_null' THEN k.conname END AS not_null_name, -- since 18
       NOT k.convalidated AS not_null_unproven, -- since 18
       NOT k.conislocal AS not_null_inherited, -- since 18
       k.connoinherit AS not_null_alone, -- since 18
       k.conname AS _not_null, -- since 18
       a.atttypid AS _type,
       a.atttypmod AS _modifier,
       CASE WHEN a.attgenerated <> '' THEN md5(d.adbin::text) END AS _core,
       t.typstorage AS _storage,
       a.attnum AS _position
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_namespace o ON o.oid = l.collnamespace
LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum -- since 18
WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
