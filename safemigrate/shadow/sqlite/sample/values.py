"""Values for a column by its declared type, as Prisma writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from safemigrate.db.sqlite.catalog import affinity
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, run
from safemigrate.shadow.sample import scalars
from safemigrate.shadow.sample.mentioned import dates, numbers, texts
from safemigrate.shadow.sample.table import Column, Key

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Early ones are those on which a change of type, or of how values compare, shows.
_TELLING: dict[str, tuple[Any, ...]] = {
    "TEXT": (*scalars.telling("text", -1), "007", "1e3", "12 "),
    "INTEGER": (2**53 + 1, -7, 0, 1, 3_000_000_000),
    "REAL": (1 / 3, -0.0, 16777217.0, 1e300, 5e-324),
    "NUMERIC": (0.1, -7, 12345678.91, 0, 3),
    "BLOB": (b"\x00\xff\\'", b"", b"\xde\xad\xbe\xef", b"text"),
    # Prisma's engine writes milliseconds since 1970; its driver adapters and SQLite's own CURRENT_TIMESTAMP, texts.
    "DATETIME": (1_709_210_096_789, "2024-02-29 12:34:56", "2024-02-29T12:34:56.789+00:00", -500, 253_402_300_799_999),
    "JSON": ('{"b": 1,  "a": [1.00, null, "é"], "b": 2}', "[ ]", "null", '"it\'s \\"quoted\\" \\\\"', "1.0"),
}


class Values:
    """Values by declared type; a number gives the same one each time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def few(self, column: Column) -> bool:
        """Whether a column's type has so few values that numbers in a row soon repeat them."""
        return _kind(column.sql) == "BOOLEAN"

    def value(self, column: Column, number: int, random: Random, *, telling: bool) -> Any:  # noqa: ARG002 the protocol's
        """Return value `number` of a column; `telling` ones come first where they are asked for."""
        kind = _kind(column.sql)
        told = _TELLING.get(kind, ()) if telling else ()
        if number < len(told):
            return told[number]
        return _plain(kind, number)

    def suggestions(self, column: Column, expression: str) -> list[Any]:
        """Return values of a column that a condition may be about."""
        kind = _kind(column.sql)
        found: Iterator[Any] = texts(expression)
        if kind in ("INTEGER", "BOOLEAN", "REAL", "NUMERIC"):
            found = (float(text) if "." in text else int(text) for text in numbers(expression))
        elif kind == "DATETIME":
            found = iter([*dates(expression), *(int(text) for text in numbers(expression) if "." not in text)])
        return list(dict.fromkeys(one for one in found if not isinstance(one, int) or abs(one) < 2**63))

    def kept(self, columns: Sequence[Column], rows_: Sequence[Key], expressions: Sequence[str]) -> list[Key]:
        """Return the rows that fulfil every condition; all where one cannot be put without its table."""
        if not rows_:
            return []
        table = "temp.safemigrate_tried"
        types = ", ".join(f"{quote(one.name)} {one.sql}" for one in columns)
        marks = ", ".join("?" * len(columns))
        conditions = " AND ".join(f"({expression}) IS NOT FALSE" for expression in expressions)
        run(self._connection, f"CREATE TEMP TABLE safemigrate_tried ({types})")
        try:
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows_)
            found = rows(self._connection, f"SELECT rowid FROM {table} WHERE {conditions} ORDER BY rowid")
            return [rows_[number - 1] for (number,) in found]
        except SqlError:
            return list(rows_)
        finally:
            run(self._connection, f"DROP TABLE {table}")


def _kind(declared: str) -> str:
    """What a column is for, by its declared type as Prisma writes it, else its affinity."""
    upper = declared.upper().partition("(")[0].strip()
    if upper in ("BOOLEAN", "BOOL"):
        return "BOOLEAN"
    if upper in ("DATETIME", "TIMESTAMP", "DATE"):
        return "DATETIME"
    if upper in ("JSON", "JSONB"):
        return "JSON"
    return affinity(declared) if upper else "TEXT"


def _plain(kind: str, number: int) -> Any:
    if kind == "BOOLEAN":
        return number % 2
    if kind == "DATETIME":
        return int((_BEGIN + timedelta(hours=number) - _EPOCH).total_seconds() * 1000)
    if kind == "JSON":
        return f'{{"n": {number}}}'
    if kind == "INTEGER":
        return 1000 + 7 * number
    if kind in ("REAL", "NUMERIC"):
        return number + 0.5
    return f"n{number}".encode() if kind == "BLOB" else str(1000 + number)
