"""What rows written since could break when a constraint or a row comes back: asked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safemigrate.db.catalog import Catalog, Change, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.model import Check
from safemigrate.rollback.keep.table import Column, Table


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step keeps rows of a table: arrays `key`, `old` and `new` of texts, in the order of these positions.

    `builtin` says of each column whether its type is the server's own.
    """

    step: int
    table: Identity
    name: str
    key: tuple[int, ...]
    columns: tuple[int, ...]
    builtin: tuple[bool, ...]


Dropped = Mapping[tuple[Identity, int], tuple[str, Table, Column]]
"""Where the values of a dropped column are kept: the place, the table as it was, the column."""


def constraint_checks(
    change: Change, before: Catalog, end: Catalog, places: Mapping[Identity, str], dropped: Dropped
) -> list[Check]:
    """Ask about every constraint, unique index and NOT NULL that the inverse of `change` brings back.

    Names are those at the end of the migration, which is when the questions are put; `places` says where moved tables
    are then. Nothing is asked where the columns did not survive the migration: what comes back into them is what was
    there; only the row that it points to may be gone since.
    """
    checks: list[Check] = []
    for one in change.gone:
        subject = f"{quote(one.schema, one.parent)}.{quote(one.name)}"
        if one.kind == "constraint" and one.attributes["type"] == "f":
            checks += _foreign_key(subject, one, before, end, places) or _kept_foreign_key(subject, one, end, dropped)
        elif one.table is None or one.table not in end:
            continue
        elif one.kind == "constraint" and one.attributes["type"] in ("p", "u"):
            checks += _unique(subject, one.table, one.internal["_columns"], end)
        elif one.kind == "constraint" and one.attributes["type"] == "c":
            checks += _check(subject, one, before, end)
        elif one.kind == "index" and one.internal["_key"]:
            checks += _unique(subject, one.table, one.internal["_key"], end)
    for old, new in change.changed:
        if old.kind == "column" and old.attributes["not_null"] and not new.attributes["not_null"]:
            checks += _not_null(old, end)
    return checks


def _foreign_key(
    subject: str, one: Object, before: Catalog, end: Catalog, places: Mapping[Identity, str]
) -> list[Check]:
    child, parent = one.table, (1259, one.internal["_target"], 0)
    assert child is not None
    if (child in places and parent in places) or any(
        table not in places and table not in end for table in (child, parent)
    ):
        return []
    columns = _names(before if child in places else end, child, one.internal["_columns"])
    keys = _names(before if parent in places else end, parent, one.internal["_target_columns"])
    if columns is None or keys is None:
        return []
    child_name = places.get(child) or _name(end, child)
    parent_name = places.get(parent) or _name(end, parent)
    here = _types(before if child in places else end, child, one.internal["_columns"])
    there = _types(before if parent in places else end, parent, one.internal["_target_columns"])
    text = "" if here == there else "::text"  # one side has another type until its own step has gone back
    match = " AND ".join(f"p.{key}{text} = t.{column}{text}" for column, key in zip(columns, keys, strict=True))
    filled = " AND ".join(f"t.{column} IS NOT NULL" for column in columns)
    source = f"{child_name} AS t WHERE {filled} AND NOT EXISTS (SELECT FROM {parent_name} AS p WHERE {match})"
    return [
        Check(
            subject,
            "{count} rows point to a row that is not there; the foreign key cannot come back",
            f"SELECT count(*) FROM {source}",
            f"SELECT concat_ws(', ', {', '.join(f't.{column}' for column in columns)}) FROM {source} LIMIT 5",
            (f"mend these rows, then roll back: SELECT * FROM {source}",),
        )
    ]


def _unique(subject: str, table: Identity, positions: list[int], end: Catalog) -> list[Check]:
    columns = _names(end, table, positions)
    if columns is None:
        return []
    listed = ", ".join(columns)
    filled = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    source = f"{_name(end, table)} WHERE {filled} GROUP BY {listed} HAVING count(*) > 1"
    return [
        Check(
            subject,
            "{count} values stand more than once; the unique key cannot come back",
            f"SELECT count(*) FROM (SELECT FROM {source}) AS d",
            f"SELECT concat_ws(', ', {listed}) FROM {source} LIMIT 5",
            (f"mend these rows, then roll back: SELECT {listed}, count(*) FROM {source}",),
        )
    ]


