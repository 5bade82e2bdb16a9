"""One text for a column's value, whatever its type is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.shadow.sample import checks, scalars
from safemigrate.shadow.sample.describe import Type
from safemigrate.shadow.sample.table import Column, Unfillable

# What the input function of a type that nobody here knows may take.
_GUESSES = ("{n}", "sample{n}", "({n},{n})", "[{n},{n}]", "{{}}", "")


class Values:
    """Values by type; a number gives the same one each time, other numbers give others where the type has them."""

    def __init__(self, connection: Connection, types: Mapping[int, Type], avoid: Collection[str] = ()) -> None:
        self._connection = connection
        self._types = types
        self._avoid = avoid
        self._guessed: dict[int, str] = {}
        self._allowed: dict[int, list[str]] = {}

    def few(self, column: Column) -> bool:
        """Whether a column's type has so few values that numbers in a row soon repeat them."""
        one = self._types[column.type]
        return one.kind in "ed" or one.name == "bool"

    def value(self, column: Column, number: int, random: Random, *, telling: bool) -> str:
        """Return value `number` of a column."""
        return self.of(column.type, column.typmod, number, random, telling=telling)

    def suggestions(self, column: Column, expression: str) -> list[str]:
        """Return values of a column that a condition may be about."""
        return checks.suggestions(expression, self._types[column.type], column.typmod)

    def kept(
        self, columns: Sequence[Column], rows: Sequence[checks.Row], expressions: Sequence[str]
    ) -> list[checks.Row]:
        """Return the rows of these columns that fulfil every condition."""
        return checks.kept(self._connection, [(one.name, one.sql) for one in columns], rows, expressions)

    def of(self, oid: int, typmod: int, number: int, random: Random, *, telling: bool) -> str:
        """Return value `number` of a type; `telling` ones come first where they are asked for."""
        one = self._types[oid]
        if one.kind == "e":
            if not one.labels:
                raise Unfillable(f"enum {one.sql} has no label")
            labels = [label for label in one.labels if label not in self._avoid] or one.labels
            return labels[number % len(labels)]
        if one.kind == "d":
            allowed = self._domain(oid)
            return allowed[number % len(allowed)]
        if one.element and one.category == "A":
            return self._array(one, typmod, number, random, telling=telling)
        if one.kind == "c":
            parts = (self.of(part, mod, number, random, telling=telling) for part, mod in one.attributes)
            return f"({','.join(map(_quoted, parts))})"
        if one.kind in "rm":
            return self._range(one, number, random, telling=telling)
        told = scalars.telling(one.name, typmod) if telling else ()
        if number < len(told):
            return told[number]
        plain = scalars.plain(one.name, typmod, number, random)
        return self._guess(oid, one).format(n=number) if plain is None else plain

    def _array(self, one: Type, typmod: int, number: int, random: Random, *, telling: bool) -> str:
        labels = self._types[one.element].labels
        if telling and number == 1:
            return "{}"
        if telling and number == 0 and labels:
            parts = list(labels)
        else:
            parts = [self.of(one.element, typmod, at, random, telling=telling) for at in (number, number + 1)]
        written = [_quoted(part) for part in parts]
        if telling and number == 2:
            written.append("NULL")
        return "{" + self._types[one.element].delimiter.join(written) + "}"

    def _range(self, one: Type, number: int, random: Random, *, telling: bool) -> str:
        point = _quoted(self.of(one.base, -1, number, random, telling=False))
        if telling and number == 1:
            return "{}" if one.kind == "m" else "empty"
        text = f"(,{point}]" if telling and number == 2 else f"[{point},{point}]"
        return f"{{{text}}}" if one.kind == "m" else text

    def _domain(self, oid: int) -> list[str]:
        if oid not in self._allowed:
            one = self._types[oid]
            random = Random(one.sql)  # noqa: S311 the same values every time
            texts = [self.of(one.base, one.typmod, number, random, telling=True) for number in range(40)]
            for check in one.checks:
                texts += checks.suggestions(check, self._types[one.base], one.typmod)
            rows: list[checks.Row] = [(text,) for text in dict.fromkeys(texts)]
            base = session.value(self._connection, "SELECT format_type(%s, %s)", [one.base, one.typmod])
            kept = checks.kept(self._connection, [("value", base)], rows, one.checks) if one.checks else rows
            self._allowed[oid] = [str(text) for (text,) in kept]
        if not self._allowed[oid]:
            raise Unfillable(f"no value was found for domain {self._types[oid].sql}")
        return self._allowed[oid]

    def _guess(self, oid: int, one: Type) -> str:
        if oid not in self._guessed:
            for guess in _GUESSES:
                if checks.is_input(self._connection, guess.format(n=1), one.sql):
                    self._guessed[oid] = guess
                    break
            else:
                raise Unfillable(f"no value is known for type {one.sql}")
        return self._guessed[oid]


def _quoted(text: str) -> str:
    """Write a part of an array, a composite or a range."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
