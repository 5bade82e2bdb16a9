-- Kinds that are made, named and dropped alike: `definition` makes one, `parts` are statements that add to it, `_undo` takes each of these away.
-- `_core` is what it is by oid, name and owner and parts aside; `_suffix` follows its name in ALTER, DROP and COMMENT; `_named` is false where its name is what it is between.
SELECT x.kind AS kind, x.oid AS object, 0 AS part, coalesce(n.nspname, '') AS schema, x.name AS name, 0 AS parent, '' AS parent_name,
       x.definition AS definition,
       x.parts AS parts,
       CASE WHEN x.owner <> 0 THEN pg_get_userbyid(x.owner) END AS owner,
       x.undo AS _undo,
       x.suffix AS _suffix,
       x.named AS _named,
       md5(x.core::text) AS _core,
       x.class AS _class
FROM (
  SELECT 'pg_cast'::regclass::oid AS class, 'cast' AS kind, c.oid, 0::oid AS space, 0::oid AS owner,
    format('(%s AS %s)', format_type(castsource, NULL), format_type(casttarget, NULL)) AS name,
    format('CREATE CAST (%s AS %s) %s%s', format_type(castsource, NULL), format_type(casttarget, NULL),
      CASE castmethod WHEN 'f' THEN 'WITH FUNCTION ' || castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
      CASE castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END) AS definition,
    NULL::text[] AS parts, NULL::text[] AS undo, '' AS suffix, false AS named, to_jsonb(c) AS core
  FROM pg_cast c
  UNION ALL
  SELECT 'pg_transform'::regclass, 'transform', t.oid, 0, 0, format('FOR %s LANGUAGE %I', format_type(trftype, NULL), l.lanname),
    format('CREATE TRANSFORM FOR %s LANGUAGE %I (%s)', format_type(trftype, NULL), l.lanname, concat_ws(', ',
      CASE WHEN trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || trffromsql::regprocedure END, CASE WHEN trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || trftosql::regprocedure END)),
    NULL, NULL, '', false, to_jsonb(t)
  FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
  UNION ALL
  SELECT 'pg_language'::regclass, 'language', l.oid, 0, lanowner, lanname,
    format('CREATE%s LANGUAGE %I HANDLER %s%s%s', CASE WHEN lanpltrusted THEN ' TRUSTED' ELSE '' END, lanname, lanplcallfoid::regproc,
      CASE WHEN laninline <> 0 THEN ' INLINE ' || laninline::regproc ELSE '' END, CASE WHEN lanvalidator <> 0 THEN ' VALIDATOR ' || lanvalidator::regproc ELSE '' END),
    NULL, NULL, '', true, to_jsonb(l) - 'lanname' - 'lanowner' - 'lanacl'
  FROM pg_language l WHERE lanispl
  UNION ALL
  SELECT 'pg_am'::regclass, 'access method', a.oid, 0, 0, amname,
    format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', amname, CASE amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, amhandler::regproc), NULL, NULL, '', true, to_jsonb(a) - 'amname'
  FROM pg_am a
  UNION ALL
  SELECT 'pg_collation'::regclass, 'collation', c.oid, collnamespace, collowner, collname,
    format('CREATE COLLATION %I.%I (PROVIDER = %s%s%s%s)', n.nspname, collname,
      CASE collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
      CASE WHEN collisdeterministic THEN '' ELSE ', DETERMINISTIC = false' END,
      CASE WHEN collprovider = 'c' THEN format(', LC_COLLATE = %L, LC_CTYPE = %L', collcollate, collctype)
        ELSE format(', LOCALE = %L', coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'collcollate')) END,
      ', RULES = ' || quote_literal(to_jsonb(c) ->> 'collicurules')), NULL, NULL, '', true, to_jsonb(c) - 'collname' - 'collnamespace' - 'collowner'
  FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
  UNION ALL
  SELECT 'pg_conversion'::regclass, 'conversion', c.oid, connamespace, conowner, conname,
    format('CREATE%s CONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN condefault THEN ' DEFAULT' ELSE '' END, n.nspname, conname,
      pg_encoding_to_char(conforencoding), pg_encoding_to_char(contoencoding), conproc::regproc), NULL, NULL, '', true, to_jsonb(c) - 'conname' - 'connamespace' - 'conowner'
  FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
  UNION ALL
  SELECT 'pg_operator'::regclass, 'operator', o.oid, oprnamespace, oprowner, oprname,
    format('CREATE OPERATOR %I.%s (%s)', n.nspname, oprname, concat_ws(', ', 'PROCEDURE = ' || oprcode::regproc,
      CASE WHEN oprleft <> 0 THEN 'LEFTARG = ' || format_type(oprleft, NULL) END, CASE WHEN oprright <> 0 THEN 'RIGHTARG = ' || format_type(oprright, NULL) END,
      (SELECT format('COMMUTATOR = OPERATOR(%I.%s)', m.nspname, p.oprname) FROM pg_operator p JOIN pg_namespace m ON m.oid = p.oprnamespace WHERE p.oid = o.oprcom),
      (SELECT format('NEGATOR = OPERATOR(%I.%s)', m.nspname, p.oprname) FROM pg_operator p JOIN pg_namespace m ON m.oid = p.oprnamespace WHERE p.oid = o.oprnegate),
      CASE WHEN oprrest <> 0 THEN 'RESTRICT = ' || oprrest END, CASE WHEN oprjoin <> 0 THEN 'JOIN = ' || oprjoin END,
      CASE WHEN oprcanhash THEN 'HASHES' END, CASE WHEN oprcanmerge THEN 'MERGES' END)),
    NULL, NULL, format('(%s, %s)', CASE WHEN oprleft <> 0 THEN format_type(oprleft, NULL) ELSE 'NONE' END, CASE WHEN oprright <> 0 THEN format_type(oprright, NULL) ELSE 'NONE' END), true,
    to_jsonb(o) - 'oprname' - 'oprnamespace' - 'oprowner' - 'oprcom' - 'oprnegate' -- these two are the other operator's to set
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE oprcode <> 0
  UNION ALL
  SELECT 'pg_opfamily'::regclass, 'operator family', f.oid, opfnamespace, opfowner, opfname, format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, opfname, a.amname),
    m.parts, m.undo, format(' USING %I', a.amname), true, to_jsonb(f) - 'opfname' - 'opfnamespace' - 'opfowner'
  FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
  CROSS JOIN LATERAL (
    SELECT array_agg(format('ALTER OPERATOR FAMILY %I.%I USING %I ADD %s', n.nspname, opfname, a.amname, said) ORDER BY said) AS parts,
           array_agg(format('ALTER OPERATOR FAMILY %I.%I USING %I DROP %s', n.nspname, opfname, a.amname, short) ORDER BY said) AS undo
    FROM (
      SELECT format('OPERATOR %s %s%s', amopstrategy, amopopr::regoperator, (SELECT format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname) FROM pg_opfamily sf JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = amopsortfamily)) AS said,
             format('OPERATOR %s (%s, %s)', amopstrategy, format_type(amoplefttype, NULL), format_type(amoprighttype, NULL)) AS short
      FROM pg_amop m JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = f.oid WHERE amopfamily = f.oid
      UNION ALL
      SELECT format('FUNCTION %s (%s, %s) %s', amprocnum, format_type(amproclefttype, NULL), format_type(amprocrighttype, NULL), amproc::regprocedure),
             format('FUNCTION %s (%s, %s)', amprocnum, format_type(amproclefttype, NULL), format_type(amprocrighttype, NULL))
      FROM pg_amproc m JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = f.oid WHERE amprocfamily = f.oid
    ) one
  ) m
  WHERE f.oid >= 16384
  UNION ALL
  SELECT 'pg_opclass'::regclass, 'operator class', c.oid, opcnamespace, opcowner, opcname,
    format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s', n.nspname, opcname, CASE WHEN opcdefault THEN ' DEFAULT' ELSE '' END,
      format_type(opcintype, NULL), a.amname, fn.nspname, f.opfname, concat_ws(', ', CASE WHEN opckeytype <> 0 THEN 'STORAGE ' || format_type(opckeytype, NULL) END, m.said,
        CASE WHEN opckeytype = 0 AND m.said IS NULL THEN 'STORAGE ' || format_type(opcintype, NULL) END)),
    NULL, NULL, format(' USING %I', a.amname), true, to_jsonb(c) - 'opcname' - 'opcnamespace' - 'opcowner' || jsonb_build_object('members', m.core)
  FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am a ON a.oid = c.opcmethod
  JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
  CROSS JOIN LATERAL (
    SELECT string_agg(said, ', ' ORDER BY said) AS said, string_agg(core, ',' ORDER BY core) AS core
    FROM (
      SELECT format('OPERATOR %s %s%s', amopstrategy, amopopr::regoperator, (SELECT format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname) FROM pg_opfamily sf JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = amopsortfamily)) AS said,
             concat_ws(':', amopstrategy, amopopr::oid, amopsortfamily) AS core
      FROM pg_amop m JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid
      UNION ALL
      SELECT format('FUNCTION %s (%s, %s) %s', amprocnum, format_type(amproclefttype, NULL), format_type(amprocrighttype, NULL), amproc::regprocedure), concat_ws(':', amprocnum, amproc::oid)
      FROM pg_amproc m JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid
    ) one
  ) m
  WHERE c.oid >= 16384
  UNION ALL
  SELECT 'pg_ts_parser'::regclass, 'text search parser', p.oid, prsnamespace, 0, prsname,
    format('CREATE TEXT SEARCH PARSER %I.%I (START = %s, GETTOKEN = %s, END = %s, LEXTYPES = %s%s)', n.nspname, prsname, prsstart, prstoken, prsend, prslextype,
      CASE WHEN prsheadline <> 0 THEN ', HEADLINE = ' || prsheadline ELSE '' END), NULL, NULL, '', true, to_jsonb(p) - 'prsname' - 'prsnamespace'
  FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
  UNION ALL
  SELECT 'pg_ts_template'::regclass, 'text search template', t.oid, tmplnamespace, 0, tmplname,
    format('CREATE TEXT SEARCH TEMPLATE %I.%I (%sLEXIZE = %s)', n.nspname, tmplname, CASE WHEN tmplinit <> 0 THEN format('INIT = %s, ', tmplinit) ELSE '' END, tmpllexize), NULL, NULL, '', true,
    to_jsonb(t) - 'tmplname' - 'tmplnamespace'
  FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
  UNION ALL
  SELECT 'pg_ts_dict'::regclass, 'text search dictionary', d.oid, dictnamespace, dictowner, dictname,
    format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, dictname, tn.nspname, t.tmplname, ', ' || dictinitoption), NULL, NULL, '', true,
    to_jsonb(d) - 'dictname' - 'dictnamespace' - 'dictowner'
  FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
  UNION ALL
  SELECT 'pg_ts_config'::regclass, 'text search configuration', c.oid, cfgnamespace, cfgowner, cfgname,
    format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, cfgname, pn.nspname, p.prsname), m.parts, m.undo, '', true, to_jsonb(c) - 'cfgname' - 'cfgnamespace' - 'cfgowner'
  FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace pn ON pn.oid = p.prsnamespace
  CROSS JOIN LATERAL (
    SELECT array_agg(format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %s WITH %s', n.nspname, cfgname, alias, dictionaries) ORDER BY alias) AS parts,
           array_agg(format('ALTER TEXT SEARCH CONFIGURATION %I.%I DROP MAPPING FOR %s', n.nspname, cfgname, alias) ORDER BY alias) AS undo
    FROM (
      SELECT (SELECT y.alias FROM ts_token_type(c.cfgparser) y WHERE y.tokid = m.maptokentype) AS alias,
             string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno) AS dictionaries
      FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
      WHERE m.mapcfg = c.oid GROUP BY m.maptokentype
    ) one
  ) m
  WHERE c.oid >= 16384
  UNION ALL
  SELECT 'pg_foreign_data_wrapper'::regclass, 'foreign data wrapper', f.oid, 0, fdwowner, fdwname, format('CREATE FOREIGN DATA WRAPPER %I', fdwname),
    array_cat(array_remove(ARRAY[CASE WHEN fdwhandler <> 0 THEN format('ALTER FOREIGN DATA WRAPPER %I HANDLER %s', fdwname, fdwhandler::regproc) END,
      CASE WHEN fdwvalidator <> 0 THEN format('ALTER FOREIGN DATA WRAPPER %I VALIDATOR %s', fdwname, fdwvalidator::regproc) END], NULL),
      ARRAY(SELECT format('ALTER FOREIGN DATA WRAPPER %I OPTIONS (ADD %I %L)', fdwname, option_name, option_value) FROM pg_options_to_table(fdwoptions) ORDER BY option_name)),
    array_cat(array_remove(ARRAY[CASE WHEN fdwhandler <> 0 THEN format('ALTER FOREIGN DATA WRAPPER %I NO HANDLER', fdwname) END,
      CASE WHEN fdwvalidator <> 0 THEN format('ALTER FOREIGN DATA WRAPPER %I NO VALIDATOR', fdwname) END], NULL),
      ARRAY(SELECT format('ALTER FOREIGN DATA WRAPPER %I OPTIONS (DROP %I)', fdwname, option_name) FROM pg_options_to_table(fdwoptions) ORDER BY option_name)),
    '', true, jsonb_build_object('fdw', f.oid)
  FROM pg_foreign_data_wrapper f WHERE f.oid >= 16384
  UNION ALL
  SELECT 'pg_foreign_server'::regclass, 'server', s.oid, 0, srvowner, srvname,
    format('CREATE SERVER %I%s FOREIGN DATA WRAPPER %I', srvname, ' TYPE ' || quote_literal(srvtype), f.fdwname),
    array_cat(array_remove(ARRAY['ALTER SERVER ' || quote_ident(srvname) || ' VERSION ' || quote_literal(srvversion)], NULL),
      ARRAY(SELECT format('ALTER SERVER %I OPTIONS (ADD %I %L)', srvname, option_name, option_value) FROM pg_options_to_table(srvoptions) ORDER BY option_name)),
    array_cat(array_remove(ARRAY[CASE WHEN srvversion IS NOT NULL THEN format('ALTER SERVER %I VERSION NULL', srvname) END], NULL),
      ARRAY(SELECT format('ALTER SERVER %I OPTIONS (DROP %I)', srvname, option_name) FROM pg_options_to_table(srvoptions) ORDER BY option_name)),
    '', true, jsonb_build_object('fdw', srvfdw, 'type', srvtype)
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper f ON f.oid = s.srvfdw
) x
LEFT JOIN pg_namespace n ON n.oid = x.space
WHERE x.oid >= 16384
  AND coalesce(n.nspname, '') !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = x.class AND e.objid = x.oid AND e.deptype IN ('e', 'i'))
