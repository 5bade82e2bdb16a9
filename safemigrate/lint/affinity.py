"""What a declared type makes of values on SQLite, and what becomes of those that are there when it changes."""

from __future__ import annotations

# What Prisma declares, by what it is for; a value of another kind stays what it is, and its client cannot read it.
_SUBTYPES = {"BOOLEAN": "boolean", "DATETIME": "datetime", "DECIMAL": "decimal", "JSONB": "json", "BIGINT": "bigint"}
# sqlite.org/datatype3.html 3.1, in this order.
_AFFINITIES = {
    "INT": "INTEGER",
    "CHAR": "TEXT",
    "CLOB": "TEXT",
    "TEXT": "TEXT",
    "BLOB": "BLOB",
    "REAL": "REAL",
    "FLOA": "REAL",
    "DOUB": "REAL",
}
# Every value that Prisma has written into the first comes back from the second as it went in.
_HOLDS = {
    ("INTEGER", "bigint"),
    ("INTEGER", "REAL"),
    ("INTEGER", "decimal"),
    ("bigint", "decimal"),
    ("INTEGER", "TEXT"),
    ("bigint", "TEXT"),
    ("boolean", "INTEGER"),
    ("boolean", "bigint"),
    ("REAL", "decimal"),
}


def affinity(type_: str) -> str:
    """INTEGER, TEXT, BLOB, REAL or NUMERIC."""
    upper = type_.upper()
    if not upper:
        return "BLOB"
    return next((found for word, found in _AFFINITIES.items() if word in upper), "NUMERIC")


def holds(before: str, after: str) -> bool:
    """Whether every value has a place in the new type, and comes back from it."""
    old, new = _kind(before), _kind(after)
    return old == new or (old, new) in _HOLDS


def becomes(before: str, after: str) -> str:
    """What SQLite does to the values, in words."""
    old, new = affinity(before), affinity(after)
    if before and old == "BLOB":
        return "bytes stay bytes"
    if new == "TEXT" and old != "TEXT":
        return "numbers become text"
    if new in ("INTEGER", "NUMERIC", "REAL") and old == "TEXT":
        return "text that looks like a number becomes one, other text stays text"
    if new == "REAL" and old in ("INTEGER", "NUMERIC"):
        return "whole numbers are exact up to 2^53"
    if new == "INTEGER" and old in ("REAL", "NUMERIC"):
        return "fractions stay fractions"
    return "values stay as they were written"


def misfits(column: str, after: str) -> str:
    """A condition for the values that are of another kind than the new type means; "" where any will do.

    Compared with a number, text becomes one where it looks like one, as the affinity would have it.
    """
    whole = f"CAST({column} AS INTEGER) = {column}"
    match _kind(after):
        case "INTEGER" | "bigint":
            return f"NOT ({whole})"
        case "boolean":
            return f"NOT ({whole} AND CAST({column} AS INTEGER) IN (0, 1))"
        case "REAL" | "decimal":
            return f"NOT (CAST({column} AS NUMERIC) = {column})"
        case "datetime":
            return f"NOT ({whole} OR datetime({column}) IS NOT NULL)"
        case "BLOB":
            return f"typeof({column}) NOT IN ('blob', 'null')"
        case "TEXT":
            return f"typeof({column}) = 'blob'"
    return ""


def _kind(type_: str) -> str:
    return _SUBTYPES.get(type_.upper().split("(")[0].strip()) or affinity(type_)
