"""How objects are named in SQL."""

from __future__ import annotations

from collections.abc import Mapping

from safemigrate.db.catalog import Catalog, Object, Value
from safemigrate.db.postgres import quote

_KEYWORDS = {"enum": "TYPE", "composite": "TYPE", "range": "TYPE", "base type": "TYPE"}
_ON_TABLE = frozenset({"trigger", "policy", "rule"})


def literal(text: str) -> str:
    """Write text as SQL (standard_conforming_strings is on in every supported server)."""
    return "'" + text.replace("'", "''") + "'"


def table_of(one: Object) -> str:
    """Name the table (or domain) that a column, constraint, index or the like belongs to."""
    return quote(one.schema, one.parent)


def only(one: Object, catalog: Catalog) -> str:
    """Keep a statement about a table's column from its heirs, who may be of another mind."""
    return "ONLY " if one.table is not None and one.table[1] in catalog.heirs else ""


def alter_column(one: Object, catalog: Catalog) -> str:
    """Begin a statement about a column, or a default's column, of one table alone."""
    return f"ALTER TABLE {only(one, catalog)}{table_of(one)} ALTER COLUMN {quote(one.name)}"


def name_of(one: Object) -> str:
    """Name an object as ALTER, DROP and GRANT take it, without its keyword."""
    if "_class" in one.internal:
        if not one.internal["_named"]:
            return one.name
        name = (
            f"{quote(one.schema)}.{one.name}"
            if one.kind == "operator"
            else quote(*filter(None, (one.schema, one.name)))
        )
        return f"{name}{one.internal['_suffix']}"
    if one.kind == "index":
        return quote(one.schema, one.name)
    if one.table is not None:
        return quote(one.name)
    arguments = f"({one.attributes['arguments']})" if "arguments" in one.attributes else ""
    return (quote(one.schema, one.name) if one.schema else quote(one.name)) + arguments


def target(one: Object) -> str:
    """Name an object with its keyword, as COMMENT ON and DROP take it: `TRIGGER "t" ON "public"."User"`."""
    keyword = _KEYWORDS.get(one.kind, one.kind.upper())
    if one.kind == "column":
        return f"COLUMN {quote(one.schema, one.parent, one.name)}"
    if one.kind == "constraint" or one.kind in _ON_TABLE:
        return f"{keyword} {quote(one.name)} ON {table_of(one)}"
    if one.kind == "domain constraint":
        return f"CONSTRAINT {quote(one.name)} ON DOMAIN {table_of(one)}"
    return f"{keyword} {name_of(one)}"


def options(values: object) -> str:
    """Write reloptions (`{fillfactor=70}`) as a list for WITH or SET."""
    assert isinstance(values, tuple)
    return ", ".join(_option(str(value)) for value in values)


def foreign(values: Value) -> str:
    """Write the options of a foreign table or its column, as CREATE takes them."""
    return (
        f" OPTIONS ({', '.join(f'{quote(name)} {literal(value)}' for name, value in _pairs(values))})" if values else ""
    )


def foreign_options(start: str, old: Value, new: Value) -> list[str]:
    """Bring the options of a foreign table or its column back."""
    was, now = dict(_pairs(old)), dict(_pairs(new))
    said = [f"DROP {quote(name)}" for name in now if name not in was]
    said += [
        f"{'SET' if name in now else 'ADD'} {quote(name)} {literal(value)}"
        for name, value in was.items()
        if now.get(name) != value
    ]
    return [f"{start} OPTIONS ({', '.join(said)})"] if said else []


def _pairs(values: Value) -> list[tuple[str, str]]:
    assert values is None or isinstance(values, tuple)
    return [(name, value) for name, _, value in (str(one).partition("=") for one in values or ())]


def option_names(values: object) -> set[str]:
    """Return the names in reloptions."""
    return {str(value).partition("=")[0] for value in values} if isinstance(values, tuple) else set()


def _option(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{name}={literal(value)}"


def in_order(renames: Mapping[str, str]) -> list[tuple[str, str]]:
    """Order renames, now to was, so that no name is taken when it is needed; a ring goes round by a third name."""
    waiting = {now: was for now, was in renames.items() if now != was}
    said = []
    while waiting:
        free = next((now for now, was in waiting.items() if was not in waiting), None)
        if free is None:
            now = next(iter(waiting))
            said.append((now, f"{now}__old"))
            waiting[f"{now}__old"] = waiting.pop(now)
        else:
            said.append((free, waiting.pop(free)))
    return said
