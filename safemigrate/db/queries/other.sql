SELECT o.type AS kind, x.oid AS object, 0 AS part, '' AS schema, o.identity AS name, 0 AS parent, '' AS parent_name,
       x.definition AS definition,
       x.class AS _class
FROM (
  SELECT 'pg_cast'::regclass::oid AS class, oid, md5((to_jsonb(c) - 'oid')::text) AS definition FROM pg_cast c
  UNION ALL SELECT 'pg_collation'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'collowner')::text) FROM pg_collation c
  UNION ALL SELECT 'pg_conversion'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'conowner')::text) FROM pg_conversion c
  UNION ALL SELECT 'pg_operator'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'oprowner')::text) FROM pg_operator c
  UNION ALL SELECT 'pg_opclass'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'opcowner')::text) FROM pg_opclass c
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'opfowner')::text) FROM pg_opfamily c
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'cfgowner')::text || coalesce((SELECT jsonb_agg(to_jsonb(m) ORDER BY m.maptokentype, m.mapseqno)::text FROM pg_ts_config_map m WHERE m.mapcfg = c.oid), '')) FROM pg_ts_config c
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'dictowner')::text) FROM pg_ts_dict c
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid, md5((to_jsonb(c) - 'oid')::text) FROM pg_ts_parser c
  UNION ALL SELECT 'pg_ts_template'::regclass, oid, md5((to_jsonb(c) - 'oid')::text) FROM pg_ts_template c
  UNION ALL SELECT 'pg_language'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'lanowner')::text) FROM pg_language c
  UNION ALL SELECT 'pg_am'::regclass, oid, md5((to_jsonb(c) - 'oid')::text) FROM pg_am c
  UNION ALL SELECT 'pg_transform'::regclass, oid, md5((to_jsonb(c) - 'oid')::text) FROM pg_transform c
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'fdwowner')::text) FROM pg_foreign_data_wrapper c
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, md5((to_jsonb(c) - 'oid' - 'srvowner')::text) FROM pg_foreign_server c
  UNION ALL SELECT 'pg_class'::regclass, c.oid, (SELECT md5(string_agg(concat_ws(':', a.attname, a.atttypid, a.atttypmod, a.attnotnull), ',' ORDER BY a.attnum)) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    FROM pg_class c WHERE c.relkind = 'f'
) x, pg_identify_object(x.class, x.oid, 0) o
WHERE x.oid >= 16384
  AND coalesce(o.schema, '') !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = x.class AND e.objid = x.oid AND e.deptype IN ('e', 'i'))
