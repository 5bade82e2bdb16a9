"""From the file before and the file after to the steps of a plan: what is kept, and what takes the change back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Table, fold
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, run, value
from safemigrate.db.sqlite.errors import told
from safemigrate.db.sqlite.rows import readable
from safemigrate.errors import MigrationFailed
from safemigrate.model import Kept, KeptKind, Step
from safemigrate.rollback.sqlite.asked import rehearsed
from safemigrate.rollback.sqlite.checks import checks
from safemigrate.rollback.sqlite.computed import inverses
from safemigrate.rollback.sqlite.dangling import keep_dangling
from safemigrate.rollback.sqlite.keep import Keeping, keep, keep_whole
from safemigrate.rollback.sqlite.left import partings
from safemigrate.rollback.sqlite.lineage import Lineage, Observed, lineage
from safemigrate.rollback.sqlite.pair import Pair, held, key_of_today, match
from safemigrate.rollback.sqlite.result import Back, mark_dangling, pointing
from safemigrate.rollback.sqlite.script import Change, inverse, settle
from safemigrate.rollback.sqlite.virtual import Virtual, made_anew

# What rows written since are to have where they have nothing; it is read by the way back.
SETTING = "CREATE TABLE IF NOT EXISTS safemigrate.setting (name TEXT PRIMARY KEY, value)"

# The numbers in a file's header that are an application's own (sqlite.org/pragma.html).
HEADER = ("user_version", "application_id")


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
    keeps: bool = True,
    touched: Collection[str] | None = None,
) -> Derived:
    """Derive the steps of a migration, and keep what it would lose in the attached file `safemigrate`.

    The file after it is `main`, the one before it is attached as `before`. The whole way back is in the first step. It
    runs in one transaction with foreign keys not enforced. Without `keeps` it knows of no rows, and leaves those of
    today as they are. Where nothing was observed, `touched` may name the tables that are not certain to be as before.
    Raises MigrationFailed where SQLite cannot read the rows.
    """
    key, numbers = key_of(migration, checksum), count(1)
    descent = descent or lineage(before, after, observed)

    def left() -> str:
        return quote("safemigrate", f"left_{key}_{next(numbers)}")

    try:
        with connection.transaction():
            run(connection, SETTING)
            change, reasons = _change(connection, key, observed, before, after, descent, touched, keeps=keeps)
            first = Step(
                "",
                1,
                (),
                inverse=tuple(inverse(change)),
                checks=tuple(rehearsed(connection, checks(change, left))),
                kept=(*_kept(change), *keep_dangling(connection, key, change.touched)),
                partings=tuple(partings(change, left)),
            )
    except SqlError as error:
        if told(connection.path, error):
            raise  # the disk, the rights, another process: `connect` says which
        why = f"SQLite said: {error}. A function or collation that only the application knows may be missing here."
        raise MigrationFailed(f"{migration}: what it changed cannot be read", why) from error
    steps = [Step(seen.statement.sql, seen.statement.span.line, (seen.statement.sql,)) for seen in observed]
    if steps:
        steps[0] = replace(first, sql=steps[0].sql, line=steps[0].line, run=steps[0].run)
    return Derived(tuple(steps) or (first,), tuple(reasons))


def key_of(migration: str, checksum: str) -> str:
    """Return what the names of a migration's kept tables begin with."""
    return hashlib.sha256(f"{migration}\n{checksum}".encode()).hexdigest()[:8]


