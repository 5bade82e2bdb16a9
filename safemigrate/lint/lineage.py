"""What goes into each column of a table made anew, as the copy of its rows says."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from safemigrate.sql.actions import Column, Insert

_NAME = r'(?:"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[^\W\d]\w*)'
_PLAIN = re.compile(rf"(?:{_NAME}\s*\.\s*)?({_NAME})")
_AS = re.compile(rf"\s+AS\s+{_NAME}\s*\Z", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^']|'')*'")
_NO_COLUMN = frozenset(("NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"))
_CONSTANT = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?|0x\w+|x?'(?:[^']|'')*'|true|false|CURRENT_\w+", re.IGNORECASE)
_COALESCED = re.compile(r"(?:coalesce|ifnull)\s*\(.*,\s*('(?:[^']|'')*'|[^,()']+?)\s*\)", re.IGNORECASE | re.DOTALL)
_FILLS = re.compile(rf"(?:coalesce|ifnull)\s*\(\s*((?:{_NAME}\s*\.\s*)?{_NAME})\s*,", re.IGNORECASE)


def mapped(copies: Sequence[Insert], created: Sequence[Column], before: Sequence[str]) -> dict[str, str]:
    """Expressions by the column that they go into; empty where the copy is not as plain as that.

    `before` are the columns of the old table in their order, which `*` stands for.
    """
    copy = copies[0]
    columns = copy.columns or tuple(column.name for column in created if not column.generated)
    values: list[str] = []
    for value in copy.values:
        if value == "*" or value.endswith(".*"):
            values += [f'"{name}"' for name in before or columns]
        else:
            values.append(_unnamed(value))
    if before and copy.origin:
        values = [_meant(value, before) for value in values]
    return dict(zip(columns, values, strict=True)) if len(values) == len(columns) else {}


def _meant(value: str, before: Sequence[str]) -> str:
    """A name in double quotes that no column has is a string: sqlite.org/quirks.html 8."""
    name = plain(value) if value.startswith('"') and value.count('"') == 2 else ""
    known = {*map(str.lower, before), "rowid", "oid", "_rowid_"}
    return "'" + name.replace("'", "''") + "'" if name and name.lower() not in known else value


def _unnamed(value: str) -> str:
    """An expression without its AS."""
    bare = _AS.sub("", value)
    parts = re.fullmatch(rf"({_NAME})\s+{_NAME}", bare)
    return (parts[1] if parts and bare == value else bare).strip()


def plain(expression: str) -> str:
    """The column that an expression is and no more; "" for any other."""
    match = _PLAIN.fullmatch(expression)
    if not match or match[1].upper() in _NO_COLUMN:
        return ""
    return _bare(match[1])


def fills(expression: str) -> str:
    """The column whose NULLs an expression fills: coalesce("a", 1)."""
    match = _FILLS.match(expression)
    return plain(match[1]) if match else ""


def is_present(expression: str, required: Collection[str]) -> bool:
    """Whether an expression is never NULL: constants and required columns, put together, or behind coalesce."""
    if match := _COALESCED.fullmatch(expression):
        return is_present(match[1], required)
    parts = [part.strip() for part in expression.split("||")]
    return all(_CONSTANT.fullmatch(part) or plain(part) in required for part in parts)


def read(expressions: Collection[str], names: Collection[str]) -> set[str]:
    """Those of the columns that expressions name."""
    texts = [_STRING.sub("''", expression) for expression in expressions]
    return {
        name
        for name in names
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for text in texts)
    }


def _bare(name: str) -> str:
    if name[0] == '"':
        return name[1:-1].replace('""', '"')
    return name[1:-1] if name[0] in "`[" else name
