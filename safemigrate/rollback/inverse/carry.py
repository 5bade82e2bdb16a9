"""Kept tables follow an enum that is made anew."""

from __future__ import annotations

from safemigrate.rollback.inverse.words import literal

# Kept objects are no part of a catalog: an earlier migration's dropped table may still use the type, with its defaults.
_CARRY = """DO $carry$
DECLARE
  old regtype := {old};
  new regtype := {new};
  one record;
BEGIN
  FOR one IN
    SELECT a.attrelid::regclass AS place, quote_ident(a.attname) AS name, pg_get_expr(d.adbin, d.adrelid) AS initial,
      CASE WHEN a.atttypid = t.typarray THEN '[]' ELSE '' END AS many
    FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname ~ '^safemigrate(_|$)'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
    WHERE t.oid = old
  LOOP
    IF one.initial IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT', one.place, one.name);
    END IF;
    EXECUTE format('ALTER TABLE %1$s ALTER COLUMN %2$s TYPE %3$s%4$s USING %2$s::text::%3$s%4$s',
                   one.place, one.name, new, one.many);
    IF one.initial IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s',
                     one.place, one.name, replace(one.initial, old::text, new::text));
    END IF;
  END LOOP;
END $carry$"""


def carry(old: str, new: str) -> str:
    """The statement that gives kept columns of type `old` the type `new`; both are quoted names and exist by then.

    Every value fits: the tables were kept before the label that goes was added.
    """
    return _CARRY.format(old=literal(old), new=literal(new))
