"""What the rules may know of a SQLite file."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from safemigrate.db.sqlite.catalog import Catalog, Table
from safemigrate.db.sqlite.connection import Connection, SqlError, value
from safemigrate.lint.facts import Facts, Key, TableFact
from safemigrate.lint.schema import Schema
from safemigrate.sql import split
from safemigrate.sql.actions import Action

SCHEMA = "main"
# A count that takes longer is worth less than the wait; SQLite asks after so many steps whether to go on.
_SECONDS, _STEPS = 5.0, 10_000


def facts(
    connection: Connection,
    catalog: Catalog,
    applied: Mapping[str, str] | None = None,
    folder: Sequence[str] = (),
    made: Collection[str] | None = None,
) -> Facts:
    """Describe the file before any pending migration; `applied` are its migrations with their checksums.

    `made` are the indexes that migrations made, None where nobody says.

    Counting happens when a rule asks, five seconds at most each.
    """

    def count(query: str) -> int | None:
        end = time.monotonic() + _SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            return int(value(connection, query))
        except SqlError:
            # The rule then speaks without a number; the rehearsal will run the statement itself.
            return None
        finally:
            connection.set_progress_handler(None, 0)

    return replace(described(catalog, made), count=count, applied=applied, in_steps=True, folder=tuple(folder))


def described(catalog: Catalog, made: Collection[str] | None = None) -> Facts:
    """Describe what a catalog says, rows aside."""
    start = Facts(schema=SCHEMA, provider="sqlite")
    schema = Schema(start)
    texts = [one.sql for one in catalog.tables.values()]
    texts += [one.sql for one in catalog.indexes.values() if one.sql]
    texts += [one.sql for one in catalog.triggers.values()] + [one.sql for one in catalog.views.values()]
    for action in (action for text in texts for action in _actions(text)):
        schema.note(action)
    read = schema.facts().tables or {}
    tables: dict[Key, TableFact] = {
        (SCHEMA, name): _named(table, read.get((SCHEMA, name), TableFact()), made)
        for name, table in catalog.tables.items()
    }
    return replace(start, tables=tables, views=schema.facts().views)


@lru_cache(maxsize=4096)
def _actions(text: str) -> tuple[Action, ...]:
    """What a text of the catalog makes; along a history most stay the same."""
    return tuple(action for statement in split(text, dialect="sqlite") for action in statement.actions)


def _named(table: Table, known: TableFact, made: Collection[str] | None) -> TableFact:
    """Columns as SQLite names them, whatever was understood of the text: a virtual table's are its module's."""
    by_hand = {*known.indexes} - {*known.constraints} - {*made} if made is not None else set[str]()
    return replace(
        known,
        indexes={name: replace(one, by_hand=name in by_hand) for name, one in known.indexes.items()},
        columns={column.name: column.type for column in table.columns},
        required=frozenset(column.name for column in table.columns if column.required) | known.required,
    )
