SELECT 'event trigger' AS kind, g.oid AS object, 0 AS part, '' AS schema, g.evtname AS name, 0 AS parent, '' AS parent_name,
       g.evtevent AS event, g.evttags AS tags, g.evtenabled AS enabled, g.evtfoid::regproc::text AS function, pg_get_userbyid(g.evtowner) AS owner
FROM pg_event_trigger g
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = g.oid AND e.deptype = 'e')
