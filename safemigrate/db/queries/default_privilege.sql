SELECT 'default privileges' AS kind, d.oid AS object, 0 AS part, coalesce(n.nspname, '') AS schema,
       pg_get_userbyid(d.defaclrole) || ' on ' || d.defaclobjtype::text AS name, 0 AS parent, '' AS parent_name,
       pg_get_userbyid(d.defaclrole) AS role,
       d.defaclobjtype AS objects,
       n.nspname AS in_schema,
       ARRAY(SELECT format('%s|%s|%s', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE '"' || replace(pg_get_userbyid(x.grantee), '"', '""') || '"' END, x.privilege_type, x.is_grantable)
             FROM aclexplode(d.defaclacl) x ORDER BY 1) AS grants
FROM pg_default_acl d
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE n.nspname IS NULL OR n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
