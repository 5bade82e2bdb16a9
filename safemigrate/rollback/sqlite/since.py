"""What somebody made since apply by other means, and a table that is made anew would take with it: put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite import works
from safemigrate.db.sqlite.catalog import Catalog, Column, Index, Table, Trigger, fold, read
from safemigrate.db.sqlite.connection import Connection, quote
from safemigrate.db.sqlite.definition import definition, tokens
from safemigrate.model import Kept, KeptKind, Plan
from safemigrate.rollback.sqlite.ways import silenced


@dataclass(frozen=True, slots=True)
class _Made:
    """A column of a table that was there since; its values are kept by the table's key in `place`."""

    table: Table
    column: Column
    place: str

    @property
    def key(self) -> list[str]:
        return [] if self.column.key else [quote(name) for name in self.table.primary_key]

    def keep(self) -> list[str]:
        if not self.key:
            return []
        listed = ", ".join([*self.key, quote(self.column.name)])
        return [
            f"CREATE TABLE {self.place} ({listed})",
            f"INSERT INTO {self.place} SELECT {listed} FROM {quote(self.table.name)}",
        ]

    def back(self, catalog: Catalog) -> list[str]:
        name, table = quote(self.column.name), quote(self.table.name)
        part = definition(self.table.sql).columns[self.column.name]
        text = self.table.sql[part[0].start : part[-1].end] if part else ""
        same = " AND ".join(f"{table}.{key} = k.{key}" for key in self.key)
        fill = f"UPDATE {table} SET {name} = k.{name} FROM {self.place} AS k WHERE {same}"
        return [f"ALTER TABLE {table} ADD COLUMN {name} {text}", *silenced(catalog, self.table, fill)]


@dataclass(frozen=True, slots=True)
class Since:
    """What no statement of a plan names. The triggers are out of the way meanwhile, lest they act on it."""

    columns: tuple[_Made, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]

    @property
    def first(self) -> list[str]:
        """What runs before the way back: values are kept, triggers dropped, and what would stop the table's rename."""
        kept = [sql for made in self.columns for sql in made.keep()]
        kept += (f"DROP INDEX {quote(one.name)}" for one in self.indexes if one.is_reserved)
        return kept + [f"DROP TRIGGER {quote(one.name)}" for one in self.triggers]

    @property
    def kept(self) -> list[Kept]:
        """Where the values are."""
        keyed = (made for made in self.columns if made.key)
        return [Kept(KeptKind.COLUMN, quote(made.table.name, made.column.name), made.place) for made in keyed]


def since(plan: Plan, now: Catalog, place: Callable[[], str]) -> Since:
    """Find what was made since a plan ran, in the file as it is `now`; `place` names new tables beside it."""
    statements = [sql for step in plan.steps for sql in (*step.before, *step.run, *step.after, *step.inverse)]
    named = {fold(token.text) for sql in (*statements, plan.down) for token in tokens(sql)}
    own = {fold(name) for name, table in now.tables.items() if not table.virtual and fold(name) in named}
    return Since(
        tuple(
            _Made(table, column, place())
            for name, table in now.tables.items()
            for column in table.columns
            if fold(name) in own and not column.generated and fold(column.name) not in named
        ),
        tuple(
            one
            for one in now.indexes.values()
            if one.origin == "c" and fold(one.table) in own and fold(one.name) not in named
        ),
        tuple(one for one in now.triggers.values() if fold(one.name) not in named),
    )


def put_back(connection: Connection, since: Since, now: Catalog, back: Catalog) -> tuple[list[str], list[str]]:
    """Make again what went with a way back that has run; return the statements, and in words what became of it."""
    ran: list[str] = []
    said: list[str] = []
    for what, statements, of in _gone(since, back):
        if refused := _refused(connection, statements, of, now):
            said.append(f"{what}, made since apply by something else, goes: {refused}; --undo brings it back")
            continue
        ran += statements
        said += [] if isinstance(of, Trigger) else [f"{what}, made since apply by something else, is put back"]
    broken = ((view, works.broken_view(connection, view)) for view in now.views.values() if view.name in back.views)
    said += (f"view {quote(view.name)} does not work any more: {refused}" for view, refused in broken if refused)
    return ran, said


def _gone(since: Since, back: Catalog) -> Iterator[tuple[str, list[str], Trigger | Index | None]]:
    for made in since.columns:
        there = back.tables.get(made.table.name)
        if there and not there.column(made.column.name):
            same = made.key and [*map(fold, there.primary_key)] == [*map(fold, made.table.primary_key)]
            name = f"column {quote(made.table.name, made.column.name)}"
            yield name, made.back(back) if same else [], None
    for one in since.indexes:
        if one.name not in back.indexes and one.table in back.tables:
            yield f"index {quote(one.name)}", [*one.making], one
    for trigger in since.triggers:
        yield f"trigger {quote(trigger.name)}", [trigger.sql], trigger


def _refused(connection: Connection, statements: Sequence[str], of: Trigger | Index | None, now: Catalog) -> str:
    """Run statements; return why they cannot be, or why what they make would not work, then undone."""
    if isinstance(of, Index) and (
        gone := works.broken_index(of, now.tables[of.table], read(connection).tables[of.table])
    ):
        return gone
    if not statements:
        return "without a key nobody knows which row it was of"
    return works.refused(connection, statements, of)
