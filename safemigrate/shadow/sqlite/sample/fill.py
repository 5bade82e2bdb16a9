"""Rows for a SQLite file's tables that have none, or few."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from safemigrate.db.sqlite.catalog import fold, read
from safemigrate.db.sqlite.connection import Connection, Refusal, SqlError, quote, rows, run
from safemigrate.shadow.sample.order import parents_first
from safemigrate.shadow.sample.rows import DEFAULT, Maker
from safemigrate.shadow.sample.table import ForeignKey, Key, Row, Sampled, Table, Unfillable
from safemigrate.shadow.sqlite.sample.describe import describe, short
from safemigrate.shadow.sqlite.sample.values import Values

_REFUSALS = 30


def fill(
    connection: Connection,
    *,
    seed: int,
    rows: int = 5,
    tables: Collection[str] | None = None,
    plain: Collection[str] = (),
    asked: Sequence[Mapping[str, Any]] = (),
) -> Sampled:
    """Insert up to `rows` rows into each table that has fewer, of all or of those named, quoted; parents first.

    What `shadow.sample.fill` says of rows holds here too. In the tables that are to be `plain` no value is a telling
    one. `asked` are values, by column, that a row should have wherever there is such a column. Triggers fire: what
    they write stays.
    """
    done, catalog = Sampled(), read(connection)
    found = [describe(table, catalog) for table in short(connection, catalog, tables, rows)]
    values, waiting = Values(connection), list[tuple[Table, ForeignKey]]()
    with connection.transaction():
        for table, open_ in parents_first(found):
            try:
                maker = Maker(
                    table,
                    values,
                    {key.name: _parents(connection, key) for key in table.foreign_keys if key not in open_},
                    {key.name for key in open_},
                    Random(f"{seed} {table.name}"),  # noqa: S311 the same rows every time
                    rows,
                    table.name not in plain,
                    [*_of(table, asked)][: rows - 1],  # the last is like any other
                )
                done.rows[table.name] = _insert(connection, maker)
            except Unfillable as why:
                done.unfilled[table.name] = str(why)
            else:
                waiting += ((table, key) for key in open_)
        for table, key in waiting:
            _close(connection, table, key)
    return done


def _of(table: Table, asked: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    spelled = {fold(column.name): column.name for column in table.writable}
    for one in asked:
        if own := {spelled[name]: given for name, given in one.items() if name in spelled}:
            yield own


def _parents(connection: Connection, key: ForeignKey) -> Sequence[Key]:
    columns = [quote(name) for name in key.key]
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    sql = f"SELECT {', '.join(columns)} FROM {key.parent} WHERE {there} ORDER BY {', '.join(columns)} LIMIT 20"
    try:
        return rows(connection, sql)
    except SqlError:  # the table, or the column, that it refers to is not there
        return []


def _insert(connection: Connection, maker: Maker) -> int:
    """Insert rows until there are enough; others take the place of those that are refused."""
    taken = refused = 0
    said = "no row was found that fits its keys"
    for row in maker.rows():
        try:
            with connection.transaction():
                taken += _insert_one(connection, maker.table, row)
        except SqlError as error:
            said = Refusal.of(error).message
            refused += 1
        if taken >= maker.count or refused >= _REFUSALS:
            break
    if not taken:
        raise Unfillable(said)
    return taken


def _insert_one(connection: Connection, table: Table, row: Row) -> int:
    given = {name: one for name, one in row.items() if one != DEFAULT}
    if not given:
        return run(connection, f"INSERT INTO {table.name} DEFAULT VALUES")
    names, marks = ", ".join(map(quote, given)), ", ".join("?" * len(given))
    return run(connection, f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(given.values()))


def _close(connection: Connection, table: Table, key: ForeignKey) -> None:
    """Point a foreign key that was left open at its parent's rows: the second row at the first, and so on.

    Best effort: rows stay as they are where they cannot, or where a column of the key is another's too.
    """
    free = {column.name for column in table.columns if not column.required}
    if not free.issuperset(key.columns):
        return
    parents = _parents(connection, key)
    names = ", ".join(map(quote, key.columns))
    try:
        with connection.transaction():
            places = rows(connection, f"SELECT rowid FROM {table.name} ORDER BY rowid")
            for parent, (place,) in zip(parents, places[1:], strict=False):
                marks = ", ".join("?" * len(parent))
                run(connection, f"UPDATE {table.name} SET ({names}) = ({marks}) WHERE rowid = ?", [*parent, place])
    except SqlError:
        return
