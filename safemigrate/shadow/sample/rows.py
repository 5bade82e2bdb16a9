"""Rows for one table: each column, foreign key and condition on its own terms, then what must be distinct."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from random import Random
from typing import Any, Protocol

from safemigrate.shadow.sample.order import optional
from safemigrate.shadow.sample.table import Column, ForeignKey, Key, Row, Table, Unfillable
from safemigrate.shadow.sample.ties import Tie, ties

DEFAULT = "\0default"
"""Stands for the column's default; no text of PostgreSQL holds a zero byte."""

# A default that calls something need not give the same value in every run.
_CALLS = ("(", "CURRENT_", "LOCALTIME", "SESSION_USER", "USER")

_TRIES = 240

# Of a column's values number 0 tells most; these are the rows without one.
_NULL = 3
_DEFAULT = 4


class Values(Protocol):
    """The values that columns take; a number gives the same one each time."""

    def few(self, column: Column) -> bool:
        """Whether numbers in a row soon give the same values again."""

    def value(self, column: Column, number: int, random: Random, *, telling: bool) -> Any:
        """Return value `number` of a column; `telling` ones come first where they are asked for."""

    def suggestions(self, column: Column, expression: str) -> Sequence[Any]:
        """Return values of a column that a condition may be about."""

    def kept(self, columns: Sequence[Column], rows: Sequence[Key], expressions: Sequence[str]) -> list[Key]:
        """Return the rows of these columns that fulfil every condition."""


