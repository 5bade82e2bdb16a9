"""Which tables a migration can harm: those whose rows the snapshot takes and the rehearsal needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from safemigrate.db.catalog import Catalog, Identity
from safemigrate.db.postgres import quote
from safemigrate.rollback.derive import change_of
from safemigrate.rollback.reach import root
from safemigrate.shadow.rehearse import Rehearsed
from safemigrate.shadow.trace import Observation


def at_risk(observations: Iterable[Observation]) -> set[str]:
    """Name the tables, as they were before the first statement, whose rows could be lost, changed or refuse the change.

    A new nullable column or a plain index harms no row, however large the table. A statement that writes also needs the
    tables that it reads, and those that foreign keys tie to what it writes.
    """
    start: Catalog | None = None
    found: set[Identity] = set()
    for seen in observations:
        start = start or seen.before
        written = {(1259, oid, 0) for oid in seen.written}
        found |= tied(seen.before, written)
        if written:
            found |= {(1259, oid, 0) for oid in seen.read}
        change = change_of(seen)
        rewritten = set(seen.trace.rewrites)
        found |= {
            one.identity for one in seen.before if one.kind == "table" and quote(one.schema, one.name) in rewritten
        }
        for one in change.gone:
            if one.kind == "table":
                found.add(one.identity)
            elif one.kind in ("column", "constraint") and one.table:
                found.add(one.table)
                if one.kind == "constraint" and one.attributes["type"] == "f":
                    found.add((1259, one.internal["_target"], 0))
        for one in change.born:
            if one.kind == "constraint" and one.table:
                found.add(one.table)
                if one.attributes["type"] == "f" and one.table in seen.before:
                    found.add((1259, one.internal["_target"], 0))
            elif (one.kind == "index" and one.internal["_key"] and one.table) or (
                one.kind == "column" and one.table and one.attributes["not_null"]
            ):
                found.add(one.table)
        for old, new in change.changed:
            if old.kind == "column" and old.table:
                retyped = (old.internal["_type"], old.internal["_modifier"]) != (
                    new.internal["_type"],
                    new.internal["_modifier"],
                )
                if retyped or old.attributes["not_null"] != new.attributes["not_null"]:
                    found.add(old.table)
            elif old.kind in ("enum", "composite"):
                found |= _users_of(seen.before, old.identity)
    return {
        quote(start[one].schema, start[one].name)
        for one in found
        if start and one in start and start[one].kind == "table"
    }


def cascading(catalog: Catalog, tables: set[Identity]) -> set[Identity]:
    """Return these tables and every child that a foreign key's action can reach from them."""
    reached = set(tables)
    while more := {
        child
        for child, parent, definition in _keys(catalog)
        if parent in reached and child not in reached and any(f"ON {event}" in definition for event in _CASCADES)
    }:
        reached |= more
    return reached


def tied(catalog: Catalog, tables: set[Identity]) -> set[Identity]:
    """Return these tables, what cascades from them reaches, and every parent and child that a foreign key checks."""
    reached = cascading(catalog, tables)
    keys = _keys(catalog)
    children = {child for child, parent, _ in keys if parent in reached}
    return reached | children | {parent for child, parent, _ in keys if child in reached}


def with_parents(catalog: Catalog, names: Collection[str]) -> set[str]:
    """Name these tables, those that they are partitions of, and every table that foreign keys from there lead to."""
    keys = _keys(catalog)
    found = {
        root(catalog, one.identity) for one in catalog if one.kind == "table" and quote(one.schema, one.name) in names
    }
    while more := {root(catalog, parent) for child, parent, _ in keys if root(catalog, child) in found} - found:
        found |= more
    return _names(catalog, found)


def with_children(catalog: Catalog, names: Collection[str]) -> set[str]:
    """Name these tables and every table that TRUNCATE ... CASCADE empties with them."""
    keys = _keys(catalog)
    found = {one.identity for one in catalog if one.kind == "table" and quote(one.schema, one.name) in names}
    while more := {child for child, parent, _ in keys if parent in found} - found:
        found |= more
    return _names(catalog, found)


def _keys(catalog: Catalog) -> list[tuple[Identity, Identity, str]]:
    return [
        (one.table, (1259, int(one.internal["_target"]), 0), str(one.attributes["definition"]))
        for one in catalog
        if one.kind == "constraint" and one.attributes["type"] == "f" and one.table
    ]


def note_writes(written: dict[tuple[int, int], set[str]], rehearsed: Sequence[Rehearsed]) -> bool:
    """Add what statements wrote, and what cascades from there can reach.

    Say whether a statement wrote something new.
    """
    news = False
    for at, one in enumerate(rehearsed):
        for number, seen in enumerate(one.observations):
            known = written.setdefault((at, number), set())
            wrote = _names(seen.before, {(1259, oid, 0) for oid in seen.changed})
            news = news or not wrote <= known
            known |= _names(seen.before, cascading(seen.before, {(1259, oid, 0) for oid in seen.written})) | wrote
    return news


def _names(catalog: Catalog, tables: set[tuple[int, int, int]]) -> set[str]:
    return {quote(catalog[one].schema, catalog[one].name) for one in tables if one in catalog}


def oids(catalog: Catalog, names: set[str]) -> frozenset[int]:
    """Return the tables of these names."""
    return frozenset(one.identity[1] for one in catalog if one.kind == "table" and quote(one.schema, one.name) in names)


# Every action but NO ACTION and RESTRICT writes to the child (PostgreSQL docs 5.5.5).
_CASCADES = (
    "DELETE CASCADE",
    "DELETE SET",
    "UPDATE CASCADE",
    "UPDATE SET",
)


def _users_of(catalog: Catalog, kind: Identity) -> set[Identity]:
    return {
        one.table
        for one in catalog
        if one.kind == "column" and one.table and kind in catalog.depends.get(one.identity, {})
    }
