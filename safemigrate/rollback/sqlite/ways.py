"""Ways out of a conflict: what gives way is copied beside the kept data, and only then taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.db.sqlite.catalog import Catalog, Column, Table, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.model import Way
from safemigrate.rollback.sqlite.pair import held, rowid


def removed(place: str, table: Table, catalog: Catalog, found: str) -> tuple[Way, ...]:
    """Take rows of today out of their table, by the rowids that `found` selects; those that others point to stay.

    Empty where rows have no rowid to name them by.
    """
    own = rowid(table)
    if own is None:
        return ()
    name = quote(table.name)
    pointing = list(_pointing(catalog, table))
    rows = f"{name} AS t WHERE t.{own} IN ({found})"
    free = "".join(f" AND NOT {condition}" for _, condition in pointing)
    way = Way(
        f"{{count}} {{row leaves|rows leave}} {name}",
        f"SELECT count(*) FROM {rows}",
        (
            *_copied(place, held(table), f"{rows}{free}", "t"),
            *silenced(catalog, table, f"DELETE FROM {name} WHERE {own} IN (SELECT t.{own} FROM {rows}{free})"),
        ),
        place,
        held=tuple(
            (other, f"SELECT count(*) FROM {rows} AND {condition}")
            for other, condition in pointing
            if other != name  # these may be about to leave too; what remains is found when it is asked again
        ),
    )
    return (way,)


def emptied(place: str, table: Table, catalog: Catalog, column: Column, found: str) -> tuple[Way, ...]:
    """Give up the values of a column that may be empty, in the rows of today that `found` selects."""
    own = rowid(table)
    if own is None:
        return ()
    name, quoted = quote(table.name), quote(column.name)
    keys = [one for one in held(table) if one.key and one.name != column.name]
    rows = f"{name} AS t WHERE t.{own} IN ({found})"
    way = Way(
        f"{{count}} {{row of {name} gives|rows of {name} give}} up {quoted}",
        f"SELECT count(*) FROM {rows}",
        (
            *_copied(place, [*keys, column] if keys else held(table), rows, "t"),
            *silenced(catalog, table, f"UPDATE {name} SET {quoted} = NULL WHERE {own} IN ({found})"),
        ),
        place,
    )
    return (way,)


def yielded(place: str, table: Table, catalog: Catalog, column: Column | None, found: str) -> tuple[Way, ...]:
    """Give up a value where it may be empty, else the whole row."""
    if column and not column.required and not column.key:
        return emptied(place, table, catalog, column, found)
    return removed(place, table, catalog, found)


def parked(place: str, home: str, columns: Sequence[str], found: str, says: str) -> tuple[Way, ...]:
    """Let kept rows stay kept, by the rowids that `found` selects: the way back will not find them."""
    rows = f"{home} AS k WHERE k.rowid IN ({found})"
    listed = ", ".join(f"k.{column}" for column in columns)
    return (
        Way(
            says,
            f"SELECT count(*) FROM {rows}",
            (
                f"CREATE TABLE IF NOT EXISTS {place} ({', '.join(columns)})",
                f"INSERT INTO {place} SELECT {listed} FROM {rows}",
                f"DELETE FROM {home} WHERE rowid IN (SELECT k.rowid FROM {rows})",
            ),
            place,
        ),
    )


def _copied(place: str, columns: Sequence[Column], rows: str, alias: str) -> Iterator[str]:
    names = [quote(column.name) for column in columns]
    yield f"CREATE TABLE IF NOT EXISTS {place} ({', '.join(names)})"
    yield f"INSERT INTO {place} SELECT {', '.join(f'{alias}.{name}' for name in names)} FROM {rows}"


def silenced(catalog: Catalog, table: Table, sql: str) -> Iterator[str]:
    """Run a statement without the table's triggers."""
    triggers = catalog.triggers_of(table.name)
    yield from (f"DROP TRIGGER IF EXISTS {quote(one.name)}" for one in triggers)
    yield sql
    yield from (one.sql for one in triggers)


def _pointing(catalog: Catalog, table: Table) -> Iterator[tuple[str, str]]:
    """Return the tables that point to a table today, each with the condition that one of its rows points to row `t`."""
    for other in catalog.tables.values():
        for key in other.foreign_keys:
            if fold(key.table) == fold(table.name) and len(key.columns) == len(key.references):
                pairs = zip(key.columns, key.references, strict=True)
                match = " AND ".join(f"t.{quote(there)} = p.{quote(here)}" for here, there in pairs)
                yield quote(other.name), f"EXISTS (SELECT 1 FROM {quote(other.name)} AS p WHERE {match})"
