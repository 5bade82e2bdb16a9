"""The way back as statements: one transaction, foreign keys not enforced, every object by its own former text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from safemigrate.db.sqlite.catalog import Catalog, Column, Index, Table, Trigger, View, fold, read
from safemigrate.db.sqlite.connection import Connection, SqlError, literal, quote, run
from safemigrate.rollback.sqlite.keep import CHANGED, DELETED, Keeping, old
from safemigrate.rollback.sqlite.pair import held, keys, rowid
from safemigrate.rollback.sqlite.result import Back, Pointing, goes, pointing, returning, stays, values


@dataclass(frozen=True, slots=True)
class Change:
    """What a migration made of a file: tables that are there before and after, those that are gone, those it made.

    `settled` is the catalog once `renames` have run: those give tables and columns their names back, in place. `filled`
    makes indexes of other tables' rows anew, `settings` gives the file's own numbers back.
    """

    before: Catalog
    after: Catalog
    backs: tuple[Back, ...]
    gone: tuple[tuple[Table, Keeping], ...]
    born: tuple[Table, ...]
    settled: Catalog
    renames: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def rebuilt(self) -> list[Back]:
        """The tables that are made anew."""
        return [back for back in self.backs if not back.placed]

    @property
    def mended(self) -> list[Back]:
        """The tables whose rows are made what they were where they lie."""
        return [back for back in self.backs if back.placed and back.keeping.name]

    @property
    def touched(self) -> set[str]:
        """The names, before and after, of all tables that are not as they were."""
        changed = [back for back in self.backs if not back.placed or back.keeping.name or _renames(back)]
        names = {name for back in changed for name in (back.pair.was.name, back.pair.now.name)}
        return names | {table.name for table, _ in self.gone} | {table.name for table in self.born}

    def pointing(self, back: Back) -> list[Pointing]:
        """Return what keeps a row that the migration made from going."""
        return list(pointing(back, self.backs)) if back.keeping.inserted else []


def settle(connection: Connection, change: Change) -> Change:
    """Find the tables that need not be made anew: their text is what it was, or their former names make it so.

    The latter is tried in the file itself, in a transaction that is undone.
    """
    tried = [back for back in change.backs if _renames(back) and not back.pair.descent.rebuilt]
    renames = tuple(sql for back in tried for sql in _renames(back))
    settled = _renamed(connection, replace(change, renames=renames)) if tried else change.after
    if settled is None or not all(_is_placed(back, change, settled) for back in tried):
        tried, renames, settled = [], (), change.after
    backs = tuple(
        replace(back, placed=(back in tried or not _renames(back)) and _is_placed(back, change, settled))
        for back in change.backs
    )
    return replace(change, backs=backs, settled=settled, renames=renames)


def inverse(change: Change) -> list[str]:
    """Write the statements that take a migration back."""
    said = [*_unbound(change)]
    for back in change.mended:
        said += _mend(back, change.pointing(back))
    said += (f"DROP TABLE {quote(table.name)}" for table in change.born)
    said += ["PRAGMA legacy_alter_table = OFF", *change.renames] if change.renames else []
    rebuilt = change.rebuilt
    if rebuilt or change.gone:
        said += _made_anew(change, rebuilt)
    said += (sql for index in _indexes(change.before) if not survives(change, index) for sql in index.making)
    for back in (*rebuilt, *change.mended):
        if back.keeping.deleted:
            said.append(_insert(back.pair.was, returning(back, former_key(change.before, back.pair.was))))
    said += (sql for back in change.backs if back.placed for sql in _counter(back.pair.was, back.pair.now))
    said += change.filled
    views, triggers = _dropped(change)
    said += (one.sql for one in change.before.views.values() if one.name not in change.after.views or one.name in views)
    said += (
        one.sql
        for one in change.before.triggers.values()
        if one.name not in change.after.triggers or one.name in triggers
    )
    return [*said, *change.settings]


def former_key(before: Catalog, table: Table) -> tuple[Column, ...]:
    """Return the key by which a former row is found to be there already."""
    return next(iter(keys(table, before.indexes_of(table.name))), ())


def _renames(back: Back) -> list[str]:
    """Write what gives a table and its columns their former names."""
    pair = back.pair
    said = [
        f"ALTER TABLE {back.name} RENAME COLUMN {quote(source.name)} TO {quote(column.name)}"
        for column in pair.was.columns
        if (source := pair.source(column)) and source.name != column.name
    ]
    if pair.was.name != pair.now.name:
        said.append(f"ALTER TABLE {back.name} RENAME TO {quote(pair.was.name)}")
    return said


def _renamed(connection: Connection, change: Change) -> Catalog | None:
    """Read the catalog as it would be with the former names; None where SQLite does not give them."""
    connection.execute("SAVEPOINT renames")
    try:
        for sql in (*_unbound(change), *(f"DROP TABLE {quote(table.name)}" for table in change.born), *change.renames):
            run(connection, sql)
        return read(connection)
    except SqlError:
        return None
    finally:
        connection.execute("ROLLBACK TO renames")
        connection.execute("RELEASE renames")


def _is_placed(back: Back, change: Change, settled: Catalog) -> bool:
    """Whether a table is as it was but for its rows, and those can be made what they were one after the other."""
    pair, found = back.pair, settled.tables.get(back.pair.was.name)
    if found is None or (found.name, found.sql) != (pair.was.name, pair.was.sql) or pair.new:
        return False
    sources = [pair.source(column) for column in held(pair.was)]
    if not all(sources):
        return False
    changed = {fold(source.name) for column in back.keeping.changed if (source := pair.source(column))}
    unique = {fold(name) for name in pair.now.primary_key}
    for index in change.after.indexes_of(pair.now.name):
        if index.unique:
            unique |= {fold(name) for name in index.columns} if index.columns is not None else changed
    return not changed & unique


def _dropped(change: Change) -> tuple[dict[str, View], dict[str, Trigger]]:
    """Return the views and triggers of today that go: they are others than before, or must not act on the way.

    All of them where something is renamed: one that names what is gone by then would stop it.
    """
    before = change.before
    if change.renames:
        return dict(change.after.views), dict(change.after.triggers)
    views = {
        one.name: one
        for one in change.after.views.values()
        if one.name not in before.views or before.views[one.name].sql != one.sql
    }
    touched = {fold(back.pair.now.name) for back in (*change.rebuilt, *change.mended)}
    touched |= {fold(table.name) for table in change.born} | {fold(name) for name in views}
    triggers = {
        one.name: one
        for one in change.after.triggers.values()
        if fold(one.table) in touched or one.name not in before.triggers or before.triggers[one.name].sql != one.sql
    }
    return views, triggers


def _unbound(change: Change) -> Iterator[str]:
    """Drop what would act on the way, or hold on to names, unless somebody has done so."""
    views, triggers = _dropped(change)
    yield from (f"DROP TRIGGER IF EXISTS {quote(name)}" for name in triggers)
    yield from (f"DROP VIEW IF EXISTS {quote(name)}" for name in views)
    placed = {fold(back.pair.now.name) for back in change.backs if back.placed}
    for index in _indexes(change.after):
        if fold(index.table) in placed and not (index.name in change.before.indexes and survives(change, index)):
            yield f"DROP INDEX IF EXISTS {quote(index.name)}"


def _indexes(catalog: Catalog) -> Iterator[Index]:
    return (one for one in catalog.indexes.values() if one.origin == "c")


def survives(change: Change, index: Index) -> bool:
    """Whether an index of before is there all the way."""
    was, now = change.before.indexes[index.name], change.settled.indexes.get(index.name)
    placed = any(back.placed and fold(back.pair.was.name) == fold(was.table) for back in change.backs)
    return placed and now is not None and (now.name, now.sql) == (was.name, was.sql)


def _mend(back: Back, pointing: Sequence[Pointing]) -> Iterator[str]:
    """Take out what the migration made and give values back, under the names of today."""
    own = rowid(back.pair.now)
    if back.keeping.inserted:
        condition = goes(back, pointing, lambda other: other.name)
        kept = f"{back.keeping.place} AS k"
        if back.handle:
            found = f"SELECT {back.handle}\nFROM {back.source}\nJOIN {kept} ON {back.finds()}\nWHERE {condition}"
            yield f"DELETE FROM {back.name}\nWHERE {own} IN ({found})"
        else:
            found = f"SELECT 1 FROM {kept}\nWHERE {back.found()} AND {condition}"
            yield f"DELETE FROM {back.name} AS n\nWHERE EXISTS ({found})"
    if back.keeping.changed:
        given = [
            f"{quote(today.name)} = {how}"
            for column, how in values(back)
            if column in back.keeping.changed and (today := back.pair.source(column))
        ]
        which = f"k.what = '{CHANGED}' AND "
        if back.keeping.key:
            source = f"{back.keeping.place} AS k\nWHERE {which}{back.finds()}"
        else:
            source = f"{back.read(back.name, 'm')}\nJOIN {back.keeping.place} AS k ON {back.found('m')}\n"
            source += f"WHERE {which}n.{own} = m.safemigrate_rowid"
        yield f"UPDATE {back.name} AS n\nSET {', '.join(given)}\nFROM {source}"


def _made_anew(change: Change, rebuilt: Sequence[Back]) -> Iterator[str]:
    taken = {fold(name) for catalog in (change.before, change.after) for name in catalog.tables}
    free = (f"safemigrate_{number}" for number in range(1, len(taken) + len(rebuilt) + 1))
    asides = dict(
        zip((fold(back.pair.was.name) for back in rebuilt), (n for n in free if n not in taken), strict=False)
    )

    def named(back: Back) -> str:
        aside = asides.get(fold(back.pair.was.name))
        return quote(aside) if aside else quote(back.pair.was.name)

    # Else SQLite would follow the rename in the texts of others.
    yield "PRAGMA legacy_alter_table = ON"
    for index in (one for back in rebuilt for one in change.after.indexes_of(back.pair.now.name) if one.is_reserved):
        yield f"DROP INDEX IF EXISTS {quote(index.name)}"  # else its text would keep the name, and stop the rename
    yield from (f"ALTER TABLE {back.name} RENAME TO {named(back)}" for back in rebuilt)
    yield from (back.pair.was.sql for back in rebuilt)
    yield from (table.sql for table, _ in change.gone)
    for back in rebuilt:
        listed = [how for _, how in values(back)]
        yield _insert(back.pair.was, stays(back, named(back), listed, change.pointing(back), named))
        yield from _counter(back.pair.was, back.pair.now, asides[fold(back.pair.was.name)])
    for table, keeping in change.gone:
        if keeping.name:
            listed = [f"k.{old(column)}" for column in keeping.old]
            yield _insert(table, f"SELECT {', '.join(listed)}\nFROM {keeping.place} AS k\nWHERE k.what = '{DELETED}'")
        yield from _counter(table, None)
    yield from (f"DROP TABLE {named(back)}" for back in rebuilt)
    yield "PRAGMA legacy_alter_table = OFF"


def _insert(table: Table, query: str) -> str:
    listed = ", ".join(quote(column.name) for column in held(table))
    return f"INSERT INTO {quote(table.name)} ({listed})\n{query}"


def _counter(was: Table, now: Table | None, aside: str = "") -> Iterator[str]:
    """Set an AUTOINCREMENT counter to where it stood, never back."""
    if not was.autoincrement:
        return
    name, stood = literal(was.name), was.counter or 0
    untouched = f"DELETE FROM sqlite_sequence WHERE name = {name} AND seq = 0"  # what an INSERT of no row leaves
    if not aside:
        reached = now.counter if now and now.autoincrement else None
        if was.counter is None and (not now or reached == 0):
            yield untouched
        if was.counter is None or (reached is not None and reached >= was.counter):
            return
    there = f"FROM sqlite_sequence WHERE name = {literal(aside)}"
    counted = "" if was.counter is not None else f" AND EXISTS (SELECT 1 {there})"
    yield (
        f"INSERT INTO sqlite_sequence (name, seq)\nSELECT {name}, {stood}\n"
        f"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name}){counted}"
    )
    highest = f"max(seq, {stood}, coalesce((SELECT max(seq) {there}), 0))" if aside else f"max(seq, {stood})"
    yield f"UPDATE sqlite_sequence SET seq = {highest} WHERE name = {name}"
    if was.counter is None:
        yield untouched
