"""Former names and schemas, in an order in which no name is taken when it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from safemigrate.db.catalog import ROUTINES, TYPES, VIEWS, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.words import in_order, name_of, table_of

_ROOTS = frozenset({"table", "sequence"}) | TYPES | ROUTINES | VIEWS
Place = tuple[str, str, str]  # name space, schema, name
InnerPlace = tuple[str, Identity | None, str]  # name space, table, name
_LIMIT = 63  # bytes, NAMEDATALEN - 1


def rename(staying: Collection[tuple[Object, Object]], changed: Collection[tuple[Object, Object]]) -> list[str]:
    """Give every object in `changed` its former schema and name, of all that are there and keep their place."""
    pairs = [(was, now) for was, now in changed if was.kind not in ("default", "default privileges")]
    schemas = {now.name: was.name for was, now in pairs if was.kind == "schema"}
    said = [f"ALTER SCHEMA {quote(now)} RENAME TO {quote(was)}" for now, was in in_order(schemas)]

    def today(was: Object, now: Object) -> Object:  # types have their names back before routines are called by them
        return _at(was if was.kind in ROUTINES else now, schemas.get(now.schema, now.schema), now.name)

    taken = {place for was, now in staying if was.kind in _ROOTS for place in _places(today(was, now))}
    roots = [(was, today(was, now)) for was, now in pairs if was.kind in _ROOTS]
    waiting = [(was, now) for was, now in roots if (was.schema, was.name) != (now.schema, now.name)]
    moved_tables = {was.identity for was, now in waiting if was.schema != now.schema}
    said += _move(sorted(waiting, key=lambda pair: pair[0].kind in ROUTINES), taken, moved_tables)
    inner = [(was, now) for was, now in pairs if was.kind not in _ROOTS | {"schema"} and was.name != now.name]
    return said + _inner(inner, {_inner_place(was, now.name) for was, now in staying})


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


def _move(waiting: list[tuple[Object, Object]], taken: set[Place], moved: set[Identity]) -> list[str]:
    said: list[str] = []
    rings = len(waiting)
    while waiting:
        later = []
        for was, now in waiting:
            follows = was.kind == "sequence" and (1259, was.internal["_table"] or 0, 0) in moved
            follows = follows and was.internal["_table"] == now.internal["_table"]
            here = _at(now, was.schema if follows else now.schema, now.name)  # an owned sequence moves with its table
            step = _steps(was, here, taken - _places(now))
            if step is None:
                later.append((was, now))
                continue
            said += step
            taken = (taken - _places(now)) | _places(was)
        if len(later) == len(waiting):  # a ring: one goes round by a name that nobody has
            was, now = later[0]
            name = aside(now, {name for _, _, name in taken})
            said.append(f"ALTER {_keyword(now)} {name_of(now)} RENAME TO {quote(name)}")
            taken = taken - _places(now)
            later[0] = (was, _at(now, now.schema, name))
            if len(said) > 6 * rings:
                break  # cannot happen between two states that both existed; the proof would show it
        waiting = later
    return said


def _steps(was: Object, now: Object, taken: set[Place]) -> list[str] | None:
    if taken & _places(was):
        return None
    if was.name == now.name or was.schema == now.schema or not taken & _places(_at(now, now.schema, was.name)):
        middle = _at(now, now.schema, was.name)
    elif not taken & _places(_at(now, was.schema, now.name)):
        middle = _at(now, was.schema, now.name)
    else:
        return None
    said = []
    for left, right in ((now, middle), (middle, was)):
        if left.name != right.name:
            said.append(f"ALTER {_keyword(now)} {name_of(left)} RENAME TO {quote(right.name)}")
        if left.schema != right.schema:
            said.append(f"ALTER {_keyword(now)} {name_of(left)} SET SCHEMA {quote(right.schema)}")
    return said


def _inner(pairs: list[tuple[Object, Object]], taken: set[InnerPlace]) -> list[str]:
    """Names inside a table: columns, constraints, indexes, triggers, policies, rules; and things without a schema."""
    said: list[str] = []
    waiting = [(was, now.name) for was, now in pairs]
    while waiting:
        later = []
        for was, name in waiting:
            if _inner_place(was, was.name) in taken:
                later.append((was, name))
                continue
            said.append(_rename_inner(was, name, was.name))
            taken = (taken - {_inner_place(was, name)}) | {_inner_place(was, was.name)}
        if len(later) == len(waiting):
            was, name = later[0]
            third = aside(was, {place[2] for place in taken})
            said.append(_rename_inner(was, name, third))
            taken = taken - {_inner_place(was, name)}
            later[0] = (was, third)
            if len(said) > 3 * len(pairs):
                break  # cannot happen between two states that both existed; the proof would show it
        waiting = later
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


def _inner_place(one: Object, name: str) -> InnerPlace:
    if one.kind == "index" or (one.kind == "constraint" and one.internal["_index"] and one.attributes["type"] != "f"):
        return ("relation", None, f"{one.schema}.{name}")
    return (one.kind, one.table, name)


def _keyword(one: Object) -> str:
    return "TYPE" if one.kind in TYPES and one.kind != "domain" else one.kind.upper()


def _places(one: Object) -> set[Place]:
    """The names an object takes: every table and view has a type of its name, every composite type a relation."""
    if one.kind in ROUTINES:
        return {("routine", one.schema, f"{one.name}({one.attributes['arguments']})")}
    found = set()
    if one.kind not in TYPES or one.kind == "composite":
        found.add(("relation", one.schema, one.name))
    if one.kind != "sequence":
        found.add(("type", one.schema, one.name))
    return found


def _at(one: Object, schema: str, name: str) -> Object:
    return Object(one.kind, one.identity, schema, name, one.table, one.parent, one.attributes, one.internal)
