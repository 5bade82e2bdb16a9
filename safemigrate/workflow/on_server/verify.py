"""Does it add up? Asked of the target after the change and before COMMIT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from safemigrate.db import session
from safemigrate.db.catalog import CLASSES, Catalog
from safemigrate.db.postgres import Connection, quote
from safemigrate.model import KeptKind, Plan
from safemigrate.rollback.reach import root


@dataclass(frozen=True, slots=True)
class Around:
    """A database's catalog before and after a migration."""

    before: Catalog
    after: Catalog


def unexpected(shadow: Around, target: Around, *, owners: bool) -> list[str]:
    """Say, a line an object, where the migration did something else to the target than to the shadow.

    What looked alike on both before must look alike after; what did not (drift, roles that the shadow lacks) must at
    least have come, stayed or gone alike. `owners` is False where the shadow's server is not ours, so that owners and
    grants differ. Servers of different majors print definitions differently; then only coming, staying and going
    counts.
    """
    same_major = shadow.before.version // 10000 == target.before.version // 10000
    said = []
    for address in sorted(
        {*shadow.before.addresses, *shadow.after.addresses, *target.before.addresses, *target.after.addresses}
    ):
        was = _look(shadow.before, address, owners=owners), _look(target.before, address, owners=owners)
        now = _look(shadow.after, address, owners=owners), _look(target.after, address, owners=owners)
        expected_change = (was[0] is None, now[0] is None)
        change = (was[1] is None, now[1] is None)
        if was[0] == was[1] and same_major:
            if now[0] != now[1]:
                said.append(f"{address} {_verb(now)}")
        elif (was[0] is None) == (was[1] is None) and change != expected_change:
            said.append(f"{address} {_verb(now)}")
    return said


def invalid_indexes(connection: Connection) -> set[str]:
    """Name the indexes that are INVALID: a concurrent build of them failed."""
    return {name for (name,) in session.rows(connection, _INVALID)}


def touched(plan: Plan) -> list[str]:
    """Name the tables in which the plan's statements changed rows when it was rehearsed."""
    return sorted({table for trace in plan.traces for table in trace.rows})


def sequences_behind(connection: Connection, tables: Collection[str]) -> dict[str, str]:
    """Say, by name, which sequences of these tables stand behind their column: an insert will fail sooner or later."""
    said = {}
    for sequence, table, column, last in session.rows(connection, _SEQUENCES, [list(tables)]):
        highest = session.value(connection, f"SELECT max({column})::bigint FROM {table}")
        if highest is not None and last is not None and highest > last:
            said[sequence] = f"sequence {sequence} stands at {last}, and {table}.{column} has {highest}"
    return said


Written = tuple[str, int, int, int]
"""A table's name and how many of its rows were inserted, updated and deleted."""


def written(connection: Connection) -> dict[int, Written]:
    """Count, by table, the rows that this session has written and not yet reported to the server's statistics.

    Those of earlier transactions are among them for up to a second (PostgreSQL docs 28.2): compare two readings.
    """
    return {row[0]: row[1:] for row in session.rows(connection, _WRITTEN)}


def unkept(
    connection: Connection, before: Catalog, plan: Plan, earlier: Mapping[int, Written], also: Collection[str] = ()
) -> list[str]:
    """Say which tables this transaction has written to without anybody keeping what was there.

    The rehearsal foresaw what the migration writes, with the rows of its moment; a branch taken on rows of today may
    reach further. `before` is the catalog before the migration: tables born in it have nothing to keep. `earlier` is
    what was written when the transaction began; `also` names tables that may be written to.
    """
    kept = {one.subject for one in plan.kept if one.kind in (KeptKind.ROWS, KeptKind.TABLE)}
    kept |= set(also)
    said = []
    for oid, (name, *now) in written(connection).items():
        inserted, updated, deleted = (n - o for n, o in zip(now, earlier.get(oid, (name, 0, 0, 0))[1:], strict=True))
        if not (inserted or updated or deleted):
            continue
        was = before.get((CLASSES["table"], oid, 0))
        if was is None or was.kind != "table" or was.name == "_prisma_migrations":
            continue
        whole = before[root(before, was.identity)]
        if {name, quote(was.schema, was.name), quote(whole.schema, whole.name)} & kept:
            continue
        said.append(f"{name}: {inserted:,} rows inserted, {updated:,} updated, {deleted:,} deleted, and none was kept")
    return said


def _look(catalog: Catalog, address: str, *, owners: bool) -> dict[str, Any] | None:
    one = catalog.addresses.get(address)
    if one is None:
        return None
    ignored = () if owners else ("owner", "acl", "column_acl")
    return {name: value for name, value in one.attributes.items() if name not in ignored and value is not None}


def _verb(now: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> str:
    if now[1] is None:
        return "is missing"
    if now[0] is None:
        return "is not expected"
    differing = sorted(name for name in {*now[0], *now[1]} if now[0].get(name) != now[1].get(name))
    return "differs in " + ", ".join(differing)


_WRITTEN = """
SELECT s.relid::bigint, format('"%s"."%s"', replace(s.schemaname, '"', '""'), replace(s.relname, '"', '""')),
       s.n_tup_ins, s.n_tup_upd, s.n_tup_del
FROM pg_stat_xact_user_tables s
WHERE s.schemaname !~ '^(pg_|safemigrate(_|$))' AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
"""

_INVALID = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^(pg_|safemigrate(_|$))'
"""

# Owned sequences only: nobody can say which column another one serves.
_SEQUENCES = """
SELECT s.oid::regclass::text, d.refobjid::regclass::text, quote_ident(a.attname),
       CASE WHEN has_sequence_privilege(s.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(s.oid) END
FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE s.relkind = 'S' AND q.seqincrement > 0 AND a.atttypid IN (20, 21, 23)
  AND n.nspname !~ '^(pg_|safemigrate(_|$))'
  AND d.refobjid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
"""
