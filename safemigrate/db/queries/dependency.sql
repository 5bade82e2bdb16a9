SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype
FROM pg_depend
WHERE refobjid >= 16384 AND deptype IN ('n', 'a', 'i', 'P', 'S')