def _not_null(old: Object, end: Catalog) -> list[Check]:
    assert old.table is not None
    now = end.get(old.identity)
    if now is None or old.table not in end or now.attributes["not_null"]:
        return []
    source = f"{_name(end, old.table)} AS t WHERE t.{quote(now.name)} IS NULL"
    return [
        Check(
            f"{quote(old.schema, old.parent)}.{quote(old.name)}",
            "{count} rows have no value for this column, which becomes required again",
            f"SELECT count(*) FROM {source}",
            "",
            (f"fill them, then roll back: UPDATE {source.replace(' WHERE', f' SET {quote(now.name)} = … WHERE')}",),
        )
    ]


def _kept_foreign_key(subject: str, one: Object, end: Catalog, dropped: Dropped) -> list[Check]:
    """Ask whether the row that a dropped column pointed to is still there, where its own row is."""
    assert one.table is not None
    target, positions = (1259, one.internal["_target"], 0), one.internal["_columns"]
    kept = dropped.get((one.table, positions[0]))
    keys = _names(end, target, one.internal["_target_columns"]) if target in end else None
    if len(positions) != 1 or kept is None or keys is None or one.table not in end:
        return []
    place, table, column = kept
    here = _names(end, one.table, [key.position for key in table.key])
    if not here:
        return []
    still = " AND ".join(f"t.{name}::text = k.{key.quoted}::text" for name, key in zip(here, table.key, strict=True))
    source = (
        f"{place} AS k JOIN {_name(end, one.table)} AS t ON {still} WHERE k.{column.quoted} IS NOT NULL "
        f"AND NOT EXISTS (SELECT FROM {_name(end, target)} AS p WHERE p.{keys[0]}::text = k.{column.quoted}::text)"
    )
    return [
        Check(
            subject,
            "{count} rows pointed to a row that is gone since; the foreign key cannot come back",
            f"SELECT count(*) FROM {source}",
            f"SELECT k.{column.quoted}::text FROM {source} LIMIT 5",
            (f"bring those rows back, or give up the value: UPDATE {place} SET {column.quoted} = NULL WHERE …",),
        )
    ]


def _check(subject: str, one: Object, before: Catalog, end: Catalog) -> list[Check]:
    """Ask about a CHECK where all the columns it may name are still there as they were."""
    assert one.table is not None
    columns = [
        member
        for member in before.members.get(one.table, ())
        if member.kind == "column" and member.internal["_position"] in (one.internal["_columns"] or ())
    ]
    definition = str(one.attributes["definition"]).removesuffix(" NOT VALID").removesuffix(" NO INHERIT")
    same = all(
        member.identity in end
        and (end[member.identity].name, end[member.identity].attributes["type"])
        == (member.name, member.attributes["type"])
        for member in columns
    )
    if not same or not definition.startswith("CHECK ") or " NOT VALID" in str(one.attributes["definition"]):
        return []
    source = f"{_name(end, one.table)} WHERE NOT {definition.removeprefix('CHECK ')}"
    listed = ", ".join(quote(member.name) for member in columns) or "''"
    return [
        Check(
            subject,
            "{count} rows violate this check, which comes back",
            f"SELECT count(*) FROM {source}",
            f"SELECT concat_ws(', ', {listed}) FROM {source} LIMIT 5",
            (f"mend these rows, then roll back: SELECT * FROM {source}",),
        )
    ]


