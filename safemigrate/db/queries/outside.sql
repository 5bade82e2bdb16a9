-- What a statement can reach beyond the schema of its database, each with a digest; a number for large objects, written in this transaction.
SELECT format('role %I', rolname), md5(concat_ws('|', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolvaliduntil, rolbypassrls)) FROM pg_roles WHERE oid >= 16384
UNION ALL
SELECT format('membership of %I in %I', pg_get_userbyid(member), pg_get_userbyid(roleid)), bool_or(admin_option)::text FROM pg_auth_members GROUP BY member, roleid
UNION ALL
SELECT concat_ws(' in ', 'settings of ' || CASE setrole WHEN 0 THEN 'every role' ELSE format('role %I', pg_get_userbyid(setrole)) END, CASE WHEN setdatabase <> 0 THEN 'this database' END), md5(setconfig::text)
FROM pg_db_role_setting WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
UNION ALL
SELECT 'this database', md5(concat_ws('|', datdba, dattablespace, datconnlimit, datistemplate, datallowconn, datacl::text)) FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT format('tablespace %I', spcname), md5(concat_ws('|', spcowner, spcoptions::text, spcacl::text)) FROM pg_tablespace WHERE oid >= 16384
UNION ALL
SELECT 'large objects', lpad(sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid))::text, 18, '0')
FROM (VALUES ('pg_largeobject'::regclass::oid), ('pg_largeobject_metadata'::regclass::oid)) lo (oid)
