"""Former names and schemas, in an order in which no name is taken when it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, VIEWS, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.words import in_order, name_of, table_of

_ROOTS = frozenset({"sequence", "statistics"}) | TABLES | TYPES | ROUTINES | VIEWS
_ON_TABLES = frozenset({"constraint", "index"})  # whose names stand among those of tables, and move with their table
_FIXED = frozenset({"cast", "transform", "user mapping", "default", "default privileges"})  # named by what they are for
Place = tuple[str, str, str]  # name space, schema, name
InnerPlace = tuple[str, Identity | None, str]  # name space, table, name
_LIMIT = 63  # bytes, NAMEDATALEN - 1


def rename(staying: Collection[tuple[Object, Object]], changed: Collection[tuple[Object, Object]]) -> list[str]:
    """Give every object in `changed` its former schema and name, of all that are there and keep their place."""
    pairs = [(was, now) for was, now in changed if was.kind not in _FIXED]
    schemas = {now.name: was.name for was, now in pairs if was.kind == "schema"}
    said = [f"ALTER SCHEMA {quote(now)} RENAME TO {quote(was)}" for now, was in in_order(schemas)]
    said += _Moving(staying, schemas).run([(was, now) for was, now in pairs if _has_place(was)])
    inner = [(was, now) for was, now in pairs if was.kind != "schema" and not _has_place(was) and was.name != now.name]
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


def _has_place(one: Object) -> bool:
    return one.kind in _ROOTS | _ON_TABLES or ("_class" in one.internal and one.schema != "")


class _Moving:
    """Who holds which name while they go back one after another; `here` is each one as it stands by now."""

    def __init__(self, staying: Collection[tuple[Object, Object]], schemas: dict[str, str]) -> None:
        self.here: dict[Identity, Object] = {}
        self.members: dict[Identity, list[Identity]] = {}
        for was, now in staying:
            if not _has_place(was):
                continue
            # Types have their names back before routines are called by them.
            one = was if was.kind in ROUTINES else now
            self.here[now.identity] = replace(one, schema=schemas.get(now.schema, now.schema), name=now.name)
            if was.kind in _ON_TABLES and now.table is not None:
                self.members.setdefault(now.table, []).append(now.identity)
            if was.kind == "sequence" and was.internal["_table"] and was.internal["_table"] == now.internal["_table"]:
                self.members.setdefault((1259, now.internal["_table"], 0), []).append(now.identity)
        self.followers = {identity for members in self.members.values() for identity in members}
        self.aside: set[Identity] = set()
        self.taken = {place: identity for identity, one in self.here.items() for place in _places(one)}
        self.said: list[str] = []

    def run(self, pairs: list[tuple[Object, Object]]) -> list[str]:
        waiting = sorted(pairs, key=lambda pair: (pair[1].identity in self.followers, pair[0].kind in ROUTINES))
        while waiting:
            later = [pair for pair in waiting if not self._settle(*pair)]
            if len(later) == len(waiting):  # a ring: one goes round by a name that nobody has
                one = next((self.here[now.identity] for _, now in later if now.identity not in self.aside), None)
                if one is None:
                    break  # cannot happen between two states that both existed; the proof would show it
                self.aside.add(one.identity)
                self._move(one, one.schema, aside(one, {name for _, _, name in self.taken}))
            waiting = later
        return self.said

    def _settle(self, was: Object, now: Object) -> bool:
        """Bring one home by its name, its schema, or both, where nobody is in the way."""
        one = self.here[now.identity]
        schema = one.schema if one.identity in self.followers else was.schema  # their table takes them along
        if not self._free(one, schema, was.name):
            return False
        if one.schema != schema and one.name != was.name:
            if self._free(one, one.schema, was.name):
                one = self._move(one, one.schema, was.name)
            elif self._free(one, schema, one.name):
                one = self._move(one, schema, one.name)
            else:
                return False
        self._move(one, schema, was.name)
        return True

    def _free(self, one: Object, schema: str, name: str) -> bool:
        moved = [replace(one, schema=schema, name=name)]
        if schema != one.schema:
            moved += [replace(self.here[member], schema=schema) for member in self.members.get(one.identity, ())]
        return all(self.taken.get(place, each.identity) == each.identity for each in moved for place in _places(each))

    def _move(self, one: Object, schema: str, name: str) -> Object:
        if one.kind == "constraint" and one.table in self.here:
            start = f"ALTER TABLE {name_of(self.here[one.table])} RENAME CONSTRAINT {quote(one.name)} TO"
        else:
            start = f"ALTER {_keyword(one)} {name_of(one)} RENAME TO"
        if one.name != name:
            self.said.append(f"{start} {quote(name)}")
        if one.schema != schema:
            self.said.append(f"ALTER {_keyword(one)} {name_of(one)} SET SCHEMA {quote(schema)}")
            for identity in self.members.get(one.identity, ()):
                self._put(self.here[identity], schema, self.here[identity].name)
        return self._put(one, schema, name)

    def _put(self, one: Object, schema: str, name: str) -> Object:
        for place in _places(one):
            self.taken.pop(place, None)
        moved = replace(one, schema=schema, name=name)
        self.taken.update(dict.fromkeys(_places(moved), one.identity))
        self.here[one.identity] = moved
        return moved


def _inner(pairs: list[tuple[Object, Object]], taken: set[InnerPlace]) -> list[str]:
    """Names inside a table: columns, triggers, policies, rules; and things without a schema."""
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
    if was.kind == "column":
        return f"ALTER TABLE {table_of(was)} RENAME COLUMN {ending}"
    if was.kind == "domain constraint":
        return f"ALTER DOMAIN {table_of(was)} RENAME CONSTRAINT {ending}"
    if was.kind in ("trigger", "policy", "rule"):
        return f"ALTER {was.kind.upper()} {quote(old)} ON {table_of(was)} RENAME TO {quote(new)}"
    return f"ALTER {was.kind.upper()} {quote(old)} RENAME TO {quote(new)}"


def _inner_place(one: Object, name: str) -> InnerPlace:
    return (one.kind, one.table, name)


def _keyword(one: Object) -> str:
    return "TYPE" if one.kind in TYPES and one.kind != "domain" else one.kind.upper()


def _places(one: Object) -> set[Place]:
    """The names an object takes: every table and view has a type of its name, every composite type a relation."""
    if one.kind in ROUTINES:
        return {("routine", one.schema, f"{one.name}({one.attributes['arguments']})")}
    if "_class" in one.internal:
        return {(one.kind, one.schema, f"{one.name}{one.internal['_suffix']}")}
    if one.kind == "statistics":
        return {("statistics", one.schema, one.name)}
    if one.kind == "constraint":
        found = {(f"constraint of {one.table}", "", one.name)}
        behind = one.internal["_index"] and one.attributes["type"] != "f"
        return found | ({("relation", one.schema, one.name)} if behind else set())
    found = set()
    if one.kind not in TYPES or one.kind == "composite":
        found.add(("relation", one.schema, one.name))
    if one.kind not in ("sequence", "index"):
        found.add(("type", one.schema, one.name))
    return found
