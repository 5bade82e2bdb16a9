"""What a table will hold when it is back, as SQL over what it holds today and what was kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Column, fold
from safemigrate.db.sqlite.connection import Connection, literal, quote, run
from safemigrate.db.sqlite.rows import same
from safemigrate.rollback.sqlite.computed import Inverse
from safemigrate.rollback.sqlite.keep import CHANGED, DANGLING, DELETED, INSERTED, Keeping, at, new, old
from safemigrate.rollback.sqlite.pair import Pair, address, held, present, rowid, rowid_alias
from safemigrate.rollback.sqlite.values import constant, stored

Named = Callable[["Back"], str]
"""Where the rows of today are when the SQL runs, quoted."""


@dataclass(frozen=True, slots=True)
class Back:
    """A table on its way back. `placed`: its text is as it was, so that its rows are mended where they are."""

    pair: Pair
    keeping: Keeping
    placed: bool = False

    @property
    def name(self) -> str:
        """Today's table, quoted."""
        return quote(self.pair.now.name)

    @property
    def source(self) -> str:
        """Where its rows of today are read as `n`, unless they lie elsewhere by then."""
        return self.read(self.name)

    def read(self, name: str, alias: str = "n") -> str:
        """Write where its rows of today are read when they lie under a quoted name."""
        return present(self.pair.now, name, self.keeping.key, alias)

    def found(self, alias: str = "n", kept: str = "k") -> str:
        """Write when a kept row is about row `alias` of today."""
        return " AND ".join(
            f"{kept}.{name} = {how}"
            for name, how in zip(at(self.keeping), address(self.keeping.key, alias), strict=True)
        )

    def finds(self, alias: str = "n") -> str:
        """Write the same for when kept rows are read first, and rows of today looked up."""
        if not self.keeping.key:
            return self.found(alias)
        names = zip(at(self.keeping), self.keeping.key, strict=True)
        return " AND ".join(f"{alias}.{quote(column.name)} = k.{name}" for name, column in names)

    @property
    def handle(self) -> str | None:
        """Write what tells row `n` from all others; None where that is its key alone."""
        own = rowid(self.pair.now)
        return own and (f"n.{own}" if self.keeping.key else "n.safemigrate_rowid")


@dataclass(frozen=True, slots=True)
class Pointing:
    """Rows of `child` that point to a row of the table: by these former columns, to those of today."""

    child: Back
    columns: tuple[tuple[Column, str], ...]


def setting(subject: str) -> str:
    """Name the setting from which rows written since get a value for a column."""
    return f"fill_{hashlib.sha256(subject.encode()).hexdigest()[:8]}"


def filled(subject: str) -> str:
    """Write the value that `--fill` gives."""
    return f"(SELECT value FROM {quote('safemigrate', 'setting')} WHERE name = {literal(setting(subject))})"


def subject(back: Back, column: Column) -> str:
    """Name a former column as users write it."""
    return quote(back.pair.was.name, column.name)


def needs_value(back: Back, column: Column) -> bool:
    """Whether rows written since have nothing for a column that takes no NULL."""
    is_key = rowid_alias(back.pair.was) == column.name
    return column.required and not is_key and not back.pair.source(column) and column.default is None


def turns_required(back: Back, column: Column) -> bool:
    """Whether a column may be empty today and not when it is back."""
    source = back.pair.source(column)
    return bool(source and column.required and not source.required and rowid_alias(back.pair.now) != source.name)


def values(back: Back, *, typed: bool = False) -> list[tuple[Column, str]]:
    """Write each column's value of row `n`, with its kept row `k`; `typed` as the column will store it."""
    return [(column, result(back, column, typed=typed)) for column in held(back.pair.was)]


def result(back: Back, column: Column, row: str = "n", kept: str = "k", *, typed: bool = False) -> str:
    """Write what a former column will hold of a row of today."""
    source = back.pair.source(column)
    if source is None:
        given = _absent(back, column)
        given = stored(given, "BLOB", column.affinity) if typed and given != "NULL" else given
        if inverse := back.pair.inverse(column):
            return _taken_back(inverse, column, row, kept, given)
        if column in back.keeping.changed:
            return f"CASE WHEN {kept}.what = '{CHANGED}' THEN {kept}.{old(column)} ELSE {given} END"
        return given
    name = f"{row}.{quote(source.name)}"
    given = stored(name, source.affinity, column.affinity) if typed else name
    if turns_required(back, column):
        given = f"coalesce({given}, {filled(subject(back, column))})"
    if column in back.keeping.changed:
        as_left = f"{kept}.what = '{CHANGED}' AND {same(name, f'{kept}.{new(source)}')}"
        return f"CASE WHEN {as_left} THEN {kept}.{old(column)} ELSE {given} END"
    return given


