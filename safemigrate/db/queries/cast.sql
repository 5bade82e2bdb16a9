SELECT castsource, casttarget, castcontext::text
FROM pg_cast
UNION ALL
SELECT oid, 0, typcategory::text -- a string type converts to and from everything by input and output
FROM pg_type
WHERE typcategory = 'S' AND oid < 16384 AND typtype = 'b'
