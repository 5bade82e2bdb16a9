"""How SQLite stores a value, as SQL: what a column's affinity makes of it (sqlite.org/datatype3.html, 3)."""

from __future__ import annotations

from safemigrate.db.sqlite.catalog import Column
from safemigrate.db.sqlite.connection import literal
from safemigrate.db.sqlite.definition import tokens

NUMERIC = ("INTEGER", "NUMERIC")


def stored(value: str, affinity: str, into: str) -> str:
    """Write what a value of a column of one affinity becomes in a column of another."""
    if into in ("BLOB", affinity) or (into in NUMERIC and affinity in NUMERIC):
        return value
    if into == "TEXT":
        return f"CASE WHEN typeof({value}) IN ('integer', 'real') THEN CAST({value} AS TEXT) ELSE {value} END"
    # Under "=", a text is compared with a number as a column of numbers would store it.
    number = f"WHEN typeof({value}) = 'text' AND CAST({value} AS NUMERIC) = {value} THEN"
    if into == "REAL":
        return (
            f"CASE WHEN typeof({value}) = 'integer' THEN CAST({value} AS REAL) "
            f"{number} CAST({value} AS REAL) ELSE {value} END"
        )
    whole = f"WHEN typeof({value}) = 'real' AND {_is_whole(value)} THEN CAST({value} AS INTEGER)"
    cast = f"CAST({value} AS NUMERIC)"
    text = f"CASE WHEN {_is_whole(cast)} THEN CAST({cast} AS INTEGER) ELSE {cast} END"
    return f"CASE {whole} {number} {text} ELSE {value} END"


def _is_whole(number: str) -> str:
    return f"CAST({number} AS INTEGER) = {number} AND {number} BETWEEN -9223372036854775807 AND 9223372036854775806"


def constant(column: Column) -> str | None:
    """Write a column's default as SQL stands for it anywhere; None where it may give another value each time."""
    if column.default is None:
        return "NULL"
    found = tokens(column.default)
    words = [token for token in found if token.word and (token.word[0].isalpha() or token.word[0] == "_")]
    first = column.default[found[0].start] if found else ""
    if len(found) == 1 and first in '"`[':  # a name stands for its own text (parse.y, ccons ::= DEFAULT id)
        return literal(found[0].text)
    if len(found) == 1 and words and words[0].word not in _VALUES:
        return None if words[0].word.startswith("CURRENT_") else literal(words[0].text)
    if any(token.word not in _VALUES for token in words) or '"' in column.default:
        return None
    return column.default if len(found) == 1 else f"({column.default})"


_VALUES = ("NULL", "TRUE", "FALSE")
