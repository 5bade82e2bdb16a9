"""What there is to know of empty tables before rows can be made for them: columns, keys, checks, types."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.shadow.sample.table import Check, Column, ForeignKey, Table, Unique


@dataclass(frozen=True, slots=True)
class Type:
    """A type by pg_type; `kind` is typtype, `element` the element's oid of an array, `base` of a domain or a range."""

    name: str
    sql: str
    kind: str
    category: str
    delimiter: str
    element: int
    base: int
    typmod: int
    labels: tuple[str, ...]
    attributes: tuple[tuple[int, int], ...]
    checks: tuple[str, ...]


_NAME = """'"' || replace({n}.nspname, '"', '""') || '"."' || replace({c}.relname, '"', '""') || '"'"""

_ORDINARY = f"""
SELECT c.oid::bigint, {_NAME.format(n="n", c="c")}, c.relkind = 'r', c.relispartition,
       CASE c.relkind WHEN 'r' THEN pg_relation_size(c.oid)
       ELSE (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(c.oid) WHERE isleaf) END = 0
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate)'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2
"""


def empty(connection: Connection, tables: Collection[str] | None) -> list[int]:
    """Return the oids of the tables without rows: of all, partitions left to their roots, or of those named."""
    found, doubtful = [], []
    for oid, name, ordinary, partition, no_pages in session.rows(connection, _ORDINARY):
        if name in tables if tables is not None else not partition:
            if no_pages:
                found.append(oid)
            else:
                doubtful.append((oid, f"ONLY {name}" if ordinary else name))
    if doubtful:  # rows that were deleted leave their pages
        asked = ", ".join(f"EXISTS (SELECT FROM {name})" for _, name in doubtful)
        answers = session.value(connection, f"SELECT ARRAY[{asked}]")
        found += [oid for (oid, _), full in zip(doubtful, answers, strict=True) if not full]
    return found


_NAMES = """(SELECT json_agg(a.attname ORDER BY u.at) FROM unnest({keys}) WITH ORDINALITY u(number, at)
             JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = u.number)"""

_TABLES = f"""
SELECT {_NAME.format(n="n", c="c")}, c.relkind = 'p',
  (SELECT coalesce(json_agg(json_build_array(
     a.attname, a.atttypid::bigint, a.atttypmod, format_type(a.atttypid, a.atttypmod),
     a.attnotnull OR (SELECT typnotnull FROM pg_type WHERE oid = a.atttypid), a.attidentity, a.attgenerated <> '',
     coalesce(pg_get_expr(d.adbin, d.adrelid), '')) ORDER BY a.attnum), '[]')
   FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT coalesce(json_agg(json_build_array(
     f.conname, {_NAMES.format(keys="f.conkey", table="f.conrelid")}, {_NAME.format(n="pn", c="p")},
     {_NAMES.format(keys="f.confkey", table="f.confrelid")}, f.confmatchtype = 'f') ORDER BY f.conname), '[]')
   FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
   WHERE f.conrelid = c.oid AND f.contype = 'f'
     AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.oid = f.conparentid AND o.conrelid = f.conrelid)),
  (SELECT coalesce(json_agg(json_build_array(
     {_NAMES.format(keys="(i.indkey::int2[])[0 : i.indnkeyatts - 1]", table="i.indrelid")},
     coalesce((to_jsonb(i) ->> 'indnullsnotdistinct') = 'false', true), i.indisexclusion)
     ORDER BY i.indexrelid), '[]')
   FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)
     AND NOT 0 = ANY (i.indkey::int2[])),
  (SELECT coalesce(json_agg(json_build_array(
     {_NAMES.format(keys="k.conkey", table="k.conrelid")}, pg_get_expr(k.conbin, k.conrelid)) ORDER BY k.conname), '[]')
   FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'),
  (SELECT coalesce(json_agg(pg_get_partition_constraintdef(leaf.relid) ORDER BY leaf.relid), '[]')
   FROM pg_partition_tree(c.oid) leaf WHERE leaf.isleaf AND (c.relkind = 'p' OR c.relispartition)),
  EXISTS (SELECT FROM pg_trigger t JOIN pg_partition_tree(c.oid) part ON part.relid = t.tgrelid
          WHERE NOT t.tgisinternal)
    OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (%s) ORDER BY 1
"""

_TYPES = """
SELECT t.oid::bigint, t.typname, format_type(t.oid, NULL), t.typtype, t.typcategory, t.typdelim,
  CASE WHEN t.typcategory = 'A' THEN t.typelem::bigint ELSE 0 END,
  coalesce(r.rngsubtype, nullif(t.typbasetype, 0), m.rngsubtype, 0)::bigint, t.typtypmod,
  array(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder),
  (SELECT coalesce(json_agg(json_build_array(atttypid::bigint, atttypmod) ORDER BY attnum), '[]') FROM pg_attribute
   WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped AND t.typtype = 'c'),
  array(SELECT pg_get_expr(conbin, 0) FROM pg_constraint WHERE contypid = t.oid AND contype = 'c' ORDER BY conname)
FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_range m ON to_jsonb(m) ->> 'rngmultitypid' = t.oid::text
WHERE t.oid = ANY (%s)
"""


def tables(connection: Connection, oids: Collection[int]) -> list[Table]:
    """Describe tables, by name."""
    return [_table(*row) for row in session.rows(connection, _TABLES, [list(oids)])]


def types(connection: Connection, tables: Iterable[Table]) -> dict[int, Type]:
    """Describe the types of the tables' columns, and what those are made of, by oid."""
    known: dict[int, Type] = {}
    wanted = {column.type for table in tables for column in table.columns}
    while wanted:
        for oid, *facts, labels, attributes, checks in session.rows(connection, _TYPES, [list(wanted)]):
            known[oid] = Type(*(*facts, tuple(labels), tuple(map(tuple, attributes)), tuple(checks)))
        made_of = {
            oid
            for one in known.values()
            for oid in (one.element, one.base, *(attribute for attribute, _ in one.attributes))
        }
        wanted = made_of - known.keys() - {0}
    return known


def _table(name: str, partitioned: bool, *facts: Any) -> Table:  # noqa: FBT001, a row of the query
    columns, keys, uniques, checks, leaves, watched = facts
    described = tuple(Column(*column) for column in columns)
    return Table(
        name,
        described,
        tuple(ForeignKey(one, tuple(own), parent, tuple(key), full) for one, own, parent, key, full in keys),
        tuple(Unique(tuple(own), distinct, exclusion) for own, distinct, exclusion in uniques),
        tuple(Check(tuple(own or ()), expression) for own, expression in checks),
        partitioned,
        tuple(Check(_mentioned(described, leaf), leaf) for leaf in leaves if leaf),
        watched,
    )


def _mentioned(columns: Iterable[Column], expression: str) -> tuple[str, ...]:
    return tuple(one.name for one in columns if one.name in expression or json.dumps(one.name) in expression)
