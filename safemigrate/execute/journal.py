"""What safemigrate remembers in the target: schema `safemigrate`, tables run, step, kept, way_back and hold.

A run is one apply of one migration. Its row is written in the transaction that applies the migration, so it exists
exactly when the change does; only a plan of several groups writes it before, and a row of state RUNNING without its
advisory lock is a run that somebody killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.execute import kept
from safemigrate.execute.runs import Hold, Run, RunState, last_applied, weakened
from safemigrate.execute.stored import plan_of, to_json
from safemigrate.model import Plan

SCHEMA = "safemigrate"

_TABLES = """
CREATE SCHEMA IF NOT EXISTS safemigrate;
CREATE TABLE IF NOT EXISTS safemigrate.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration text NOT NULL,
  checksum text NOT NULL,
  state text NOT NULL,
  plan jsonb NOT NULL,
  fingerprint_before text NOT NULL,
  fingerprint_after text NOT NULL DEFAULT '',
  snapshot text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '',
  undo_from text,
  tool_version text NOT NULL,
  by_user text NOT NULL DEFAULT current_user,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz
);
CREATE TABLE IF NOT EXISTS safemigrate.step (
  run bigint NOT NULL REFERENCES safemigrate.run ON DELETE CASCADE,
  number integer NOT NULL,
  state text NOT NULL,
  fingerprint text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run, number)
);
CREATE TABLE IF NOT EXISTS safemigrate.kept (
  run bigint NOT NULL REFERENCES safemigrate.run ON DELETE CASCADE,
  kind text NOT NULL,
  subject text NOT NULL,
  place text NOT NULL,
  since timestamptz,
  returned_at timestamptz,
  pruned_at timestamptz
);
CREATE TABLE IF NOT EXISTS safemigrate.way_back (
  run bigint PRIMARY KEY REFERENCES safemigrate.run ON DELETE CASCADE,
  stages jsonb NOT NULL,
  terms jsonb NOT NULL,
  stage integer NOT NULL DEFAULT 0,
  reached tid NOT NULL DEFAULT '(0,0)',
  rows bigint NOT NULL DEFAULT 0,
  fingerprint text NOT NULL DEFAULT '',
  since timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS safemigrate.hold (
  migration text NOT NULL,
  checksum text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  released_at timestamptz
);
DO $$
DECLARE
  one regclass;
BEGIN  -- under a publication FOR ALL TABLES nothing is deleted or updated without (PostgreSQL docs, 29.1)
  FOR one IN SELECT oid FROM pg_class
             WHERE oid IN ('safemigrate.kept'::regclass, 'safemigrate.hold'::regclass) AND relreplident = 'd'
  LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', one);
  END LOOP;
END $$;
"""

# Statement-level with transition tables: the cost is the rows changed, whatever the statement (PostgreSQL docs 39.1).
# OLD and NEW rows are joined by key; a row whose key changed counts as one deleted and one inserted. Those of a plain
# UPDATE that changes the key are joined in order: both are filled a row at a time (AfterTriggerSaveEvent in trigger.c).
# Texts are made under the settings that every connection of ours reads them with, whatever the script has set; the
# rows are written as the owner of schema safemigrate, whatever role the script has taken.
_CAPTURE = """
CREATE OR REPLACE FUNCTION safemigrate.capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET DateStyle = 'ISO, MDY' SET TimeZone = 'UTC' SET IntervalStyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $$
DECLARE
  place text := TG_ARGV[0];
  key text := TG_ARGV[1];
  value text := TG_ARGV[2];
  how text := TG_ARGV[3];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    EXECUTE format('INSERT INTO %s (key, old) SELECT %s, %s FROM ONLY %I.%I AS r',
                   place, key, value, TG_TABLE_SCHEMA, TG_TABLE_NAME);
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE format('INSERT INTO %s (key, old) SELECT %s, %s FROM old_rows AS r', place, key, value);
  ELSIF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO %s (key, new) SELECT %s, %s FROM new_rows AS r', place, key, value);
  ELSIF key = 'NULL::text[]' THEN
    EXECUTE format('INSERT INTO %s (key, old) SELECT NULL, %s FROM old_rows AS r', place, value);
    EXECUTE format('INSERT INTO %s (key, new) SELECT NULL, %s FROM new_rows AS r', place, value);
  ELSIF how = 'in order' THEN
    EXECUTE format(
      'INSERT INTO %s (key, old, new) SELECT o.key, o.value, n.value FROM '
      '(SELECT row_number() OVER () AS number, %s AS key, %s AS value FROM old_rows AS r) AS o JOIN '
      '(SELECT row_number() OVER () AS number, %s AS value FROM new_rows AS r) AS n ON n.number = o.number '
      'WHERE o.value IS DISTINCT FROM n.value',
      place, key, value, value);
  ELSE
    EXECUTE format(
      'INSERT INTO %s (key, old, new, rekeyed) '
      'SELECT coalesce(o.key, n.key), o.value, n.value, n.key IS NULL OR o.key IS NULL FROM '
      '(SELECT %s AS key, %s AS value FROM old_rows AS r) AS o FULL JOIN '
      '(SELECT %s AS key, %s AS value FROM new_rows AS r) AS n ON n.key = o.key '
      'WHERE o.value IS DISTINCT FROM n.value',
      place, key, value, key, value);
  END IF;
  RETURN NULL;
END $$;
"""

_FITS = """
CREATE OR REPLACE FUNCTION safemigrate.relabelled(value text, setting text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.jsonb_extract_path_text(
    nullif(pg_catalog.current_setting(setting, true), '')::pg_catalog.jsonb, value) $$;
CREATE OR REPLACE FUNCTION safemigrate.relabelled(value text[], setting text, labels text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT CASE WHEN bool_and(one IS NULL OR one = ANY (labels) OR label IS NOT NULL)
         THEN array_agg(CASE WHEN one = ANY (labels) THEN one ELSE label END ORDER BY at) END
  FROM unnest(value) WITH ORDINALITY AS v (one, at), safemigrate.relabelled(one, setting) AS label $$;
CREATE OR REPLACE FUNCTION safemigrate.fits(value text, type text, home text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  same boolean;
BEGIN
  EXECUTE format('SELECT (($1::%s)::%s)::%s::text = $1::%s::text', home, type, home, home) INTO same USING value;
  RETURN coalesce(same, true);
EXCEPTION WHEN data_exception OR cannot_coerce OR check_violation OR not_null_violation THEN
  RETURN false;
END $$;
"""


def exists(connection: Connection) -> bool:
    """Whether safemigrate has ever written to this database."""
    return session.value(connection, "SELECT to_regclass('safemigrate.run')") is not None


def belongs_to_others(connection: Connection) -> str:
    """Name the role that the journal belongs to, "" where this user may write there as it does."""
    return str(
        session.value(
            connection,
            "SELECT CASE WHEN pg_has_role(nspowner, 'USAGE') THEN '' ELSE pg_get_userbyid(nspowner) END "
            "FROM pg_namespace WHERE nspname = 'safemigrate'",
        )
    )


def prepare(connection: Connection) -> None:
    """Create the journal and the functions that keeping needs; where the schema says that it has them, do nothing."""
    scripts = (_TABLES, _CAPTURE, _FITS)
    made = f"what safemigrate keeps and remembers; made by {hashlib.sha256(''.join(scripts).encode()).hexdigest()[:12]}"
    said = "SELECT obj_description(to_regnamespace('safemigrate'), 'pg_namespace')"
    if session.value(connection, said) != made:
        for script in scripts:
            session.run(connection, script)
        session.run(connection, f"COMMENT ON SCHEMA safemigrate IS '{made}'")


def start(connection: Connection, plan: Plan, *, fingerprint: str, snapshot: str, version: str) -> int:
    """Write a run in state RUNNING and return its id."""
    run = session.value(
        connection,
        "INSERT INTO safemigrate.run (migration, checksum, state, plan, fingerprint_before, snapshot, tool_version) "
        "VALUES (%s, %s, 'running', %s, %s, %s, %s) RETURNING id",
        [plan.migration, plan.checksum, to_json(plan), fingerprint, snapshot, version],
    )
    assert isinstance(run, int)
    return run


def group(connection: Connection, run: int, number: int, state: str, fingerprint: str = "") -> None:
    """Say that group `number` (from 0) of a run is `started`, on a schema with this fingerprint, or `done`."""
    connection.execute(
        "INSERT INTO safemigrate.step (run, number, state, fingerprint) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (run, number) DO UPDATE "
        "SET state = excluded.state, fingerprint = excluded.fingerprint, at = clock_timestamp()",
        [run, number, state, fingerprint],
    )


def started_at(connection: Connection, run: int, number: int) -> str:
    """Return the fingerprint of the schema on which a group was started; "" where it is done or was not begun."""
    found = session.value(
        connection,
        "SELECT fingerprint FROM safemigrate.step WHERE run = %s AND number = %s AND state = 'started'",
        [run, number],
    )
    return str(found or "")


def finish(connection: Connection, run: int, plan: Plan, fingerprint: str) -> None:
    """Mark a run APPLIED and register what it keeps."""
    connection.execute(
        "UPDATE safemigrate.run SET state = 'applied', fingerprint_after = %s, finished_at = clock_timestamp() "
        "WHERE id = %s",
        [fingerprint, run],
    )
    kept.enter(connection, run, plan.kept)


def rolled_back(connection: Connection, run: int) -> None:
    """Mark a run ROLLED_BACK and what it kept as returned; what the rollback itself left waits for its undoing."""
    connection.execute(
        "UPDATE safemigrate.run SET state = 'rolled back', finished_at = clock_timestamp() WHERE id = %s", [run]
    )
    connection.execute(
        "UPDATE safemigrate.kept SET returned_at = clock_timestamp() WHERE run = %s AND kind <> 'left'", [run]
    )


def weaken(connection: Connection, migration: str, reasons: Sequence[str]) -> None:
    """Write into the proof of a migration's last run what its rollback cannot bring back any more."""
    if one := last_applied(runs(connection), migration):
        plan = weakened(one.plan, reasons)
        connection.execute("UPDATE safemigrate.run SET plan = %s WHERE id = %s", [to_json(plan), one.id])


def hold(connection: Connection, migration: str, checksum: str, reason: str) -> None:
    """Put a migration on hold."""
    connection.execute(
        "INSERT INTO safemigrate.hold (migration, checksum, reason) VALUES (%s, %s, %s)",
        [migration, checksum, reason],
    )


def release(connection: Connection, migration: str) -> bool:
    """Release a migration's hold; False where it had none."""
    return (
        connection.execute(
            "UPDATE safemigrate.hold SET released_at = clock_timestamp() WHERE migration = %s AND released_at IS NULL",
            [migration],
        ).rowcount
        > 0
    )


def holds(connection: Connection) -> list[Hold]:
    """Return the holds in force, oldest first."""
    if not exists(connection):
        return []
    found = session.rows(
        connection,
        "SELECT migration, checksum, reason, since FROM safemigrate.hold WHERE released_at IS NULL ORDER BY since",
    )
    return [Hold(*row) for row in found]


def runs(connection: Connection) -> list[Run]:
    """Return every run, oldest first."""
    if not exists(connection):
        return []
    found = session.rows(
        connection,
        "SELECT r.id, r.migration, r.checksum, r.state, r.plan, r.fingerprint_before, r.fingerprint_after, r.snapshot, "
        "r.started_at, r.finished_at, "
        "(SELECT count(*) FROM safemigrate.step s WHERE s.run = r.id AND s.state = 'done')::int, "
        "EXISTS (SELECT FROM safemigrate.step s WHERE s.run = r.id AND s.state = 'started') "
        "FROM safemigrate.run r ORDER BY r.id",
    )
    return [Run(row[0], row[1], row[2], RunState(row[3]), plan_of(row[4]), *row[5:]) for row in found]
