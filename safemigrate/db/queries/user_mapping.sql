-- A password is never read into words: `secrets` has the names of such options, `_secret` tells whether one changed.
SELECT 'user mapping' AS kind, m.umid AS object, 0 AS part, '' AS schema, w.who AS name, 0 AS parent, '' AS parent_name,
       'CREATE USER MAPPING ' || w.who AS definition,
       o.parts AS parts,
       o.secrets AS secrets,
       o.undo AS _undo,
       o.secret AS _secret,
       '' AS _suffix, false AS _named, '' AS _core, 'pg_user_mapping'::regclass::oid AS _class
FROM pg_user_mappings m
CROSS JOIN LATERAL (SELECT format('FOR %s SERVER %I', CASE m.umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(m.usename) END, m.srvname) AS who) w
CROSS JOIN LATERAL (
  SELECT array_agg(format('ALTER USER MAPPING %s OPTIONS (ADD %I %L)', w.who, option_name, option_value) ORDER BY option_name) FILTER (WHERE NOT hidden) AS parts,
         array_agg(format('ALTER USER MAPPING %s OPTIONS (DROP %I)', w.who, option_name) ORDER BY option_name) FILTER (WHERE NOT hidden) AS undo,
         array_agg(option_name::text ORDER BY option_name) FILTER (WHERE hidden) AS secrets,
         md5(array_agg(option_value ORDER BY option_name) FILTER (WHERE hidden)::text) AS secret
  FROM pg_options_to_table(m.umoptions) p, LATERAL (SELECT option_name ~* '(pass|secret|key|token)' AS hidden) h
) o
WHERE m.umid >= 16384
