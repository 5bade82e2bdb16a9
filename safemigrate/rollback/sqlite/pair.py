"""A table before and after: which rows belong together, and what each column comes back from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from safemigrate.db.sqlite.catalog import Catalog, Column, Index, Table, fold
from safemigrate.db.sqlite.connection import Connection, quote, value
from safemigrate.rollback.sqlite.computed import Inverse
from safemigrate.rollback.sqlite.lineage import Descent
from safemigrate.rollback.sqlite.values import NUMERIC, stored

_ROWID = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True)
class Pair:
    """`was` is the table before, `now` the same one after; `inverses` are by the folded former column."""

    was: Table
    now: Table
    descent: Descent
    inverses: Mapping[str, Inverse] = field(default_factory=dict)

    def inverse(self, column: Column) -> Inverse | None:
        """Return what takes values of a computed column back to a former one."""
        return self.inverses.get(fold(column.name))

    def source(self, column: Column) -> Column | None:
        """Return today's column that a former one comes back from."""
        name = self.descent.columns.get(fold(column.name))
        return self.now.column(name) if name is not None else None

    def given(self, column: Column, alias: str) -> str | None:
        """Write the value of a row of today as the former column stores it; None where the column is gone."""
        source = self.source(column)
        return stored(f"{alias}.{quote(source.name)}", source.affinity, column.affinity) if source else None

    @property
    def new(self) -> list[Column]:
        """Today's columns that come from none."""
        known = {fold(name) for name in self.descent.columns.values()}
        return [column for column in self.now.columns if fold(column.name) not in known and not column.generated]


@dataclass(frozen=True, slots=True)
class Match:
    """Which former row `b` is which row of today `m`: where each is read, and when they are the same.

    `key` pairs former columns with today's, where that is how they are told.
    """

    former: str
    today: str
    on: str
    key: tuple[tuple[Column, Column], ...] = ()

    @property
    def only_former(self) -> str:
        """The condition that a former row is none of today's."""
        return self._without(self.today, lambda former, today: (as_today(former, today), f"m.{quote(today.name)}"))

    @property
    def only_today(self) -> str:
        """The condition that a row of today is no former one."""
        return self._without(self.former, lambda former, today: (f"m.{quote(today.name)}", as_today(former, today)))

    def _without(self, others: str, sides: Callable[[Column, Column], tuple[str, str]]) -> str:
        """IN serves where no index would. Not for two columns: with an index of them in another order, 3.40 errs."""
        if len(self.key) != 1:
            return f"NOT EXISTS (SELECT 1 FROM {others} WHERE {self.on})"
        value, listed = sides(*self.key[0])
        return f"{value} NOT IN (SELECT {listed} FROM {others})"


def held(table: Table) -> list[Column]:
    """Return the columns that hold a value of their own."""
    return [column for column in table.columns if not column.generated]


def rowid(table: Table) -> str | None:
    """Return a name of a table's rowid; None where there is none, or nobody can name it."""
    if table.without_rowid:
        return None
    return next((name for name in _ROWID if not table.column(name)), None)


def rowid_alias(table: Table) -> str | None:
    """Return the column that is another name of the rowid (sqlite.org/lang_createtable.html#rowid)."""
    if table.without_rowid or table.virtual or len(table.primary_key) != 1:
        return None
    column = table.column(table.primary_key[0])
    assert column is not None
    # INTEGER PRIMARY KEY DESC is none; an index of its own tells.
    return column.name if column.type.upper() == "INTEGER" else None


def keys(table: Table, indexes: Iterable[Index]) -> list[tuple[Column, ...]]:
    """Return what no two rows share, the primary key first; a NULL in it is for the rows to show."""
    found = [table.primary_key] if table.primary_key else []
    by_size = sorted((one for one in indexes if one.unique and not one.where), key=lambda one: len(one.columns or ()))
    found += [one.columns for one in by_size if one.columns and one.origin != "pk"]
    named = (tuple(table.column(name) for name in names) for names in found)
    return [tuple(column for column in columns if column) for columns in named if all(columns)]


def full(connection: Connection, schema: str, table: Table, key: tuple[Column, ...]) -> bool:
    """Whether no row has a NULL in a key."""
    if rowid_alias(table) == key[0].name or all(column.required for column in key):
        return True
    empty = " OR ".join(f"{quote(column.name)} IS NULL" for column in key)
    return not value(connection, f"SELECT EXISTS (SELECT 1 FROM {quote(schema, table.name)} WHERE {empty})")


def present(table: Table, name: str, key: Sequence[Column], alias: str) -> str:
    """Write where rows of today are read; without a key, with what each is known by, its rowid and its place."""
    if key:
        return f"{name} AS {alias}"
    content = _content([quote(column.name) for column in held(table)])
    order = _order(table)
    listed = (
        "*",
        f"{rowid(table) or 'NULL'} AS safemigrate_rowid",
        f"row_number() OVER (ORDER BY {order}) AS safemigrate_place",
        f"{content} AS safemigrate_1",
        f"row_number() OVER (PARTITION BY {content} ORDER BY {order}) AS safemigrate_2",
    )
    return f"(SELECT {', '.join(listed)} FROM {name}) AS {alias}"


