SELECT 'trigger' AS kind, g.oid AS object, 0 AS part, n.nspname AS schema, g.tgname AS name, g.tgrelid AS parent, c.relname AS parent_name,
       pg_get_triggerdef(g.oid) AS definition,
       g.tgenabled AS enabled,
       md5(concat_ws('|', g.tgfoid, g.tgtype, g.tgattr::text, g.tgqual::text, g.tgargs::text, g.tgoldtable, g.tgnewtable, g.tgdeferrable, g.tginitdeferred)) AS _core
FROM pg_trigger g
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal
  AND g.tgparentid = 0 -- since 13
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
