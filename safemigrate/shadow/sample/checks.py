"""Conditions on rows: nobody here understands them. What they mention is tried, and the server says what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.shadow.sample.describe import Type
from safemigrate.shadow.sample.pattern import matching

Row = tuple[str | None, ...]

_STRING = re.compile(r"(~~?\*?\s*)?(?:\()?'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")

_HIGHEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}

# What people write patterns for.
_SHAPES = (
    "a1@example.org",
    "https://example.org/a",
    "+15551234567",
    "#a1b2c3",
    "slug-1",
    "snake_1",
    "Name",
    "CODE",
    "AB",
    "EUR",
    "en",
    "en-US",
    "2024-01",
    "2024-01-02",
    "12:34",
    "12345",
    "1.2.3",
    "c0ffee00-0000-4000-8000-000000000001",
    "{}",
    "a",
    "1",
)


def literal(text: str | None) -> str:
    """Write a value as SQL, whatever the server's settings make of a backslash."""
    if text is None:
        return "NULL"
    escape = "E" if "\\" in text else ""
    return escape + "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def suggestions(expression: str, type_: Type, typmod: int) -> list[str]:
    """Return texts for a column of a type that a condition on it may be about."""
    found: Iterable[str] = ()
    if type_.kind == "e":
        found = type_.labels
    elif type_.category == "N":
        highest = _HIGHEST.get(type_.name)
        found = (
            text
            for text in _numbers(expression)
            if highest is None or (text.lstrip("-").isdigit() and abs(int(text)) <= highest)
        )
    elif type_.category == "D":
        found = _dates(expression)
    elif type_.category == "S":
        limit = typmod - 4 if typmod > 4 else None
        found = (text[:limit] for text in _texts(expression))
    return list(dict.fromkeys(found))


def kept(
    connection: Connection, columns: Sequence[tuple[str, str]], rows: Sequence[Row], expressions: Iterable[str]
) -> list[Row]:
    """Return the rows, of columns given by name and type, that fulfil every condition, in their order.

    All of them where a condition cannot be put without its table; then the insert shows.
    """
    names = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name, _ in columns)
    written = [
        f"({number}, {', '.join(_typed(text, type_) for text, (_, type_) in zip(row, columns, strict=True))})"
        for number, row in enumerate(rows)
    ]
    if not written:
        return []
    conditions = " AND ".join(f"({expression}) IS NOT FALSE" for expression in expressions)
    sql = f"SELECT _number FROM (VALUES {', '.join(written)}) AS _rows (_number, {names}) WHERE {conditions} ORDER BY 1"
    try:
        with connection.transaction():
            return [rows[number] for (number,) in session.rows(connection, sql)]
    except session.SqlError:
        return list(rows)


def is_input(connection: Connection, text: str, type_: str) -> bool:
    """Whether a type takes a text."""
    try:
        with connection.transaction():
            session.rows(connection, f"SELECT {_typed(text, type_)}")
    except session.SqlError:
        return False
    return True


def _typed(text: str | None, type_: str) -> str:
    return f"{literal(text)}::{type_}"


def _strings(expression: str) -> Iterator[tuple[str, str]]:
    for operator, text in _STRING.findall(expression):
        yield operator.strip(), text.replace("''", "'")


def _numbers(expression: str) -> Iterator[str]:
    plain = re.sub(r"'(-?\d+(?:\.\d+)?)'", r" \1 ", expression)  # the server writes '-1'::integer
    for text in _NUMBER.findall(plain):
        number = Decimal(text)
        yield from (text, str(number + 1), str(number - 1))
        if "." in text or "::numeric" in expression or "::double" in expression:
            yield from (str(number + Decimal("0.01")), str(number - Decimal("0.01")))


def _dates(expression: str) -> Iterator[str]:
    for _, text in _strings(expression):
        if re.match(r"[1-9]\d{3}-\d\d-\d\d", text):
            with suppress(ValueError, OverflowError):  # no date of this calendar, or the last one
                day = date.fromisoformat(text[:10])
                yield from (f"{day + timedelta(days)}{text[10:]}" for days in range(-1, 5))


def _texts(expression: str) -> Iterator[str]:
    for operator, text in _strings(expression):
        if operator.startswith("~~"):
            yield text.replace("%", "x").replace("_", "a")
            yield text.replace("%", "").replace("_", "a")
        elif operator.startswith("~"):
            yield from matching(text)
        else:
            yield text
    for number in _NUMBER.findall(expression):
        if number.isdigit() and int(number) <= 2000:
            for size in (int(number) - 1, int(number), int(number) + 1):
                if size >= 0:
                    yield ("abcdefghij" * (size // 10 + 1))[:size]
    yield from _SHAPES
