"""Keeping what a migration would lose: by key, every row and value that today's row does not give back exactly."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Catalog, Column, Table, fold
from safemigrate.db.sqlite.connection import Connection, literal, quote, rows, run, value
from safemigrate.db.sqlite.rows import same, typed_alike
from safemigrate.rollback.sqlite.pair import Pair, address, held, key_of_today, match
from safemigrate.rollback.sqlite.values import constant, stored

# What a kept row says happened to it.
CHANGED, DELETED, INSERTED = "changed", "deleted", "inserted"
DANGLING = "inserted where rows pointed"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept of one table, under `name` in the attached file; "" for nothing.

    A kept row says `what` the migration did; `at_...` is today's row, by `key`, or by its `content` and which `twin` it
    is where `key` is (). `old` and `new` are the columns whose values are kept as `old_...` and `new_...`.
    `changed` are the former columns that do not come back of themselves; `deleted` and `inserted` count rows.
    """

    name: str = ""
    key: tuple[Column, ...] = ()
    old: tuple[Column, ...] = ()
    new: tuple[Column, ...] = ()
    changed: tuple[Column, ...] = ()
    deleted: int = 0
    inserted: int = 0

    @property
    def place(self) -> str:
        """The kept table's quoted name."""
        return quote("safemigrate", self.name)

    @property
    def addressed(self) -> bool:
        """Whether rows of today are looked up."""
        return bool(self.changed or self.inserted)


def old(column: Column) -> str:
    """Name the column of a kept table that has a former value."""
    return quote(f"old_{column.name}")


def new(column: Column) -> str:
    """Name the column of a kept table that has the value that the migration left."""
    return quote(f"new_{column.name}")


def at(keeping: Keeping) -> list[str]:
    """Name the columns of a kept table that hold the address of a row of today."""
    if not keeping.addressed:
        return []
    return [quote(f"at_{column.name}") for column in keeping.key] or ["content", "twin"]


def keep(connection: Connection, pair: Pair, name: str, before: Catalog, after: Catalog) -> Keeping:
    """Keep the exceptions of a table that is still there, in the attached file that is to hold them."""
    key = key_of_today(connection, pair, after)
    found = match(connection, pair, key, before, after)
    tests = {column.name: _lost(connection, pair, column) for column in held(pair.was)}
    sums = "".join(f", total({test})" for test in tests.values())
    matched, *totals = rows(connection, f"SELECT count(*){sums} FROM {found.former} JOIN {found.today} ON {found.on}")[
        0
    ]
    exceptions = [column for column, count in zip(held(pair.was), totals, strict=True) if count]
    deleted, inserted = (
        value(connection, f"SELECT count(*) FROM {quote(schema, table.name)}") - matched
        for schema, table in (("before", pair.was), ("main", pair.now))
    )
    if not (deleted or inserted or exceptions):
        return Keeping(key=key)
    sources = {fold(source.name) for column in exceptions if (source := pair.source(column))}
    sources |= {fold(inverse.today.name) for column in exceptions if (inverse := pair.inverse(column))}
    keeping = Keeping(
        name,
        key,
        tuple(held(pair.was) if deleted else exceptions),
        tuple(
            column for column in pair.now.columns if fold(column.name) in sources or (inserted and not column.generated)
        ),
        tuple(exceptions),
        deleted,
        inserted,
    )
    _make(connection, keeping)
    where = " OR ".join(tests[column.name] for column in exceptions)
    olds, news = (
        [f"{alias}.{quote(one.name)}" for one in some] for alias, some in (("b", keeping.old), ("m", keeping.new))
    )
    known = address(key, "m")
    matching = f"FROM {found.former} JOIN {found.today} ON {found.on} WHERE"
    if exceptions:
        _fill(connection, keeping, CHANGED, f"{', '.join([*known, *olds, *news])} {matching} {where}")
    if deleted:
        values = ", ".join([*("NULL" for _ in at(keeping)), *olds, *("NULL" for _ in news)])
        _fill(connection, keeping, DELETED, f"{values} FROM {found.former} WHERE {found.only_former}")
    if inserted:
        values = ", ".join([*known, *("NULL" for _ in olds), *news])
        _fill(connection, keeping, INSERTED, f"{values} FROM {found.today} WHERE {found.only_today}")
    return keeping


def keep_whole(connection: Connection, table: Table, name: str) -> Keeping:
    """Keep a table that is gone."""
    source = quote("before", table.name)
    count = value(connection, f"SELECT count(*) FROM {source}")
    if not count:
        return Keeping()
    keeping = Keeping(name, old=tuple(held(table)), deleted=count)
    _make(connection, keeping)
    _fill(connection, keeping, DELETED, f"{', '.join(quote(column.name) for column in keeping.old)} FROM {source}")
    return keeping


def _lost(connection: Connection, pair: Pair, column: Column) -> str:
    """Write the predicate that the way back would not give a former value as it was."""
    source, given = pair.source(column), _given(connection, pair, column)
    if pair.inverse(column):
        return "1"  # a former value is never left to its inverse
    typed = source is not None and typed_alike(column, source)
    return f"NOT {same(f'b.{quote(column.name)}', given, typed=typed)}" if given else "1"


def _given(connection: Connection, pair: Pair, column: Column) -> str | None:
    """Write what the way back would make of row `m` alone; None where that is not certain to be the same again."""
    if given := pair.given(column, "m"):
        return given
    default = constant(column)
    if default is None or (default == "NULL" and column.required):
        return None
    return literal(value(connection, f"SELECT {stored(default, 'BLOB', column.affinity)}"))


def _make(connection: Connection, keeping: Keeping) -> None:
    """Make a kept table; its columns have no type, so that every value stays what it is."""
    names = ", ".join(["what", *at(keeping), *map(old, keeping.old), *map(new, keeping.new)])
    run(connection, f"DROP TABLE IF EXISTS {keeping.place}")
    run(connection, f"CREATE TABLE {keeping.place} ({names})")
    if keeping.addressed:
        index = quote("safemigrate", f"{keeping.name}_at")
        run(connection, f"CREATE INDEX {index} ON {quote(keeping.name)} ({', '.join(at(keeping))})")


def _fill(connection: Connection, keeping: Keeping, what: str, rest: str) -> None:
    run(connection, f"INSERT INTO {keeping.place} SELECT '{what}', {rest}")
