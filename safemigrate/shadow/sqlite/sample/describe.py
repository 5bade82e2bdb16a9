"""What there is to know of a table of SQLite's before rows can be made for it."""

from __future__ import annotations

from collections.abc import Iterable

from safemigrate.db.sqlite import definition
from safemigrate.db.sqlite.catalog import PRISMA, Catalog, fold
from safemigrate.db.sqlite.catalog import Table as Found
from safemigrate.db.sqlite.connection import Connection, quote, value
from safemigrate.shadow.sample.table import Check, Column, ForeignKey, Table, Unique

ROWID = "rowid"
"""What `Column.identity` says of an INTEGER PRIMARY KEY: SQLite numbers it."""


def short(connection: Connection, catalog: Catalog, tables: Iterable[str] | None, rows: int) -> list[Found]:
    """Return the tables with fewer rows, or those of them that are named, quoted; a virtual table is fed by others."""
    wanted = None if tables is None else set(tables)
    return [
        table
        for table in catalog.tables.values()
        if table.name != PRISMA
        and not table.virtual
        and (wanted is None or quote(table.name) in wanted)
        and value(connection, f"SELECT count(*) FROM (SELECT 1 FROM {quote(table.name)} LIMIT {rows})") < rows
    ]


def describe(table: Found, catalog: Catalog) -> Table:
    """Describe a table as those who make rows want it."""
    counted = _counted(table)
    columns = tuple(
        Column(
            one.name,
            0,
            0,
            one.type,
            one.required or bool(one.key),
            ROWID if one.name == counted else "",
            bool(one.generated),
            one.default or "",
        )
        for one in table.columns
    )
    keys = tuple(
        ForeignKey(
            f"{number}: {', '.join(key.columns)}",
            _spelled(table, key.columns),
            quote(key.table),
            key.references,
            full=False,
        )
        for number, key in enumerate(table.foreign_keys)
    )
    uniques = [index.columns for index in catalog.indexes_of(table.name) if index.unique and index.columns]
    if table.primary_key and table.primary_key not in uniques:
        uniques.append(table.primary_key)
    return Table(
        quote(table.name),
        columns,
        keys,
        tuple(Unique(one, nulls_distinct=True, exclusion=False) for one in uniques),
        tuple(_checks(table)),
        partitioned=False,
        partitions=(),
        watched=bool(catalog.triggers_of(table.name)),
    )


def _counted(table: Found) -> str:
    """The column that is another name for the rowid, "" without one (sqlite.org/lang_createtable.html#rowid)."""
    alone = table.primary_key[0] if len(table.primary_key) == 1 and not table.without_rowid else ""
    column = table.column(alone)
    return column.name if column and fold(column.type) == "integer" else ""


def _spelled(table: Found, columns: Iterable[str]) -> tuple[str, ...]:
    """Columns by the table's own spelling: a foreign key may have another."""
    found = [(table.column(name), name) for name in columns]
    return tuple(column.name if column else name for column, name in found)


def _checks(table: Found) -> Iterable[Check]:
    written = definition.definition(table.sql)
    for part in (*written.columns.values(), *written.constraints):
        for expression in definition.checks(table.sql, part):
            named = {fold(token.text) for token in definition.tokens(expression)}
            yield Check(tuple(one.name for one in table.columns if fold(one.name) in named), expression)
