"""Finding one row where it is kept: by the names of columns, as users know them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from safemigrate.db.sqlite.connection import quote

# What `keep` calls its columns; what is only copied has the names of its table.
_OURS = re.compile(r"what|content|twin|(at|old|new)_.*", re.DOTALL)
# A former row, and today's: by what is kept of it, else by where it lies.
_SIDES = (("old_", "at_"), ("at_", "new_"))


def row(columns: Collection[str], key: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | None:
    """Write the condition that finds a row in a kept table of these columns, with its values; None where nothing can.

    Values are compared as text, those of a BLOB as X'00FF'.
    """
    sides = _SIDES if all(map(_OURS.fullmatch, columns)) else (("",),)
    there = {name.lower(): name for name in columns}
    found: dict[str, tuple[str, ...]] = {}
    for side in sides:
        named = [next((there[s + n.lower()] for s in side if s + n.lower() in there), None) for n in key]
        if all(named):
            condition = " AND ".join(_is(quote(name)) for name in named if name)
            found[f"({condition})"] = tuple(key.values())
    if not found:
        return None
    return " OR ".join(found), tuple(value for values in found.values() for value in values)


def _is(name: str) -> str:
    return f"CASE typeof({name}) WHEN 'blob' THEN quote({name}) ELSE CAST({name} AS TEXT) END = ?"
