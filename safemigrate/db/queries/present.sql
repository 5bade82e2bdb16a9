-- The kinds of which there may be an object here: most databases have none of most of these, and asking for each costs more than asking whether.
-- Oids below 16384 are the server's own (FirstNormalObjectId, src/include/access/transam.h).
SELECT array_remove(ARRAY[
  CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE contypid <> 0 AND oid >= 16384) THEN 'domain_constraint' END,
  CASE WHEN EXISTS (SELECT FROM pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384) THEN 'view' END,
  CASE WHEN EXISTS (SELECT FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384) THEN 'rule' END,
  CASE WHEN EXISTS (SELECT FROM pg_proc WHERE oid >= 16384) THEN 'routine' END,
  CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal) THEN 'trigger' END,
  CASE WHEN EXISTS (SELECT FROM pg_event_trigger) THEN 'event_trigger' END,
  CASE WHEN EXISTS (SELECT FROM pg_policy) THEN 'policy' END,
  CASE WHEN EXISTS (SELECT FROM pg_publication) THEN 'publication' END,
  CASE WHEN EXISTS (SELECT FROM pg_statistic_ext) THEN 'statistics' END,
  CASE WHEN EXISTS (SELECT FROM pg_default_acl) THEN 'default_privilege' END,
  CASE WHEN EXISTS (SELECT FROM pg_foreign_server) THEN 'user_mapping' END,
  CASE WHEN EXISTS (SELECT oid FROM pg_subscription) THEN 'subscription' END,
  CASE WHEN EXISTS (SELECT FROM pg_cast WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_transform WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_language WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_am WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_collation WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_operator WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_parser WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_ts_template WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_foreign_data_wrapper)
    THEN 'other' END], NULL)
