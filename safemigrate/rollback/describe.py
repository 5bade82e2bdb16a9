"""Tables as keeping needs them, read from a catalog, and how foreign keys tie them."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.catalog import Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.keep.table import Column, Table, texts
from safemigrate.rollback.reach import foreign_keys

# A user's own objects have oids from here on (PostgreSQL source, access/transam.h FirstNormalObjectId).
_FIRST_USER_OID = 16384


def refers(catalog: Catalog, key: Object) -> str:
    """Return the condition under which a row of the table of foreign key `key` points to row `t`."""
    assert key.table is not None
    child, parent = table_of(catalog, key.table), table_of(catalog, (1259, key.internal["_target"], 0))
    here = {column.position: column.quoted for column in child.columns}
    there = {column.position: column.quoted for column in parent.columns}
    match = " AND ".join(
        f"c.{here[one]} = t.{there[other]}"
        for one, other in zip(key.internal["_columns"], key.internal["_target_columns"], strict=True)
    )
    return f"EXISTS (SELECT FROM {child.rows} AS c WHERE {match})"


def refers_within(key: Object, table: Table, place: str) -> str:
    """Return the condition under which a row that `place` did not add points, in the same table, to one that it added.

    Which one does not matter: a row that is added may itself point to another, and a cascade would follow.
    """
    assert key.table is not None
    columns = {column.position: column.quoted for column in table.columns}
    match = " AND ".join(
        f"c.{columns[one]} = p.{columns[other]}"
        for one, other in zip(key.internal["_columns"], key.internal["_target_columns"], strict=True)
    )
    added = f"EXISTS (SELECT FROM {place} AS s WHERE s.old IS NULL AND {{}} = s.key)"
    return (
        f"EXISTS (SELECT FROM {table.rows} AS c JOIN {table.rows} AS p ON {match} "
        f"WHERE {added.format(texts('p', table.key))} AND NOT {added.format(texts('c', table.key))})"
    )


def deferred(catalog: Catalog, ordered: Sequence[Identity]) -> tuple[list[str], list[str]]:
    """Put off the foreign keys of a cycle, whose rows no order can bring back one table after another."""
    places = {table: number for number, table in enumerate(ordered)}
    first, last, names = [], [], []
    for one in foreign_keys(catalog):
        target = (1259, one.internal["_target"], 0)
        if one.table not in places or target not in places or places[target] <= places[one.table]:
            continue
        alter = f"ALTER TABLE {quote(one.schema, one.parent)} ALTER CONSTRAINT {quote(one.name)} "
        definition = str(one.attributes["definition"])
        if "INITIALLY DEFERRED" in definition:
            continue
        first.append(f"{alter}DEFERRABLE INITIALLY DEFERRED")
        last.append(f"{alter}{'DEFERRABLE INITIALLY IMMEDIATE' if 'DEFERRABLE' in definition else 'NOT DEFERRABLE'}")
        names.append(quote(one.schema, one.name))
    return (first, [f"SET CONSTRAINTS {', '.join(names)} IMMEDIATE", *last]) if first else ([], [])


def table_of(catalog: Catalog, identity: Identity, without_key: set[str] | None = None) -> Table:
    """Describe a table for keeping; a key that has a column of `without_key` is not taken."""
    one = catalog[identity]
    members = catalog.members.get(identity, ())
    columns = {
        member.internal["_position"]: column_of(catalog, member) for member in members if member.kind == "column"
    }
    keys = [
        member.internal["_columns"]
        for member in members
        if member.kind == "constraint" and member.attributes["type"] == "p"
    ]
    keys += [
        member.internal["_columns"]
        for member in members
        if member.kind == "constraint" and member.attributes["type"] == "u" and not member.internal["_deferrable"]
    ]
    keys += [member.internal["_key"] for member in members if member.kind == "index" and member.internal["_key"]]
    key: tuple[Column, ...] = ()
    for positions in keys:
        found = tuple(columns[position] for position in positions if position in columns)
        fits = len(found) == len(positions) and all(column.not_null for column in found)
        if fits and not any(column.name in (without_key or ()) for column in found):
            key = found
            break
    triggers, rules = (
        tuple((member.name, str(member.attributes["enabled"])) for member in members if member.kind == kind)
        for kind in ("trigger", "rule")
    )
    part = one.attributes["partition_bound"] is not None
    parts = [
        other
        for other in catalog
        if other.kind == "table"
        and other.attributes["partition_bound"] is not None
        and _under(catalog, other, identity)
    ]
    heirs = any(
        other.kind == "table"
        and other.attributes["partition_bound"] is None
        and identity[1] in (other.internal["_parents"] or ())
        for other in catalog
    )
    return Table(
        quote(one.schema, one.name),
        tuple(columns.values()),
        key,
        triggers,
        rules,
        alone=bool(heirs or (one.attributes["inherits"] and not part)),
        parts=tuple(quote(other.schema, other.name) for other in parts),
        forced=bool(one.attributes["force_row_security"]),
    )


def _under(catalog: Catalog, part: Object, table: Identity) -> bool:
    while part.attributes["partition_bound"] is not None:
        parent = (1259, part.internal["_parents"][0], 0)
        if parent == table:
            return True
        part = catalog[parent]
    return False


def column_of(catalog: Catalog, one: Object) -> Column:
    """Describe a column for keeping."""
    default = next(
        (
            str(member.attributes["definition"])
            for member in catalog.members.get(one.table or one.identity, ())
            if member.kind == "default" and member.internal["_column"] == one.internal["_position"]
        ),
        "",
    )
    return Column(
        name=one.name,
        type=str(one.attributes["type"]),
        builtin=one.internal["_type"] < _FIRST_USER_OID,
        not_null=bool(one.attributes["not_null"]),
        default=default,
        identity=str(one.attributes["identity"] or ""),
        generated=bool(one.attributes["generated"]),
        position=one.internal["_position"],
        collated=bool(one.attributes["collation"]),
    )


def parents_first(catalog: Catalog, tables: Sequence[Identity]) -> list[Identity]:
    """Order tables so that one stands before those whose foreign keys name it; within a cycle, as found."""
    wanted = set(tables)
    parents: dict[Identity, set[Identity]] = {table: set() for table in tables}
    for one in catalog:
        if one.kind == "constraint" and one.attributes["type"] == "f" and one.table in wanted:
            target = (1259, one.internal["_target"], 0)
            if target in wanted and target != one.table:
                assert one.table is not None
                parents[one.table].add(target)
    ordered: list[Identity] = []
    while parents:
        ready = [table for table, needs in parents.items() if not needs & parents.keys()] or [next(iter(parents))]
        ordered += ready
        for table in ready:
            del parents[table]
    return ordered
