"""Where rows are kept, and how the catalog calls what a question is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from safemigrate.db.catalog import Catalog, Identity
from safemigrate.db.postgres import quote
from safemigrate.rollback.keep.table import Column, Table


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step keeps rows of a table: arrays `key`, `old` and `new` of texts, in the order of these positions.

    `builtin` says of each column whether its type is the server's own.
    """

    step: int
    table: Identity
    name: str
    key: tuple[int, ...]
    columns: tuple[int, ...]
    builtin: tuple[bool, ...]


Dropped = Mapping[tuple[Identity, int], tuple[str, Table, Column]]
"""Where the values of a dropped column are kept: the place, the table as it was, the column."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a question of one step needs to know.

    The catalogs before the step and at the `end` of the migration, which is when the questions are put; where tables
    are `moved` and columns were `dropped` to; where this step and later ones keep rows (`since`). `left` names a new
    table for what gives way. `age` is SQL for the age of the migration's transaction: a younger row was written since.
    """

    before: Catalog
    end: Catalog
    moved: Mapping[Identity, str]
    dropped: Dropped
    since: Sequence[Place]
    left: Callable[[], str]
    age: str


def texts(alias: str, names: Sequence[str]) -> str:
    """Return the array of these columns' texts, as kept keys are written."""
    return f'ARRAY[{", ".join(f"{alias}.{name}::text" for name in names)}] COLLATE "C"'


def table_name(catalog: Catalog, table: Identity) -> str:
    """Return a table's quoted name."""
    return quote(catalog[table].schema, catalog[table].name)


def types_at(catalog: Catalog, table: Identity, positions: Sequence[int]) -> list[str]:
    """Return the types of the columns at these positions."""
    found = {
        member.internal["_position"]: str(member.attributes["type"])
        for member in catalog.members.get(table, ())
        if member.kind == "column"
    }
    return [found[position] for position in positions]


def columns_at(catalog: Catalog, table: Identity, positions: Sequence[int]) -> list[str] | None:
    """Name the columns at these positions; None where one is gone."""
    found = {
        member.internal["_position"]: quote(member.name)
        for member in catalog.members.get(table, ())
        if member.kind == "column"
    }
    return [found[position] for position in positions] if all(position in found for position in positions) else None


def not_ours(catalog: Catalog, table: Identity, position: int, since: Sequence[Place]) -> str:
    """Return the condition, one more, under which row `t` has a value in a column that no place of `since` takes back.

    "" where none keeps it. Names are those of `catalog`.
    """
    said = ""
    for place in since:
        kept = place.table == table and position in place.columns
        names = columns_at(catalog, table, [*place.key, position]) if kept else None
        if names:
            said += (
                f" AND NOT EXISTS (SELECT FROM {place.name} AS k WHERE k.key = {texts('t', names[:-1])} "
                f"AND k.new[{place.columns.index(position) + 1}] = t.{names[-1]}::text)"
            )
    return said
