WITH granted (class, object, part, kind, owner, acl) AS (
  SELECT 'pg_class'::regclass::oid, oid, 0, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner, relacl FROM pg_class WHERE relacl IS NOT NULL AND oid >= 16384
  UNION ALL
  SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'c', c.relowner, a.attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND a.attrelid >= 16384
  UNION ALL
  SELECT 'pg_proc'::regclass, oid, 0, 'f', proowner, proacl FROM pg_proc WHERE proacl IS NOT NULL AND oid >= 16384
  UNION ALL
  SELECT 'pg_type'::regclass, oid, 0, 'T', typowner, typacl FROM pg_type WHERE typacl IS NOT NULL AND oid >= 16384
  UNION ALL
  SELECT 'pg_language'::regclass, oid, 0, 'l', lanowner, lanacl FROM pg_language WHERE lanacl IS NOT NULL AND oid >= 16384
  UNION ALL
  SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, 'F', fdwowner, fdwacl FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
  UNION ALL
  SELECT 'pg_foreign_server'::regclass, oid, 0, 'S', srvowner, srvacl FROM pg_foreign_server WHERE srvacl IS NOT NULL
  UNION ALL
  SELECT 'pg_namespace'::regclass, oid, 0, 'n', nspowner, nspacl FROM pg_namespace WHERE nspacl IS NOT NULL AND nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
)
SELECT g.class, g.object, g.part, a.grants
FROM granted g
CROSS JOIN LATERAL (
  SELECT array_agg(format('%s|%s|%s', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE '"' || replace(pg_get_userbyid(x.grantee), '"', '""') || '"' END, x.privilege_type, x.is_grantable) ORDER BY x.grantee, x.privilege_type, x.is_grantable) AS grants
  FROM aclexplode(g.acl) x
) a
CROSS JOIN LATERAL (
  SELECT array_agg(format('%s|%s|%s', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE '"' || replace(pg_get_userbyid(x.grantee), '"', '""') || '"' END, x.privilege_type, x.is_grantable) ORDER BY x.grantee, x.privilege_type, x.is_grantable) AS grants
  FROM aclexplode(acldefault(g.kind, g.owner)) x
) d
WHERE a.grants IS DISTINCT FROM d.grants
