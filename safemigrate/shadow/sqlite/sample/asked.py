"""What a migration's statements look for: rows that have it make them do something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from safemigrate.db.sqlite.catalog import fold
from safemigrate.sql import Statement

_WRITES = ("INSERT", "REPLACE", "UPDATE", "DELETE", "WITH")
_STRING = r"'(?:[^']|'')*'"
_ASKED = re.compile(
    rf"""["`\[]?(\w+)["`\]]?\s*(?:==?|\bIS\b|\bIN\s*\()\s*((?:{_STRING}|\d+)(?:\s*,\s*(?:{_STRING}|\d+))*)""",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{_STRING}|\d+")


def asked(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    """Return values by folded column, a row's together: what a statement compares columns with, as far as it is plain.

    What an UPDATE sets is among it, and does no harm there.
    """
    found = []
    for one in statements:
        if one.kind in _WRITES:
            columns = {column: tuple(_values(listed)) for column, listed in _ASKED.findall(_after_where(one.sql))}
            for row in zip_longest(*columns.values()):
                known = {fold(name): given for name, given in zip(columns, row, strict=True) if given is not None}
                if known not in found:
                    found.append(known)
    return found


def _after_where(sql: str) -> str:
    return re.split(r"\bWHERE\b", sql, maxsplit=1, flags=re.IGNORECASE)[-1]


def _values(listed: str) -> Iterator[Any]:
    for text in _VALUE.findall(listed):
        yield text[1:-1].replace("''", "'") if text.startswith("'") else int(text)