def label_check(
    table: Identity, position: int, labels: Sequence[str], before: Catalog, end: Catalog, since: Sequence[Place]
) -> list[Check]:
    """Ask about labels that an enum will not have any more, but for those that later steps take back."""
    names = _names(end, table, [position]) if table in end else None
    if names is None or table not in before:
        return []
    (name,) = names
    listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    kind = next(
        str(one.attributes["type"])
        for one in before.members[table]
        if one.kind == "column" and one.internal["_position"] == position
    )
    known = (
        f"array_remove(t.{name}::text[], NULL) <@ ARRAY[{listed}]::text[]"
        if kind.endswith("[]")
        else f"t.{name}::text IN ({listed})"
    )
    source = f"{_name(end, table)} AS t WHERE t.{name} IS NOT NULL AND NOT ({known})"
    for place in since:
        key = _names(end, table, list(place.key)) if place.table == table and position in place.columns else None
        if key:
            at = place.columns.index(position) + 1
            source += (
                f" AND NOT EXISTS (SELECT FROM {place.name} AS k WHERE k.key = {_texts('t', key)} "
                f"AND k.new[{at}] = t.{name}::text)"
            )
    return [
        Check(
            f"{_name(end, table)}.{name}",
            "{count} values are labels that the enum will not have any more",
            f"SELECT count(*) FROM {source}",
            f"SELECT DISTINCT t.{name}::text FROM {source} LIMIT 5",
            (f"change these values, then roll back: SELECT * FROM {source}",),
            loses=True,
        )
    ]


def reused_check(kept: Place, before: Catalog, end: Catalog, since: Sequence[Place]) -> list[Check]:
    """Ask whether a row that goes back finds its key taken by a row written since."""
    key = _names(end, kept.table, list(kept.key)) if kept.table in end else None
    if not key:
        return []
    at = [kept.columns.index(position) + 1 for position in kept.key]
    rekeyed = f"k.new IS NOT NULL AND ARRAY[{', '.join(f'k.new[{one}]' for one in at)}] <> k.key"
    source = (
        f"{kept.name} AS k JOIN {_name(end, kept.table)} AS t ON {_texts('t', key)} = k.key "
        f"WHERE k.old IS NOT NULL AND (k.new IS NULL OR {rekeyed}){_not_ours(kept, key, since)}"
    )
    name = f"{quote(before[kept.table].schema, before[kept.table].name)}"
    return [
        Check(
            name,
            "{count} rows that the migration deleted have a newer row under the same key",
            f"SELECT count(*) FROM {source}",
            f"SELECT array_to_string(k.key, ', ') FROM {source} LIMIT 5",
            (f"delete or re-key the newer rows, then roll back: SELECT t.* FROM {source}",),
            loses=True,
        )
    ]


def unique_checks(kept: Place, before: Catalog, end: Catalog, since: Sequence[Place]) -> list[Check]:
    """Ask whether a value that goes back is taken, under a unique key, by a row written since."""
    checks = []
    for one in before.members.get(kept.table, ()):
        unique = one.kind == "constraint" and one.attributes["type"] == "u"
        positions = one.internal["_columns"] if unique else one.internal["_key"] if one.kind == "index" else None
        if not positions or set(positions) == set(kept.key) or not set(positions) <= set(kept.columns):
            continue
        key = _names(end, kept.table, list(kept.key)) if kept.table in end else None
        names = _names(end, kept.table, positions) if key else None
        if not key or not names:
            continue
        at = [kept.columns.index(position) + 1 for position in positions]
        same = " AND ".join(f"t.{name}::text = k.old[{number}]" for name, number in zip(names, at, strict=True))
        moved = " OR ".join(f"k.old[{number}] IS DISTINCT FROM k.new[{number}]" for number in at)
        row = f"(k.new IS NULL OR EXISTS (SELECT FROM {_name(end, kept.table)} AS o WHERE {_texts('o', key)} = k.key))"
        source = (
            f"{kept.name} AS k JOIN {_name(end, kept.table)} AS t ON {same} "
            f"WHERE k.old IS NOT NULL AND ({moved}) AND {_texts('t', key)} <> k.key AND {row}"
            f"{_not_ours(kept, key, since)}"
        )
        checks.append(
            Check(
                f"{quote(one.schema, one.parent)}.{quote(one.name)}",
                "{count} rows that go back have a value that a newer row has taken",
                f"SELECT count(*) FROM {source}",
                f"SELECT concat_ws(', ', {', '.join(f'k.old[{number}]' for number in at)}) FROM {source} LIMIT 5",
                (f"change or delete the newer rows, then roll back: SELECT t.* FROM {source}",),
            )
        )
    return checks