def _change(
    connection: Connection,
    key: str,
    observed: Sequence[Observed],
    before: Catalog,
    after: Catalog,
    descent: Lineage,
    touched: Collection[str] | None,
    *,
    keeps: bool,
) -> tuple[Change, list[str]]:
    backs: list[Back] = []
    gone: list[tuple[Table, Keeping]] = []
    anew: list[Virtual] = []
    reasons: list[str] = []
    left_alone = set() if touched is None else {*map(fold, before.tables)} - {*map(fold, touched)}
    for table in (table for name, table in before.tables.items() if name != PRISMA):
        name = f"{key}_{table.name}"
        virtual = Virtual.of(table) if table.virtual else None
        found = descent.get(fold(table.name)) if not virtual else virtual.descent(after)
        was = virtual.rows if virtual else table
        if virtual and (virtual.content or was is None):
            anew += [virtual] if virtual.content else []
            if not found:
                gone.append((table, Keeping()))
            if was is None and not virtual.content and (not found or _written(observed, table)):
                reasons.append(f"table {quote(table.name)}: nobody can read what its module {table.virtual} stores")
            continue
        assert was
        if found is None:
            gone.append((was, keep_whole(connection, was, name) if keeps else Keeping()))
            continue
        now = after.tables[found.table]
        pair = Pair(was, Virtual.of(now).rows or now if virtual else now, found)
        untouched = fold(was.name) in left_alone and fold(found.table) == fold(was.name) and not found.rebuilt
        if not keeps or untouched or _kept_all(observed, pair):
            backs.append(Back(pair, Keeping(key=key_of_today(connection, pair, after))))
        else:
            pair = _with_inverses(connection, pair, before, after)
            backs.append(Back(pair, keep(connection, pair, name, before, after)))
    for back in backs:
        if back.keeping.inserted and (points := list(pointing(back, backs))):
            mark_dangling(connection, back, points)
    claimed = {fold(back.pair.now.name) for back in backs}
    claimed |= {fold(one.table.name) for one in anew if one.descent(after)}
    born = [table for name, table in after.tables.items() if name != PRISMA and fold(name) not in claimed]
    change = settle(connection, Change(before, after, tuple(backs), tuple(gone), tuple(born), after))
    touched = {fold(back.pair.was.name) for back in (*change.rebuilt, *change.mended)}
    touched |= {fold(table.name) for table, _ in gone}
    filled = (
        made_anew(one.table)
        for one in anew
        if {fold(one.content), fold(one.table.name)} & touched and readable(connection, "before", one.table.name)
    )
    return replace(change, filled=tuple(filled), settings=tuple(_settings(connection))), reasons


def _settings(connection: Connection) -> Iterator[str]:
    """Write back the numbers of the file's header."""
    for name in HEADER:
        then, now = (value(connection, f"PRAGMA {schema}.{name}") for schema in ("before", "main"))
        if then != now:
            yield f"PRAGMA main.{name} = {then}"


def _with_inverses(connection: Connection, pair: Pair, before: Catalog, after: Catalog) -> Pair:
    if not pair.descent.computed:
        return pair
    found = match(connection, pair, key_of_today(connection, pair, after), before, after)
    source = f"FROM {found.former} JOIN {found.today} ON {found.on}"
    return replace(pair, inverses=inverses(connection, pair.was, pair.now, pair.descent.computed, source))


def _kept_all(observed: Sequence[Observed], pair: Pair) -> bool:
    """Whether rows are certain to be what they were: no statement may have written one, and each column is there."""
    if not observed or pair.descent.rebuilt or _written(observed, pair.was):
        return False
    sources = ((column, pair.source(column)) for column in held(pair.was))
    return all(source is not None and source.affinity == column.affinity for column, source in sources)


def _written(observed: Sequence[Observed], table: Table) -> bool:
    """Whether rows of a table may have been written, under whatever name, or nobody can follow it."""
    own = fold(table.name)
    for seen in observed:
        if any(fold(name) == own or (table.virtual and fold(name).startswith(f"{own}_")) for name in seen.written):
            return True
        now = seen.after.tables
        if own not in now:
            heirs = [name for name, one in now.items() if one.root == table.root and name not in seen.before.tables]
            if len(heirs) != 1:
                return True
            own = fold(heirs[0])
        if now[own].root != table.root:
            return True
    return False


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