def address(key: Sequence[Column], alias: str) -> list[str]:
    """Write what a row of today is known by. Without the "+", no index of a column without a type would serve."""
    if key:
        return [f"+{alias}.{quote(column.name)}" for column in key]
    return [f"{alias}.safemigrate_1", f"{alias}.safemigrate_2"]


def key_of_today(connection: Connection, pair: Pair, after: Catalog) -> tuple[Column, ...]:
    """Return columns by which rows written since can be told from those that were there; () for their content."""
    found = keys(pair.now, after.indexes_of(pair.now.name))
    return next((key for key in found if full(connection, "main", pair.now, key)), ())


def match(connection: Connection, pair: Pair, today_key: Sequence[Column], before: Catalog, after: Catalog) -> Match:
    """Find which rows belong together: by a former key, the rowid, their order if all were copied, or all they hold."""
    was, now = quote("before", pair.was.name), quote("main", pair.now.name)
    former, today = f"{was} AS b", present(pair.now, now, today_key, "m")
    for key in keys(pair.was, before.indexes_of(pair.was.name)):
        linked = tuple((column, source) for column in key if (source := pair.source(column)))
        if len(linked) == len(key) and _one_to_one(connection, pair, linked, after):
            on = " AND ".join(f"m.{quote(source.name)} = {as_today(column, source)}" for column, source in linked)
            return Match(former, today, on, linked)
    own, its = rowid(pair.was), rowid(pair.now) if today_key else "safemigrate_rowid"
    if own and its and rowid(pair.now) and not pair.descent.rebuilt:
        return Match(former, today, f"b.{own} = m.{its}")
    if len({value(connection, f"SELECT count(*) FROM {table}") for table in (was, now)}) > 1:
        return _by_content(pair, today)
    sides = (
        f"(SELECT *, row_number() OVER (ORDER BY {_order(table)}) AS safemigrate_place FROM {place}) AS {alias}"
        for table, place, alias in ((pair.was, was, "b"), (pair.now, now, "m"))
    )
    former, placed = sides
    return Match(former, placed if today_key else today, "b.safemigrate_place = m.safemigrate_place")


def _by_content(pair: Pair, today: str) -> Match:
    linked = [(column, source) for column in held(pair.was) if (source := pair.source(column))]
    if not linked:
        return Match(f"{quote('before', pair.was.name)} AS b", today, "0")
    former = f"{quote('before', pair.was.name)} AS b"
    sides = (
        f"(SELECT *, row_number() OVER (PARTITION BY safemigrate_held ORDER BY safemigrate_held) AS safemigrate_twin "
        f"FROM (SELECT {alias}.*, {_content(values)} AS safemigrate_held FROM {place})) AS {alias}"
        for place, alias, values in (
            (former, "b", [as_today(column, source) for column, source in linked]),
            (today, "m", [f"m.{quote(source.name)}" for _, source in linked]),
        )
    )
    former, today = sides
    same = "b.safemigrate_held = m.safemigrate_held AND b.safemigrate_twin = m.safemigrate_twin"
    return Match(former, today, same)


def _content(values: Sequence[str]) -> str:
    return " || ',' || ".join(f"quote({value})" for value in values) or "''"


def as_today(former: Column, today: Column) -> str:
    """Write a value of row `b` as today's column stores it."""
    return stored(f"b.{quote(former.name)}", former.affinity, today.affinity)


def _order(table: Table) -> str:
    return rowid(table) or ", ".join(quote(column) for column in table.primary_key) or "1"


def _one_to_one(connection: Connection, pair: Pair, linked: tuple[tuple[Column, Column], ...], after: Catalog) -> bool:
    """Whether a former key still tells rows apart: no NULLs, and no two that today's comparison takes for one."""
    former, today = (tuple(columns) for columns in zip(*linked, strict=True))
    if not full(connection, "before", pair.was, former) or not full(connection, "main", pair.now, today):
        return False
    names = {frozenset(fold(column.name) for column in key) for key in keys(pair.now, after.indexes_of(pair.now.name))}
    alike = all(
        one.collation.upper() == other.collation.upper()
        and (one.affinity == other.affinity or {one.affinity, other.affinity} <= {*NUMERIC})
        for one, other in linked
    )
    if alike and frozenset(fold(column.name) for column in today) in names:
        return True
    sides = (
        (", ".join(as_today(one, other) for one, other in linked), quote("before", pair.was.name), "b"),
        (", ".join(f"m.{quote(column.name)}" for column in today), quote("main", pair.now.name), "m"),
    )
    return not any(
        value(connection, f"SELECT EXISTS (SELECT 1 FROM {place} AS {alias} GROUP BY {listed} HAVING count(*) > 1)")
        for listed, place, alias in sides
    )
