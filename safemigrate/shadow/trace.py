"""What one statement does, seen from inside its own transaction in a shadow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.postgres import Connection
from safemigrate.model import Trace
from safemigrate.sql import Statement

# PostgreSQL docs 13.3, weakest first.
LOCKS = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)

_TABLES = """
SELECT c.oid, format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')),
       coalesce(pg_relation_filenode(c.oid), 0),
       coalesce(s.n_tup_ins, 0), coalesce(s.n_tup_upd, 0), coalesce(s.n_tup_del, 0),
       coalesce(s.seq_scan, 0), coalesce(s.seq_tup_read, 0), coalesce(s.idx_scan, 0), coalesce(s.idx_tup_fetch, 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_xact_user_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
UNION ALL
SELECT 2613, '"pg_catalog"."pg_largeobject"', 0,
       pg_stat_get_xact_tuples_inserted(2613) + pg_stat_get_xact_tuples_inserted(2995),
       pg_stat_get_xact_tuples_updated(2613) + pg_stat_get_xact_tuples_updated(2995),
       pg_stat_get_xact_tuples_deleted(2613) + pg_stat_get_xact_tuples_deleted(2995), 0, 0, 0, 0
"""

_HELD = """
SELECT relation, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """A statement, its trace, and the catalogs around it.

    `written` holds the oids of tables whose rows it changed or, on an empty table, could have changed: a row lock for
    writing tells, whether or not there was a row. `changed` holds those where it did; `read` those that a writing
    statement looked into, whose rows decide what it writes. `held` has the strongest lock on each table, by oid, when
    the statement ended: its own, or that of a statement before it in the transaction; `scanned` how many rows of each
    table were read, where it was read from end to end.
    """

    statement: Statement
    trace: Trace
    before: Catalog
    after: Catalog
    written: frozenset[int]
    changed: frozenset[int]
    read: frozenset[int]
    locked: frozenset[int]
    held: Mapping[int, str]
    scanned: Mapping[int, int]


class Tracer:
    """Observes statements on one connection, one after another, inside whatever transaction the caller has open."""

    def __init__(self, connection: Connection, now: Catalog | None = None) -> None:
        self._connection = connection
        if session.value(connection, "SHOW track_counts") == "off":  # without it no scan and no changed row is seen
            session.run(connection, "SET track_counts = on")
        self.catalog = now or read(connection)
        self._held: set[tuple[int, str]] = set()
        self._tables: dict[int, tuple[Any, ...]] = {}

    def look(self) -> None:
        """Look at the locks and tables as a transaction starts: what one statement leaves, the next one finds."""
        self._held = set(session.rows(self._connection, _HELD))
        self._tables = {row[0]: row[1:] for row in session.rows(self._connection, _TABLES)}

    def observe(self, statement: Statement, execute: Callable[[], None], *, may_write: bool) -> Observation:
        """Execute a statement and say what it did, after `look` in its transaction. Errors of `execute` pass.

        `may_write` is False for plain DDL. Locks are kept until the transaction ends, so a lock that an earlier
        statement took cannot be seen to be taken again: a statement that may write counts for every table that is
        locked for writing.
        """
        connection = self._connection
        held, tables = self._held, self._tables
        began = time.perf_counter()
        execute()
        seconds = time.perf_counter() - began
        self.look()
        now_held, now = self._held, self._tables
        before, after = self.catalog, read(connection, self.catalog)
        self.catalog = after

        names = {oid: row[0] for oid, row in {**now, **tables}.items()}
        locks = {names[oid]: mode for oid, mode in _strongest(now_held - held).items() if oid in names}
        moved, rows, scanned = set(), {}, {}
        for oid, (name, node, *counters) in now.items():
            was = tables.get(oid, (name, node, *(0 for _ in counters)))
            if oid in tables and was[1] != node:
                moved.add(oid)
            counts = [max(0, n - o) for n, o in zip(counters, was[2:], strict=True)]
            inserted, updated, deleted, scans, read_through, searches, fetched = counts
            if inserted or updated or deleted:
                rows[oid] = (inserted, updated, deleted)
            # A foreign key is checked by a join, which may as well read an index from end to end (ri_triggers.c).
            if oid in tables and (scans or (searches and not may_write)):
                scanned[oid] = read_through + (0 if may_write else fetched)
        taken = now_held - (set() if may_write else held)
        locked = {oid for oid, mode in taken if mode == "RowExclusiveLock"}
        return Observation(
            statement,
            Trace(
                statement.span.line,
                statement.sql,
                seconds,
                locks,
                tuple(sorted(names[oid] for oid in moved)),
                {names[oid]: counted for oid, counted in rows.items()},
                {names[oid]: count for oid, count in scanned.items()},
                tuple(sorted(names[oid] for oid in now.keys() - tables.keys())),
            ),
            before,
            after,
            frozenset((locked | set(rows) | (moved if may_write else set())) & set(tables)),
            frozenset(rows),
            frozenset({oid for oid, mode in now_held if mode in LOCKS[:3]} & set(tables)) if may_write else frozenset(),
            frozenset(oid for oid, mode in taken if mode in LOCKS[2:]),
            _strongest(now_held),
            scanned,
        )


def _strongest(locks: Iterable[tuple[int, str]]) -> dict[int, str]:
    return dict(sorted(locks, key=lambda one: LOCKS.index(one[1])))
