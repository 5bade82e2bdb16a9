SELECT 'rule' AS kind, r.oid AS object, 0 AS part, n.nspname AS schema, r.rulename AS name, r.ev_class AS parent, c.relname AS parent_name,
       pg_get_ruledef(r.oid) AS definition,
       r.ev_enabled AS enabled,
       md5(concat_ws('|', r.ev_type, r.is_instead, r.ev_action::text, r.ev_qual::text)) AS _core
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
