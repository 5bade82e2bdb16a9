"""Former names and schemas, in an order in which no name is taken when it is needed."""

from __future__ import annotations

from collections.abc import Iterable

from safemigrate.db.catalog import ROUTINES, TYPES, VIEWS, Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.words import name_of, table_of

_ROOTS = frozenset({"schema", "table", "sequence"}) | TYPES | ROUTINES | VIEWS
_LIMIT = 63  # bytes, NAMEDATALEN - 1


def rename(pairs: Iterable[tuple[Object, Object]], after: Catalog, dropped: set[Identity]) -> list[str]:
    """Give every object its former schema and name; `dropped` are out of the way already."""
    pairs = [(was, now) for was, now in pairs if was.kind not in ("default", "default privileges")]
    said: list[str] = []
    renamed_schemas = {now.name: was.name for was, now in pairs if was.kind == "schema" and was.name != now.name}
    taken = {_place(one, one.schema, one.name) for one in after if one.identity not in dropped and one.kind in _ROOTS}
    for was, now in pairs:
        if was.kind == "schema" and was.name != now.name:
            said.append(f"ALTER SCHEMA {quote(now.name)} RENAME TO {quote(was.name)}")
    taken = {(kind, renamed_schemas.get(schema, schema), name) for kind, schema, name in taken}
    waiting = []
    for was, now in pairs:
        schema = renamed_schemas.get(now.schema, now.schema)
        if was.kind in _ROOTS and was.kind != "schema" and (was.schema, was.name) != (schema, now.name):
            waiting.append((was, _at(now, schema, now.name)))
    moved_tables = {was.identity for was, now in waiting if was.schema != now.schema}
    said += _move(waiting, taken, moved_tables)
    said += _inner(
        [(was, now) for was, now in pairs if was.kind not in _ROOTS and was.name != now.name], after, dropped
    )
    return said


def aside(one: Object, taken: Iterable[str]) -> str:
    """Find a free name for an object that has to make room."""
    used = set(taken)
    number = 1
    while True:
        ending = f"__old_{number}"
        name = one.name.encode()[: _LIMIT - len(ending)].decode(errors="ignore") + ending
        if name not in used:
            return name
        number += 1


def _move(waiting: list[tuple[Object, Object]], taken: set[tuple[str, str, str]], moved: set[Identity]) -> list[str]:
    said = []
    while waiting:
        later = []
        for was, now in waiting:
            follows = was.kind == "sequence" and (1259, was.internal["_table"] or 0, 0) in moved
            follows = follows and was.internal["_table"] == now.internal["_table"]
            schema = was.schema if follows else now.schema  # an owned sequence moves with its table
            step = _steps(was, _at(now, schema, now.name), taken)
            if step is None:
                later.append((was, now))
                continue
            said += step
            taken.discard(_place(now, now.schema, now.name))
            taken.add(_place(was, was.schema, was.name))
        if len(later) == len(waiting):  # a ring: one goes round by a name that nobody has
            was, now = later[0]
            name = aside(now, {name for _, _, name in taken})
            said.append(f"ALTER {_keyword(now)} {name_of(now)} RENAME TO {quote(name)}")
            taken.discard(_place(now, now.schema, now.name))
            later[0] = (was, _at(now, now.schema, name))
        waiting = later
    return said


def _steps(was: Object, now: Object, taken: set[tuple[str, str, str]]) -> list[str] | None:
    keyword = _keyword(now)
    if now.schema == was.schema and now.name == was.name:
        return []
    if _place(was, was.schema, was.name) in taken and (was.schema, was.name) != (now.schema, now.name):
        return None
    rename_first = was.name == now.name or _place(now, now.schema, was.name) not in taken or now.schema == was.schema
    if rename_first:
        middle = _at(now, now.schema, was.name)
    elif _place(now, was.schema, now.name) not in taken:
        middle = _at(now, was.schema, now.name)
    else:
        return None
    said = []
    for left, right in ((now, middle), (middle, was)):
        if left.name != right.name:
            said.append(f"ALTER {keyword} {name_of(left)} RENAME TO {quote(right.name)}")
        if left.schema != right.schema:
            said.append(f"ALTER {keyword} {name_of(left)} SET SCHEMA {quote(right.schema)}")
    return said


def _inner(pairs: list[tuple[Object, Object]], after: Catalog, dropped: set[Identity]) -> list[str]:
    """Names inside a table: columns, constraints, indexes, triggers, policies, rules; and things without a schema."""
    said = []
    taken = {_inner_place(one, one.name) for one in after if one.identity not in dropped}
    while pairs:
        later = []
        for was, now in pairs:
            if _inner_place(now, was.name) in taken:
                later.append((was, now))
                continue
            said.append(_rename_inner(was, now.name, was.name))
            taken.discard(_inner_place(now, now.name))
            taken.add(_inner_place(now, was.name))
        if len(later) == len(pairs):
            was, now = later[0]
            name = aside(now, {place[2] for place in taken})
            said.append(_rename_inner(was, now.name, name))
            taken.discard(_inner_place(now, now.name))
            later[0] = (was, _at(now, now.schema, name))
        pairs = later
    return said


def _rename_inner(was: Object, old: str, new: str) -> str:
    ending = f"{quote(old)} TO {quote(new)}"
    if was.kind in ("column", "constraint"):
        return f"ALTER TABLE {table_of(was)} RENAME {was.kind.upper()} {ending}"
    if was.kind == "domain constraint":
        return f"ALTER DOMAIN {table_of(was)} RENAME CONSTRAINT {ending}"
    if was.kind == "index":
        return f"ALTER INDEX {quote(was.schema, old)} RENAME TO {quote(new)}"
    if was.kind in ("trigger", "policy", "rule"):
        return f"ALTER {was.kind.upper()} {quote(old)} ON {table_of(was)} RENAME TO {quote(new)}"
    place = quote(was.schema, old) if was.schema else quote(old)
    return f"ALTER {was.kind.upper()} {place} RENAME TO {quote(new)}"


def _inner_place(one: Object, name: str) -> tuple[str, Identity | None, str]:
    if one.kind == "index" or (one.kind == "constraint" and one.internal["_index"] and one.attributes["type"] != "f"):
        return ("relation", None, f"{one.schema}.{name}")
    return (one.kind, one.table, name)


def _keyword(one: Object) -> str:
    return "TYPE" if one.kind in TYPES and one.kind != "domain" else one.kind.upper()


def _place(one: Object, schema: str, name: str) -> tuple[str, str, str]:
    """Tables, views, sequences and types share one name space: every table has a type of its name."""
    if one.kind in ROUTINES:
        return ("routine", schema, f"{name}({one.attributes['arguments']})")
    return ("schema", "", name) if one.kind == "schema" else ("relation", schema, name)


def _at(one: Object, schema: str, name: str) -> Object:
    return Object(one.kind, one.identity, schema, name, one.table, one.parent, one.attributes, one.internal)