def parent_checks(kept: Place, before: Catalog, end: Catalog, since: Sequence[Place]) -> list[Check]:
    """Ask whether a row that goes back points to a row that is gone since."""
    checks = []
    for one in before.members.get(kept.table, ()):
        if one.kind != "constraint" or one.attributes["type"] != "f":
            continue
        positions, target = one.internal["_columns"], (1259, one.internal["_target"], 0)
        keys = _names(end, target, one.internal["_target_columns"]) if target in end else None
        mine = _names(end, kept.table, list(kept.key)) if kept.table in end else None
        if not keys or not mine or not set(positions) <= set(kept.columns):
            continue
        at = [f"k.old[{kept.columns.index(position) + 1}]" for position in positions]
        new = [f"k.new[{kept.columns.index(position) + 1}]" for position in positions]
        there = " AND ".join(f"p.{key}::text = {value}" for key, value in zip(keys, at, strict=True))
        moved = " OR ".join(f"{value} IS DISTINCT FROM {now}" for value, now in zip(at, new, strict=True))
        row = f"(k.new IS NULL OR EXISTS (SELECT FROM {_name(end, kept.table)} AS o WHERE {_texts('o', mine)} = k.key))"
        source = (
            f"{kept.name} AS k WHERE k.old IS NOT NULL AND ({moved}) AND {row} "
            f"AND {' AND '.join(f'{value} IS NOT NULL' for value in at)} "
            f"AND NOT EXISTS (SELECT FROM {_name(end, target)} AS p WHERE {there})"
        )
        for place in since:
            numbers = [place.columns.index(p) + 1 for p in one.internal["_target_columns"] if p in place.columns]
            if place.table == target and len(numbers) == len(at):
                again = " AND ".join(f"p.old[{n}] = {value}" for n, value in zip(numbers, at, strict=True))
                source += f" AND NOT EXISTS (SELECT FROM {place.name} AS p WHERE {again})"
        checks.append(
            Check(
                f"{quote(one.schema, one.parent)}.{quote(one.name)}",
                "{count} rows that go back point to a row that is gone since",
                f"SELECT count(*) FROM {source}",
                f"SELECT array_to_string(k.key, ', ') FROM {source} LIMIT 5",
                (f"bring the rows they point to back, or give these up: DELETE FROM {kept.name} AS k WHERE key = …",),
            )
        )
    return checks


def _not_ours(kept: Place, key: list[str], since: Sequence[Place]) -> str:
    """Leave out rows that the migration itself wrote: they go back before the step of `kept`, or in it."""
    said = ""
    for place in since:
        if place.table == kept.table:
            at = [place.columns.index(p) + 1 if p in place.columns else 0 for p in place.key]
            new = ", ".join(f"k2.new[{one}]" for one in at) if all(at) else ""
            found = f"ARRAY[{new}]" if new else "k2.key"
            said += (
                f" AND NOT EXISTS (SELECT FROM {place.name} AS k2 WHERE k2.new IS NOT NULL "
                f"AND {found} = {_texts('t', key)})"
            )
    return said


def _texts(alias: str, names: Sequence[str]) -> str:
    return f'ARRAY[{", ".join(f"{alias}.{name}::text" for name in names)}] COLLATE "C"'


def _name(catalog: Catalog, table: Identity) -> str:
    return quote(catalog[table].schema, catalog[table].name)


def _types(catalog: Catalog, table: Identity, positions: list[int]) -> list[object]:
    """The types of the columns at these positions."""
    found = {
        member.internal["_position"]: member.attributes["type"]
        for member in catalog.members.get(table, ())
        if member.kind == "column"
    }
    return [found[position] for position in positions]


def _names(catalog: Catalog, table: Identity, positions: list[int]) -> list[str] | None:
    """Name the columns at these positions; None where one is gone."""
    found = {
        member.internal["_position"]: quote(member.name)
        for member in catalog.members.get(table, ())
        if member.kind == "column"
    }
    return [found[position] for position in positions] if all(position in found for position in positions) else None
