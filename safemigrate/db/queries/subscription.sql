-- Its connection string is for superusers alone to read, and holds a password as a rule.
SELECT 'subscription' AS kind, s.oid AS object, 0 AS part, '' AS schema, s.subname AS name, 0 AS parent, '' AS parent_name,
       s.subenabled AS enabled, s.subslotname AS slot, s.subpublications AS publications, pg_get_userbyid(s.subowner) AS owner,
       '' AS _suffix, true AS _named, '' AS _core, 'pg_subscription'::regclass::oid AS _class
FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
