SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' ELSE 'base type' END AS kind,
       t.oid AS object, 0 AS part, n.nspname AS schema, t.typname AS name, 0 AS parent, '' AS parent_name,
       CASE t.typtype WHEN 'e' THEN ARRAY(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) END AS labels,
       CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
       CASE t.typtype WHEN 'd' THEN t.typnotnull END AS not_null,
       CASE t.typtype WHEN 'd' THEN pg_get_expr(t.typdefaultbin, 0) END AS "default",
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation, -- since 13
       CASE t.typtype WHEN 'c' THEN ARRAY(
         SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
           || CASE WHEN a.attcollation <> y.typcollation THEN (SELECT format(' COLLATE %I.%I', o.nspname, l.collname) FROM pg_collation l JOIN pg_namespace o ON o.oid = l.collnamespace WHERE l.oid = a.attcollation) ELSE '' END
         FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
         WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname) END AS fields,
       CASE t.typtype WHEN 'r' THEN format_type(r.rngsubtype, NULL) END AS subtype,
       CASE t.typtype WHEN 'r' THEN (SELECT format('%I.%I', s.nspname, q.opcname) FROM pg_opclass q JOIN pg_namespace s ON s.oid = q.opcnamespace WHERE q.oid = r.rngsubopc AND NOT q.opcdefault) END AS subtype_opclass,
       CASE t.typtype WHEN 'r' THEN NULLIF(r.rngsubdiff::oid, 0)::regproc::text END AS subtype_diff,
       CASE t.typtype WHEN 'r' THEN NULLIF(r.rngcanonical::oid, 0)::regproc::text END AS canonical,
       CASE t.typtype WHEN 'r' THEN (SELECT format('%I.%I', z.nspname, m.typname) FROM pg_type m JOIN pg_namespace z ON z.oid = m.typnamespace WHERE m.oid = r.rngmultitypid) END AS multirange, -- since 14
       pg_get_userbyid(t.typowner) AS owner,
       CASE t.typtype WHEN 'e' THEN ARRAY(SELECT l.oid FROM pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) END AS _labels,
       CASE t.typtype WHEN 'c' THEN ARRAY(SELECT a.attnum::int FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) END AS _fields,
       CASE t.typtype WHEN 'c' THEN ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) END AS _field_names,
       t.typrelid AS _relation,
       CASE t.typtype WHEN 'c' THEN ARRAY(
         SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
           || CASE WHEN a.attcollation <> y.typcollation THEN (SELECT format(' COLLATE %I.%I', o.nspname, l.collname) FROM pg_collation l JOIN pg_namespace o ON o.oid = l.collnamespace WHERE l.oid = a.attcollation) ELSE '' END
         FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
         WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) END AS _ordered,
       md5(concat_ws('|', t.typbasetype, t.typtypmod, t.typdefaultbin::text,
         CASE t.typtype WHEN 'c' THEN (SELECT string_agg(concat_ws(':', a.attnum, a.atttypid, a.atttypmod, a.attcollation), ',' ORDER BY a.attnum)
           FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END)) AS _core
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'b' AND t.typisdefined AND NOT EXISTS (SELECT FROM pg_type l WHERE l.typarray = t.oid))
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
