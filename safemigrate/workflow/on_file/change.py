"""What migrations did to the schema of a file, for a diagram of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Table, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.model import (
    Column,
    ColumnChange,
    Detail,
    Fate,
    ForeignKey,
    ForeignKeyChange,
    Key,
    SchemaChange,
    TableChange,
)
from safemigrate.rollback.sqlite.lineage import Observed, lineage


def change_of(before: Catalog, after: Catalog, observed: Sequence[Observed]) -> SchemaChange:
    """Compare the catalogs around these statements; a table or column that was renamed is one thing."""
    descent = lineage(before, after, observed)
    former = {fold(found.table): before.tables[origin] for origin, found in descent.items()}
    columns = {fold(found.table): {fold(now): was for was, now in found.columns.items()} for found in descent.values()}
    tables: list[TableChange] = []
    keys: list[ForeignKeyChange] = []
    for now in _tables(after):
        was = former.get(fold(now.name))
        details = tuple(_details(before, after, was.name if was else "", now.name))
        pairs = tuple(_columns(before, after, was, now, columns.get(fold(now.name), {})))
        tables.append(TableChange(quote(was.name) if was else "", quote(now.name), pairs, details))
        keys += _foreign_keys(was, now)
    for was in _tables(before):
        if fold(was.name) not in descent:
            pairs = tuple(ColumnChange(_column(before, was, name), None) for name in _names(was))
            tables.append(TableChange(quote(was.name), "", pairs))
            keys += _foreign_keys(was, None)
    views = [
        Detail("view", name, _fate(was, now), was, now)
        for name, was, now in _texts(before.views, after.views)
        if was != now
    ]
    return SchemaChange(tuple(sorted(tables, key=lambda one: one.name)), tuple(keys), tuple(views))


def _tables(catalog: Catalog) -> Iterator[Table]:
    return (table for name, table in catalog.tables.items() if name != PRISMA)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _columns(
    before: Catalog, after: Catalog, was: Table | None, now: Table, former: Mapping[str, str]
) -> Iterator[ColumnChange]:
    found: set[str] = set()
    for name in _names(now):
        old = was.column(former[fold(name)]) if was and fold(name) in former else None
        if old:
            found.add(fold(old.name))
        yield ColumnChange(_column(before, was, old.name) if was and old else None, _column(after, now, name))
    for name in _names(was) if was else ():
        if was and fold(name) not in found:
            yield ColumnChange(_column(before, was, name), None)


def _column(catalog: Catalog, table: Table, name: str) -> Column:
    column = table.column(name)
    assert column is not None
    unique = {fold(one) for index in catalog.indexes_of(table.name) if index.unique for one in index.columns or ()}
    key = Key.PRIMARY if column.key else Key.UNIQUE if fold(name) in unique else Key.NONE
    default = f"GENERATED ALWAYS AS ({column.generated})" if column.generated else column.default or ""
    return Column(column.name, column.type, column.required, default, key)


def _foreign_keys(was: Table | None, now: Table | None) -> Iterator[ForeignKeyChange]:
    before, after = (_pointing(table) if table else {} for table in (was, now))
    for columns in dict.fromkeys([*before, *after]):
        old, new = before.get(columns), after.get(columns)
        alike = old is not None and new is not None and old.on_delete == new.on_delete and old.target == new.target
        fate = Fate.ADDED if old is None else Fate.REMOVED if new is None else Fate.SAME if alike else Fate.CHANGED
        yield ForeignKeyChange(old, new, fate)


def _pointing(table: Table) -> dict[tuple[str, ...], ForeignKey]:
    return {
        tuple(map(fold, key.columns)): ForeignKey(
            f"{table.name}_{'_'.join(key.columns)}_fkey",
            quote(table.name),
            key.columns,
            quote(key.table),
            key.references,
            "" if key.on_delete == "NO ACTION" else key.on_delete,
        )
        for key in table.foreign_keys
    }


def _details(before: Catalog, after: Catalog, was: str, now: str) -> Iterator[Detail]:
    for kind, olds, news in (
        ("index", before.indexes, after.indexes),
        ("trigger", before.triggers, after.triggers),
    ):
        of = {name: one for name, one in olds.items() if fold(one.table) == fold(was)}
        there = {name: one for name, one in news.items() if fold(one.table) == fold(now)}
        for name, old, new in _texts(of, there):
            if old != new:
                yield Detail(kind, name, _fate(old, new), old, new)


def _texts(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Names with their SQL on both sides, "" where it is not there; what a constraint made has none."""
    for name in dict.fromkeys([*before, *after]):
        yield name, getattr(before.get(name), "sql", "") or "", getattr(after.get(name), "sql", "") or ""


def _fate(before: str, after: str) -> Fate:
    return Fate.ADDED if not before else Fate.REMOVED if not after else Fate.CHANGED
