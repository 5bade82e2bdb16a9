-- Catalog rows that a user does not see as a thing of its own, and the thing they belong to.
SELECT 'pg_rewrite'::regclass::oid, oid, 'pg_class'::regclass::oid, ev_class, 0 FROM pg_rewrite WHERE rulename = '_RETURN' AND oid >= 16384
UNION ALL
SELECT 'pg_type'::regclass, t.oid, 'pg_class'::regclass, t.typrelid, 0 FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind <> 'c' AND t.oid >= 16384
UNION ALL
SELECT 'pg_type'::regclass, e.typarray, 'pg_type'::regclass, e.oid, 0 FROM pg_type e WHERE e.typarray <> 0 AND e.oid >= 16384
UNION ALL
SELECT 'pg_class'::regclass, t.typrelid, 'pg_type'::regclass, t.oid, 0 FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE c.relkind = 'c' AND t.oid >= 16384
UNION ALL
SELECT 'pg_class'::regclass, conindid, 'pg_constraint'::regclass, oid, 0 FROM pg_constraint WHERE contype IN ('p', 'u', 'x') AND oid >= 16384
UNION ALL
SELECT 'pg_constraint'::regclass, oid, 'pg_class'::regclass, conrelid, conkey[1] FROM pg_constraint WHERE contype = 'n' AND conrelid <> 0 AND oid >= 16384
UNION ALL
SELECT 'pg_attrdef'::regclass, d.oid, 'pg_class'::regclass, d.adrelid, d.adnum FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> ''
UNION ALL
SELECT 'pg_trigger'::regclass, oid, 'pg_constraint'::regclass, tgconstraint, 0 FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0
UNION ALL
SELECT 'pg_publication_rel'::regclass, oid, 'pg_publication'::regclass, prpubid, 0 FROM pg_publication_rel
UNION ALL
SELECT classid, objid, refclassid, refobjid, 0 FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND refobjid >= 16384
UNION ALL
SELECT classid, objid, refclassid, refobjid, 0 FROM pg_depend WHERE classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass) AND refobjid >= 16384
UNION ALL -- since 14
SELECT 'pg_type'::regclass, rngmultitypid, 'pg_type'::regclass, rngtypid, 0 FROM pg_range WHERE rngtypid >= 16384 -- since 14