@dataclass(slots=True)
class Maker:
    """Makes the rows of one table.

    `parents` holds the keys a foreign key can point to, by its name; those `open` are left NULL for now. `asked` are
    values that the first rows have, by column, where nothing else decides: those that a migration looks for.
    """

    table: Table
    values: Values
    parents: Mapping[str, Sequence[Key]]
    open: Collection[str]
    random: Random
    count: int
    telling: bool = True
    asked: Sequence[Mapping[str, Any]] = ()
    _columns: dict[str, Column] = field(init=False)
    _pools: list[tuple[tuple[str, ...], list[Key]]] = field(init=False, default_factory=list)
    _itself: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._columns = {column.name: column for column in self.table.writable}
        for key in self.table.foreign_keys:
            if key.name in self.open and not optional(self.table, key):
                if key.parent != self.table.name:
                    raise Unfillable(
                        f"foreign key {key.name} needs a row of {key.parent} first, and the other way round"
                    )
                self._itself |= dict(zip(key.columns, key.key, strict=True))
            elif key.name not in self.open and not self.parents[key.name] and not optional(self.table, key):
                raise Unfillable(f"foreign key {key.name} needs a row of {key.parent}, which has none")

    def rows(self) -> Iterator[Row]:
        """Yield different rows; where the table has conditions or few values, perhaps not many."""
        self._pools = [self._pool(tie) for tie in ties(self.table)]
        seen: list[set[Key]] = [set() for _ in self.table.uniques]
        for number in range(_TRIES):
            row = self._draw(number)
            if row is None:
                continue
            marks = [self._mark(row, unique.columns, unique.nulls_distinct) for unique in self.table.uniques]
            if any(mark in known for mark, known in zip(marks, seen, strict=True) if mark):
                continue
            for mark, known in zip(marks, seen, strict=True):
                if mark:
                    known.add(mark)
            yield row

    def _mark(self, row: Row, columns: Sequence[str], nulls_distinct: bool) -> Key | None:  # noqa: FBT001
        if any(name not in row or (row[name] == DEFAULT and self._columns[name].counted) for name in columns):
            return None  # generated and counted: the server sees to it
        mark = tuple(row[name] for name in columns)
        return None if nulls_distinct and None in mark else mark

    def _pool(self, tie: Tie) -> tuple[tuple[str, ...], list[Key]]:
        """Return values for columns that are tied, which fulfil what ties them."""
        names = tuple(name for name in self._columns if name in tie.columns)
        choices = {name: self._choices(self._columns[name], tie) for name in names}
        tried: dict[Key, None] = {}
        for number in range(_TRIES):
            row: Row = {}
            if not self._assign_keys(row, number, among=tie.columns):
                continue
            for name in names:
                if name not in row:
                    usual = number < self.count or self.random.random() < 0.2
                    row[name] = self._value(self._columns[name], number) if usual else self.random.choice(choices[name])
            tried[tuple(row[name] for name in names)] = None
        columns = [self._columns[name] for name in names]
        found = [self.values.kept(columns, list(tried), one) for one in tie.alternatives[: self.count]]
        kept = [row for some in zip_longest(*found) for row in some if row is not None]  # partitions by turns
        if not kept:
            raise Unfillable(f"no values were found that fulfil {' or '.join(map('; '.join, tie.alternatives))}")
        return names, kept

    def _choices(self, column: Column, tie: Tie) -> list[Any]:
        found: list[Any] = [None] if not column.required else []
        expressions = " AND ".join(expression for one in tie.alternatives for expression in one)
        found += self.values.suggestions(column, expressions)
        found += [self.values.value(column, number, self.random, telling=self.telling) for number in range(8)]
        return found

    def _draw(self, number: int) -> Row | None:
        row: Row = {}
        for names, pool in self._pools:
            row |= zip(names, pool[number] if number < len(pool) else self.random.choice(pool), strict=True)
        if not self._assign_keys(row, number):
            return None
        asked = self.asked[number] if number < len(self.asked) else {}
        for name, column in self._columns.items():
            if name not in row:
                row[name] = asked[name] if name in asked else self._usual(column, number)
        for name, of in self._itself.items():
            if row[of] == DEFAULT or row[of] is None:
                row[of] = self.values.value(self._columns[of], number, self.random, telling=False)
            row[name] = row[of]
        return row

    def _usual(self, column: Column, number: int) -> Any:
        if column.counted:
            return DEFAULT
        turn = self._turn(number, column.name)
        if not self.telling:
            return self._value(column, number)
        if not column.required and turn == _NULL:
            return None
        constant = column.default and not any(sign in column.default for sign in _CALLS)
        if constant and turn == _DEFAULT and not any(column.name in one.columns for one in self.table.uniques):
            return DEFAULT
        return self._value(column, number)

    def _value(self, column: Column, number: int) -> Any:
        exclusive = any(one.exclusion and column.name in one.columns for one in self.table.uniques)
        if number < self.count:
            number = self._turn(number, column.name)
        elif self.values.few(column):
            number = self.random.randrange(1000)  # columns in step would never show all combinations
        return self.values.value(column, number, self.random, telling=self.telling and not exclusive)

    def _turn(self, number: int, name: str) -> int:
        """Turn the numbers of the first rows by a column's own step, so that not all it has of the unusual is in one.

        Later rows replace what was refused: theirs is left to chance.
        """
        if number < self.count:
            return (number + zlib.crc32(f"{self.table.name} {name}".encode())) % self.count
        return self.random.randrange(_DEFAULT + 1)

    def _assign_keys(self, row: Row, number: int, among: Collection[str] | None = None) -> bool:
        """Point foreign keys at rows, those of most columns first; False where they do not agree on a shared column."""
        keys = [one for one in self.table.foreign_keys if among is None or set(one.columns) & set(among)]
        for key in sorted(keys, key=lambda one: -len(one.columns)):
            if all(name in row for name in key.columns):
                continue
            parent = self._parent(key, row, number)
            if parent is not None:
                row |= dict(zip(key.columns, parent, strict=True))
            elif not self._leave_open(key, row):
                return False
        return True

    def _parent(self, key: ForeignKey, row: Row, number: int) -> Key | None:
        turn = self._turn(number, key.name)
        if key.name in self.open or (self.telling and optional(self.table, key) and turn == _NULL):
            return None
        fitting = [
            one
            for one in self.parents[key.name]
            if all(row.get(name, value) == value for name, value in zip(key.columns, one, strict=True))
        ]
        if not fitting:
            return None
        return fitting[turn % len(fitting)] if number < self.count else self.random.choice(fitting)

    def _leave_open(self, key: ForeignKey, row: Row) -> bool:
        if key.name in self.open and not optional(self.table, key):
            return True  # a row refers to itself
        free = [name for name in key.columns if not self._columns[name].required and row.get(name) is None]
        row |= dict.fromkeys(free)
        return len(free) == len(key.columns) if key.full else bool(free)


def first(rows: Iterator[Row], count: int) -> list[Row]:
    """Return up to `count` rows."""
    return list(islice(rows, count))
