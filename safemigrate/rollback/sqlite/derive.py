"""From the file before and the file after to the steps of a plan: what is kept, and what takes the change back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Table, fold
from safemigrate.db.sqlite.connection import Connection, quote, run
from safemigrate.model import Kept, KeptKind, Step
from safemigrate.rollback.sqlite.asked import rehearsed
from safemigrate.rollback.sqlite.checks import checks
from safemigrate.rollback.sqlite.dangling import keep_dangling
from safemigrate.rollback.sqlite.keep import Keeping, keep, keep_whole
from safemigrate.rollback.sqlite.left import partings
from safemigrate.rollback.sqlite.lineage import Lineage, Observed, lineage
from safemigrate.rollback.sqlite.pair import Pair
from safemigrate.rollback.sqlite.result import Back, mark_dangling, pointing
from safemigrate.rollback.sqlite.script import Change, inverse, settle

# What rows written since are to have where they have nothing; it is read by the way back.
SETTING = "CREATE TABLE IF NOT EXISTS safemigrate.setting (name TEXT PRIMARY KEY, value)"


@dataclass(frozen=True, slots=True)
class Derived:
    """The steps of one migration, and in words what their inverse cannot bring back."""

    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()


def derive(
    connection: Connection,
    migration: str,
    checksum: str,
    observed: Sequence[Observed],
    before: Catalog,
    after: Catalog,
    *,
    descent: Lineage | None = None,
) -> Derived:
    """Derive the steps of a migration, and keep what it would lose in the attached file `safemigrate`.

    The file after it is `main`, the one before it is attached as `before`. The whole way back is in the first step. It
    runs in one transaction with foreign keys not enforced.
    """
    key = key_of(migration, checksum)
    numbers = count(1)

    def left() -> str:
        return quote("safemigrate", f"left_{key}_{next(numbers)}")

    with connection.transaction():
        run(connection, SETTING)
        change = _change(connection, key, observed, before, after, descent or lineage(before, after, observed))
        first = Step(
            "",
            1,
            (),
            inverse=tuple(inverse(change)),
            checks=tuple(rehearsed(connection, checks(change, left))),
            kept=(*_kept(change), *keep_dangling(connection, key)),
            partings=tuple(partings(change, left)),
        )
    steps = [Step(seen.statement.sql, seen.statement.span.line, (seen.statement.sql,)) for seen in observed]
    if steps:
        steps[0] = replace(first, sql=steps[0].sql, line=steps[0].line, run=steps[0].run)
    return Derived(tuple(steps) or (first,))


def key_of(migration: str, checksum: str) -> str:
    """Return what the names of a migration's kept tables begin with."""
    return hashlib.sha256(f"{migration}\n{checksum}".encode()).hexdigest()[:8]


def _change(
    connection: Connection, key: str, observed: Sequence[Observed], before: Catalog, after: Catalog, descent: Lineage
) -> Change:
    written = {fold(table) for seen in observed for table in seen.written}
    backs: list[Back] = []
    gone: list[tuple[Table, Keeping]] = []
    for table in _tables(before):
        name = f"{key}_{table.name}"
        found = descent.get(fold(table.name))
        if found is None:
            gone.append((table, keep_whole(connection, table, name)))
            continue
        pair = Pair(table, after.tables[found.table], found)
        same = pair.was.sql == pair.now.sql and not found.rebuilt and fold(found.table) not in written
        keeping = Keeping() if same and observed else keep(connection, pair, name, before, after)
        backs.append(Back(pair, keeping))
    for back in backs:
        if back.keeping.inserted and (points := list(pointing(back, backs))):
            mark_dangling(connection, back, points)
    claimed = {fold(back.pair.now.name) for back in backs}
    born = tuple(table for table in _tables(after) if fold(table.name) not in claimed)
    return settle(connection, Change(before, after, tuple(backs), tuple(gone), born, after))


def _tables(catalog: Catalog) -> list[Table]:
    return [table for name, table in catalog.tables.items() if name != PRISMA and not table.virtual]


def _kept(change: Change) -> list[Kept]:
    kept = []
    for back in change.backs:
        keeping, table = back.keeping, quote(back.pair.was.name)
        if not keeping.name:
            continue
        if keeping.deleted or keeping.inserted or any(back.pair.source(column) for column in keeping.changed):
            kept.append(Kept(KeptKind.ROWS, table, keeping.place))
        kept += (
            Kept(KeptKind.COLUMN, quote(back.pair.was.name, column.name), keeping.place)
            for column in keeping.changed
            if not back.pair.source(column)
        )
    return kept + [
        Kept(KeptKind.TABLE, quote(table.name), keeping.place) for table, keeping in change.gone if keeping.name
    ]
