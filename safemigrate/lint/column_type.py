"""Column types: what two spellings mean, and what changing one into another costs."""

from __future__ import annotations

_WHOLE = {"smallint": 1, "integer": 2, "bigint": 3, "numeric": 4}
_WIDER = (("real", "double precision"), ("text", "character varying"), ("json", "text"))
_ALIASES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "float8": "double precision",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "varbit": "bit varying",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "serial": "integer",
    "bigserial": "bigint",
}


def parts(type_: str) -> tuple[str, tuple[int, ...], bool]:
    """A type as base name, modifiers, and whether it is an array: numeric(10,2) is ("numeric", (10, 2), False)."""
    text = type_.strip()
    array = text.endswith("[]")
    text = text.removesuffix("[]")
    base, _, rest = text.partition("(")
    inside, _, behind = rest.partition(")")
    numbers = tuple(int(n) for n in inside.split(",") if n.strip().isdigit())
    base = f"{base.strip()} {behind.strip()}".strip()
    if '"' in base:
        base = base.split(".")[-1].strip('"')
    else:
        base = base.lower().split(".")[-1]
        base = _ALIASES.get(base, base)
    return base, numbers, array


def same_type(one: str, other: str) -> bool:
    """Whether two spellings mean one type."""
    return parts(one) == parts(other)


def is_free(before: str, after: str) -> bool:
    """Whether PostgreSQL changes the catalog alone; measured on 10 to 18."""
    old, old_size, old_array = parts(before)
    new, new_size, new_array = parts(after)
    if old_array or new_array:
        return parts(before) == parts(after)
    if old == "character varying":
        return new == "text" or (new == old and _grows(old_size, new_size))
    if (old, new) in (("text", "character varying"), ("cidr", "inet")):
        return not new_size
    if old == "numeric" and new == old:
        same_scale = old_size[1:] == new_size[1:] or not new_size
        return same_scale and _grows(old_size, new_size)
    if old.startswith(("timestamp", "interval", "bit varying")) and new == old:
        return _grows(old_size, new_size)
    return (old, old_size) == (new, new_size)


def _grows(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return not after or (bool(before) and after[0] >= before[0])


def holds(before: str, after: str) -> bool:
    """Whether every old value has a place in the new type, and comes back from it."""
    old, _, old_array = parts(before)
    new, new_size, new_array = parts(after)
    if old_array or new_array:
        return before == after
    if old in _WHOLE and new in _WHOLE:
        return _WHOLE[old] < _WHOLE[new] and not new_size
    if new == "text":
        return old in ("smallint", "integer", "bigint", "uuid", "boolean", "character varying")
    return is_free(before, after) or ((old, new) in _WIDER and not new_size)


def takes_all(after: str) -> bool:
    """Whether a type, the old one unknown, holds whatever the server casts to it unasked and people change to it.

    A fraction may become a whole number so, but nobody has seen a migration that makes a bigint of one.
    """
    new, size, array = parts(after)
    return not array and not size and new in ("text", "character varying", "bigint", "numeric")
