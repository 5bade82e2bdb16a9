SELECT 'publication' AS kind, p.oid AS object, 0 AS part, '' AS schema, p.pubname AS name, 0 AS parent, '' AS parent_name,
       p.puballtables AS all_tables,
       array_remove(ARRAY[
         CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
         CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL) AS publish,
       p.pubviaroot AS via_root, -- since 13
       CASE p.pubgencols WHEN 's' THEN 'stored' END AS generated, -- since 18
       ARRAY(
         SELECT 'TABLE ONLY ' || r.prrelid::regclass::text
           || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) || ')' FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '') -- since 15
           || coalesce(' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', '') -- since 15
         FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.prpubid = p.oid AND n.nspname !~ '^safemigrate(_|$)' ORDER BY 1) AS tables,
       ARRAY(SELECT 'TABLES IN SCHEMA ' || s.pnnspid::regnamespace::text FROM pg_publication_namespace s WHERE s.pnpubid = p.oid ORDER BY 1) AS schemas, -- since 15
       pg_get_userbyid(p.pubowner) AS owner,
       (SELECT string_agg(concat_ws(':', r.prrelid,
           r.prattrs::text, r.prqual::text, -- since 15
           ''), ',' ORDER BY r.prrelid) FROM pg_publication_rel r WHERE r.prpubid = p.oid) AS _core
FROM pg_publication p
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_publication'::regclass AND e.objid = p.oid AND e.deptype = 'e')
