"""What a rehearsal shows of one migration, for findings to be held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from safemigrate.db.catalog import CLASSES, Catalog, Identity, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.model import Finding, Measured, Trace
from safemigrate.rollback.reach import root
from safemigrate.shadow.rehearse import Rehearsed
from safemigrate.shadow.trace import LOCKS, Observation

# From SHARE on, somebody who writes waits (PostgreSQL docs 13.3).
STRONG = frozenset(LOCKS[LOCKS.index("ShareLock") :])

# A time is scaled from so many rows on, and from so many seconds: below, most of it does not grow with the rows.
_ROWS, _SECONDS = 1000, 0.01
_SAME = 1.1


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a statement took on a part of a table that had so many rows."""

    seconds: float
    table: Identity
    rows: int


def unknown(_table: str) -> int | None:
    """Say of every table that nobody counted its rows."""
    return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A migration as its rehearsal saw it.

    `seen` ran as written, without anything being kept; `traces` are its statements' with the rows there. `start` is
    the catalog before the first migration of the run: what is not in it was born on the way. `rows` and `after` count
    the shadow's rows before and after the migration, by table; `values` what dropped columns held, by column; both are
    the target's own for the tables in `real`. `target` counts rows in the target. `timed` are statements, by number,
    that were tried apart on a part of the target's rows.
    """

    seen: Rehearsed
    traces: tuple[Trace, ...]
    start: Catalog
    rows: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)
    real: frozenset[str] = frozenset()
    target: Callable[[str], int | None] = unknown
    timed: Mapping[int, Timed] = field(default_factory=dict)

    @property
    def statements(self) -> Iterator[tuple[int, Observation, bool]]:
        """Each statement's number and what was seen of it, and whether in a transaction, which keeps its locks."""
        number = 0
        for group in self.seen.groups:
            for one in group.observations:
                yield number, one, group.transactional
                number += 1

    def old(self, oid: int) -> Identity | None:
        """The table from before the run that this is, or is a partition of; None for one born on the way."""
        identity = (CLASSES["table"], oid, 0)
        if identity not in self.start:
            return None
        whole = root(self.start, identity)
        return whole if self.start[whole].kind in ("table", "materialized view") else None

    def called(self, table: Identity) -> Object:
        """The table as the migration finds it."""
        return self.seen.before.get(table) or self.start[table]

    def name(self, table: Identity) -> str:
        """The table's name as the migration finds it, with its schema."""
        return quote(self.called(table).schema, self.called(table).name)

    def measured(self, number: int) -> dict[Identity, Measured]:
        """What statement `number` did to the tables from before the run that were locked then, or that it went through.

        A lock that is held cannot be seen to be taken again, so those of earlier statements are among them.
        """
        one, trace = self.seen.observations[number], self.traces[number]
        rewritten = {
            each.identity[1]
            for each in one.before
            if each.kind in ("table", "materialized view") and quote(each.schema, each.name) in trace.rewrites
        }
        oids = sorted(one.held.keys() | one.scanned.keys() | rewritten)
        found: dict[Identity, Measured] = {}
        for oid in oids:
            table = self.old(oid)
            if table is None:
                continue
            known = found.get(table) or Measured(self.name(table), "", trace.seconds)
            lock = one.held.get(oid, "")
            scans = one.scanned.get(oid)
            read = max(scans, trace.scans.get(self._name(one, oid), 0)) if scans is not None else None
            found[table] = replace(
                known,
                lock=max(known.lock, lock, key=lambda mode: LOCKS.index(mode) if mode else -1),
                rewritten=known.rewritten or oid in rewritten,
                scans=known.scans if read is None else read + (known.scans or 0),
            )
        return {table: self._sized(table, one, number) for table, one in found.items() if one.lock or one.works}

    def _sized(self, table: Identity, one: Measured, number: int) -> Measured:
        first = self.start[table]
        one = replace(one, rows=self.rows.get(one.table), target_rows=self.target(quote(first.schema, first.name)))
        timed, empty = self.timed.get(number), one.seconds
        if one.works and not one.rows and timed and timed.table == table:
            scans = one.scans if one.scans is None else timed.rows
            one = replace(one, seconds=timed.seconds, rows=timed.rows, scans=scans)
        else:
            empty = 0.0
        if not one.works or not one.target_rows or not one.rows or one.rows < _ROWS or one.seconds - empty < _SECONDS:
            return one
        more = one.target_rows / one.rows
        if more <= _SAME:
            return one
        if self._sorts(number):
            more *= math.log(one.target_rows) / math.log(one.rows)
        return replace(one, estimate=empty + (one.seconds - empty) * more)

    def _sorts(self, number: int) -> bool:
        one = self.seen.observations[number]
        born = difference(one.before, one.after).born
        return one.statement.kind.startswith("REINDEX") or any(each.kind == "index" for each in born)

    @staticmethod
    def _name(one: Observation, oid: int) -> str:
        table = one.before.get((CLASSES["table"], oid, 0))
        return quote(table.schema, table.name) if table else ""


def names(finding: Finding, name: str) -> bool:
    """Whether a finding speaks of an object of this name, in its subject or in its message."""
    return quote(name) in finding.subject or quote(name) in finding.message
