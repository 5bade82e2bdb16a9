"""What a rehearsal did to the schema, for a diagram of it."""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.db.catalog import CLASSES, TABLES, TYPES, Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.model import (
    Column,
    ColumnChange,
    Detail,
    Fate,
    ForeignKey,
    ForeignKeyChange,
    Key,
    SchemaChange,
    TableChange,
)

# What the diagram draws: each is told by its table's columns or by a line.
_DRAWN = frozenset({"column", "default", "table", "foreign table"})
_ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT")
# Written by Prisma, about migrations: no part of what they change.
_PRISMA = "_prisma_migrations"

Pair = tuple[Object | None, Object | None]


def change_of(before: Catalog, after: Catalog) -> SchemaChange:
    """Compare two readings of one database, or of a database and its clone: both know a thing by the same oid.

    What was dropped and made again under its name is shown as one thing that changed.
    """
    tables, keys = [], []
    details: dict[Identity | None, list[Detail]] = {}
    for old, new in _pairs(_shown(before), _shown(after)):
        one = new or old
        assert one is not None
        if one.kind == "constraint" and one.attributes["type"] == "f":
            keys.append(_foreign_key(before, after, old, new))
        elif one.kind in TABLES:
            tables.append((old, new))
        elif one.kind not in _DRAWN and (detail := _detail(old, new)):
            details.setdefault(one.table, []).append(detail)
    changes = []
    for old, new in tables:
        of = {one.identity for one in (old, new) if one}
        own = [detail for table in of for detail in details.pop(table, [])]
        own += _attributes(old, new) if old and new else []
        changes.append(TableChange(_name(old), _name(new), tuple(_columns(before, after, old, new)), tuple(own)))
    changes.sort(key=lambda change: change.name)
    return SchemaChange(tuple(changes), tuple(keys), tuple(detail for some in details.values() for detail in some))


def _shown(catalog: Catalog) -> list[Object]:
    """What there is to compare; a sequence that a column owns goes with it."""
    owned = {"identity", "owned_by"}
    return [
        one
        for one in catalog
        if _PRISMA not in (one.name, one.parent)
        and one.kind != "column"
        and not (one.kind == "sequence" and any(one.attributes.get(name) for name in owned))
        and not one.attributes.get("inherited")
    ]


def _pairs(before: list[Object], after: list[Object]) -> Iterator[Pair]:
    """Match by identity, and what is left by its address."""
    now = {one.identity: one for one in after}
    left = {one.address: one for one in before if one.identity not in now}
    for old in before:
        if old.identity in now:
            yield old, now.pop(old.identity)
    for new in now.values():
        yield left.pop(new.address, None), new
    for old in left.values():
        yield old, None


def _name(table: Object | None) -> str:
    return quote(table.schema, table.name) if table else ""


def _columns(before: Catalog, after: Catalog, old: Object | None, new: Object | None) -> Iterator[ColumnChange]:
    olds, news = _members(before, old), _members(after, new)
    pairs = list(_pairs(olds, news)) if old and new and old.identity == new.identity else list(_by_name(olds, news))
    order = {one.identity[2]: at for at, one in enumerate(olds)}
    pairs.sort(key=lambda pair: order.get(pair[0].identity[2], 0) if pair[0] else len(order) + _position(pair[1]))
    for was, now in pairs:
        yield ColumnChange(_column(before, was) if was else None, _column(after, now) if now else None)


def _by_name(before: list[Object], after: list[Object]) -> Iterator[Pair]:
    """Match the columns of a table that was made again."""
    left = {one.name: one for one in before}
    for new in after:
        yield left.pop(new.name, None), new
    for old in left.values():
        yield old, None


def _members(catalog: Catalog, table: Object | None) -> list[Object]:
    return [one for one in catalog.members.get(table.identity, ()) if one.kind == "column"] if table else []


def _position(column: Object | None) -> int:
    return column.identity[2] if column else 0


def _column(catalog: Catalog, column: Object) -> Column:
    attributes = column.attributes
    default, key = "", Key.NONE
    for one in catalog.members.get(column.table, ()) if column.table else ():
        if one.kind == "default" and one.internal["_column"] == column.identity[2]:
            default = str(one.attributes["definition"])
        columns = (one.internal.get("_columns") if one.kind == "constraint" else one.internal.get("_key")) or ()
        if column.identity[2] in columns:
            if one.attributes.get("type") == "p":
                key = Key.PRIMARY
            elif key is Key.NONE and (one.kind == "index" or one.attributes.get("type") == "u"):
                key = Key.UNIQUE
    if attributes["generated"]:
        default = f"GENERATED ALWAYS AS ({attributes['expression']})"
    elif attributes["identity"]:
        default = f"GENERATED {'ALWAYS' if attributes['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY"
    return Column(column.name, str(attributes["type"]), bool(attributes["not_null"]), default, key)


def _foreign_key(before: Catalog, after: Catalog, old: Object | None, new: Object | None) -> ForeignKeyChange:
    was, now = _points(before, old) if old else None, _points(after, new) if new else None
    if was is None or now is None:
        fate = Fate.ADDED if was is None else Fate.REMOVED
    else:
        assert old is not None
        assert new is not None
        alike = old.identity == new.identity and old.name == new.name and _core(old) == _core(new)
        fate = Fate.SAME if alike else Fate.CHANGED
    return ForeignKeyChange(was, now, fate)


def _points(catalog: Catalog, key: Object) -> ForeignKey:
    target = (CLASSES["table"], key.internal["_target"], 0)
    _, _, action = str(key.attributes["definition"]).partition(" ON DELETE ")
    return ForeignKey(
        key.name,
        quote(key.schema, key.parent),
        _names(catalog, key.table, key.internal["_columns"]),
        _name(catalog.get(target)),
        _names(catalog, target, key.internal["_target_columns"]),
        next((word for word in _ACTIONS if action.startswith(word)), ""),
    )


def _names(catalog: Catalog, table: Identity | None, columns: list[int]) -> tuple[str, ...]:
    found = [catalog.get((table[0], table[1], at)) for at in columns] if table else []
    return tuple(one.name for one in found if one)


def _attributes(old: Object, new: Object) -> list[Detail]:
    """What is another about the table itself: row security, its owner, its comment."""
    names = dict.fromkeys((*old.attributes, *new.attributes))
    values = [(name, _word(old.attributes.get(name)), _word(new.attributes.get(name))) for name in names]
    return [Detail(name.replace("_", " "), "", Fate.CHANGED, was, now) for name, was, now in values if was != now]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _detail(old: Object | None, new: Object | None) -> Detail | None:
    one = new or old
    assert one is not None
    kind = "check" if one.kind == "constraint" and one.attributes["type"] == "c" else one.kind
    if old is None or new is None:
        fate = Fate.ADDED if old is None else Fate.REMOVED
        return Detail(kind, one.name, fate, _definition(old), _definition(new))
    if old.identity == new.identity and old.name == new.name and _core(old) == _core(new):
        return None
    return Detail(kind, one.name, Fate.CHANGED, _definition(old), _definition(new))


def _core(one: Object) -> object:
    """What it is, whatever the things it names are called by now; of a type that says too little."""
    return (one.kind not in TYPES and one.internal.get("_core")) or one.attributes


def _definition(one: Object | None) -> str:
    if one is None:
        return ""
    if labels := one.attributes.get("labels"):
        return ", ".join(f"'{label}'" for label in labels) if isinstance(labels, tuple) else str(labels)
    return str(one.attributes.get("definition") or "").strip()