def _taken_back(inverse: Inverse, column: Column, row: str, kept: str, given: str) -> str:
    """Write what a computed column goes back to: its former value where nobody wrote since, else where it is sure."""
    known, today = f"{kept}.what = '{CHANGED}'", f"{row}.{quote(inverse.today.name)}"
    return (
        f"CASE WHEN {known} AND {same(today, f'{kept}.{new(inverse.today)}')} THEN {kept}.{old(column)} "
        f"WHEN {inverse.certain(row)} THEN {inverse.value(row)} "
        f"WHEN {known} THEN {kept}.{old(column)} ELSE {given} END"
    )


def _absent(back: Back, column: Column) -> str:
    """Write the value of a row written since in a column that is not there today."""
    if rowid_alias(back.pair.was) == column.name:  # behind all that ever were
        reached = str(back.pair.was.counter or 0)
        if column not in back.keeping.changed:
            return f"{reached} + row_number() OVER ()"
        highest = f"max(coalesce(max(old_key.{old(column)}), 0), {reached})"
        new_ones = f"row_number() OVER (PARTITION BY k.what IS '{CHANGED}')"
        return f"(SELECT {highest} FROM {back.keeping.place} AS old_key) + {new_ones}"
    if needs_value(back, column):
        return filled(subject(back, column))
    return constant(column) or f"({column.default})"


def stays(back: Back, name: str, listed: Sequence[str], pointing: Sequence[Pointing], named: Named) -> str:
    """Select from the rows of today that stay."""
    source = f"SELECT {', '.join(listed)}\nFROM {back.read(name)}"
    if back.keeping.addressed:
        source += f"\nLEFT JOIN {back.keeping.place} AS k ON {back.found()}"
    if back.keeping.inserted:
        source += f"\nWHERE NOT coalesce({goes(back, pointing, named)}, 0)"
    return source


def goes(back: Back, pointing: Sequence[Pointing], named: Named) -> str:
    """Write when row `n`, with its kept row `k`, goes: the migration made it, and nobody has used it since."""
    used = " OR ".join(_pointed(one, named) for one in pointing)
    return (
        f"{_as_made(back, 'n', 'k')} AND (k.what = '{DANGLING}' OR NOT ({used}))" if used else _as_made(back, "n", "k")
    )


def mark_dangling(connection: Connection, back: Back, pointing: Sequence[Pointing]) -> None:
    """Mark the rows that the migration made where rows from before point already: those pointed nowhere then."""
    used = " OR ".join(_pointed(one, lambda other: other.name) for one in pointing)
    found = f"SELECT 1 FROM {back.source} WHERE {back.found()} AND ({used})"
    kept = f"{back.keeping.place} AS k"
    run(connection, f"UPDATE {kept} SET what = '{DANGLING}' WHERE what = '{INSERTED}' AND EXISTS ({found})")


def _as_made(back: Back, alias: str, kept: str) -> str:
    """The condition that the migration made a row, which is as it was then."""
    columns = (f"{same(f'{alias}.{quote(column.name)}', f'{kept}.{new(column)}')}" for column in held(back.pair.now))
    return " AND ".join([f"{kept}.what IN ('{INSERTED}', '{DANGLING}')", *columns])


def _pointed(one: Pointing, named: Named) -> str:
    """The condition that a row which stays will point to row `n`."""
    child = one.child
    values = [(result(child, here, "x", "y"), f"n.{quote(there)}") for here, there in one.columns]
    source = child.read(named(child), "x")
    if child.keeping.addressed:
        source += f" LEFT JOIN {child.keeping.place} AS y ON {child.found('x', 'y')}"
    match = " AND ".join(f"{value} = {there}" for value, there in values)
    stays = f" AND NOT coalesce({_as_made(child, 'x', 'y')}, 0)" if child.keeping.inserted else ""
    return f"EXISTS (SELECT 1 FROM {source} WHERE {match}{stays})"


def pointing(back: Back, all_of_them: Sequence[Back]) -> Iterator[Pointing]:
    """Find which tables will point to a table when they are back."""
    parent = back.pair
    for child in all_of_them:
        for key in child.pair.was.foreign_keys:
            if fold(key.table) != fold(parent.was.name) or len(key.columns) != len(key.references):
                continue
            here = [child.pair.was.column(name) for name in key.columns]
            there = [parent.descent.columns.get(fold(name)) for name in key.references]
            pairs = tuple((one, other) for one, other in zip(here, there, strict=True) if one and other)
            counted = any(one.name == rowid_alias(child.pair.was) and not child.pair.source(one) for one, _ in pairs)
            if len(pairs) == len(here) and not counted:  # what has no value today points to nothing
                yield Pointing(child, pairs)


def returning(back: Back, key: Sequence[Column]) -> str:
    """Select the rows that the migration deleted, where their former key is free."""
    listed = ", ".join(f"k.{old(column)}" for column in held(back.pair.was))
    where = f"k.what = '{DELETED}'"
    if key:
        taken = " AND ".join(f"t.{quote(column.name)} = k.{old(column)}" for column in key)
        where += f" AND NOT EXISTS (SELECT 1 FROM {quote(back.pair.was.name)} AS t WHERE {taken})"
    return f"SELECT {listed}\nFROM {back.keeping.place} AS k\nWHERE {where}"
