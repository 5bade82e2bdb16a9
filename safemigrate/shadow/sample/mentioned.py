"""What a condition mentions: values that are worth trying."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from safemigrate.shadow.sample.pattern import matching

_STRING = re.compile(r"(~~?\*?\s*)?(?:\()?'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")

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


def strings(expression: str) -> Iterator[tuple[str, str]]:
    """Yield the texts in a condition, each with the operator of PostgreSQL's before it that makes a pattern of it."""
    for operator, text in _STRING.findall(expression):
        yield operator.strip(), text.replace("''", "'")


def numbers(expression: str) -> Iterator[str]:
    """Yield the numbers in a condition, and those beside them."""
    plain = re.sub(r"'(-?\d+(?:\.\d+)?)'", r" \1 ", expression)  # the server writes '-1'::integer
    for text in _NUMBER.findall(plain):
        number = Decimal(text)
        yield from (text, str(number + 1), str(number - 1))
        if "." in text or "::numeric" in expression or "::double" in expression:
            yield from (str(number + Decimal("0.01")), str(number - Decimal("0.01")))


def dates(expression: str) -> Iterator[str]:
    """Yield the dates in a condition, and those around them."""
    for _, text in strings(expression):
        if re.match(r"[1-9]\d{3}-\d\d-\d\d", text):
            with suppress(ValueError, OverflowError):  # no date of this calendar, or the last one
                day = date.fromisoformat(text[:10])
                yield from (f"{day + timedelta(days)}{text[10:]}" for days in range(-1, 5))


def texts(expression: str) -> Iterator[str]:
    """Yield the texts in a condition, some that match its patterns, some of the lengths it names, some usual ones."""
    for operator, text in strings(expression):
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
