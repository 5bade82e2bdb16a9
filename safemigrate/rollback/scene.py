"""What deriving one migration's steps shares: where it began and ends, what is kept where, what is to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from safemigrate.db.catalog import Catalog, Change, Identity, Object
from safemigrate.model import Check, Trace
from safemigrate.rollback.checks.place import Asking, Place
from safemigrate.rollback.describe import table_of
from safemigrate.rollback.inverse import Inverse
from safemigrate.rollback.keep.table import Column, Table
from safemigrate.sql import Statement


class Observed(Protocol):
    """What the shadow saw of one statement.

    Catalogs around it, the oids of tables whose rows it may have written, of those where it did, and of all that it
    may have locked for a change.
    """

    @property
    def statement(self) -> Statement: ...  # noqa: D102
    @property
    def before(self) -> Catalog: ...  # noqa: D102
    @property
    def after(self) -> Catalog: ...  # noqa: D102
    @property
    def written(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def changed(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def locked(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def trace(self) -> Trace: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Way:
    """One step: what lasts of what its statement changed, its inverse, and the columns whose values change back."""

    change: Change
    inverse: Inverse
    using: tuple[tuple[Identity, int], ...]


@dataclass(slots=True)
class Scene:
    """One migration while its steps are derived.

    `age` is SQL for the age of the transaction that applied it. `passing` is what it makes and drops again;
    `in_the_way` are tables it makes whose parts have names that come back. `at` is the step at hand. `kept_rows`,
    `moved` and `dropped` say where rows, dropped tables and types, and dropped columns are kept; `questions` are asked
    of every step once all of them are known. `refreshed` are materialized views to refresh when all rows are back.
    `formats` says that the script has set how values are written as text, `defers` that checks of constraints may wait.
    `derived` has what was found of each step so far.
    """

    key: str
    age: str
    start: Catalog
    end: Catalog
    passing: frozenset[Identity]
    in_the_way: frozenset[Identity]
    number: int = 0
    at: int = -1
    kept_rows: list[Place] = field(default_factory=list)
    moved: dict[Identity, str] = field(default_factory=dict)
    dropped: dict[tuple[Identity, int], tuple[str, Table, Column]] = field(default_factory=dict)
    questions: list[tuple[int, Callable[[], list[Check]]]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refreshed: list[Identity] = field(default_factory=list)
    formats: bool = False
    defers: bool = False
    derived: list[Way] = field(default_factory=list)

    def place(self) -> str:
        """Name a new table to keep something in."""
        self.number += 1
        return f"safemigrate.kept_{self.key}_{self.number}"

    def left(self) -> str:
        """Name a new table for what a rollback takes away."""
        self.number += 1
        return f"safemigrate.left_{self.key}_{self.number}"

    def asking(self, before: Catalog) -> Asking:
        """Return what the questions of the step at hand need to know; `before` is the catalog before it."""
        return Asking(before, self.end, self.moved, self.dropped, self.since(), self.left, self.age)

    def ask(self, checks: Callable[[], list[Check]]) -> None:
        """Remember a question of the step at hand that needs to know what later steps keep."""
        self.questions.append((self.at, checks))

    def answers(self, number: int) -> list[Check]:
        """Put the questions of step `number`."""
        self.at = number
        return [check for at, ask in self.questions if at == number for check in ask()]

    def since(self) -> list[Place]:
        """Return where the step at hand and later ones keep rows: all of it is back when its turn has come."""
        return [place for place in self.kept_rows if place.step >= self.at]

    def end_of(self, table: Table, identity: Identity) -> Table | None:
        """Describe a table at the end of the migration, with the key that it has in `table`, or none."""
        if identity not in self.end:
            return None
        end = table_of(self.end, identity)
        now = {column.position: column for column in end.columns}
        key = tuple(now[column.position] for column in table.key if column.position in now)
        same = len(key) == len(table.key) and all(
            one.type == other.type for one, other in zip(key, table.key, strict=True)
        )
        return replace(end, key=key if same else ())

    def lasting(self, change: Change) -> Change:
        """Leave out what passes."""

        def lasts(one: Object) -> bool:
            return one.identity not in self.passing and one.table not in self.passing

        return Change(
            tuple(one for one in change.born if lasts(one)),
            tuple(one for one in change.gone if lasts(one)),
            tuple((old, new) for old, new in change.changed if lasts(old)),
        )
