"""Conditions on rows: nobody here understands them. What they mention is tried, and the server says what it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.shadow.sample.describe import Type
from safemigrate.shadow.sample.mentioned import dates, numbers, texts

Row = tuple[str | None, ...]

_HIGHEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}


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
            for text in numbers(expression)
            if highest is None or (text.lstrip("-").isdigit() and abs(int(text)) <= highest)
        )
    elif type_.category == "D":
        found = dates(expression)
    elif type_.category == "S":
        limit = typmod - 4 if typmod > 4 else None
        found = (text[:limit] for text in texts(expression))
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
