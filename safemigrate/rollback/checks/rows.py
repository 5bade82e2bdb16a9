"""Rows that come back: what was written since in their place, and what they need that is gone."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.catalog import Catalog
from safemigrate.db.postgres import quote
from safemigrate.model import Check
from safemigrate.rollback.checks.place import Place, columns_at, table_name, texts


def reused_check(kept: Place, before: Catalog, end: Catalog, since: Sequence[Place]) -> list[Check]:
    """Ask whether a row that goes back finds its key taken by a row written since."""
    key = columns_at(end, kept.table, list(kept.key)) if kept.table in end else None
    if not key:
        return []
    at = [kept.columns.index(position) + 1 for position in kept.key]
    rekeyed = f"k.new IS NOT NULL AND ARRAY[{', '.join(f'k.new[{one}]' for one in at)}] <> k.key"
    source = (
        f"{kept.name} AS k JOIN {table_name(end, kept.table)} AS t ON {texts('t', key)} = k.key "
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


def rekeyed_check(kept: Place, before: Catalog, end: Catalog, since: Sequence[Place]) -> list[Check]:
    """Ask whether a row was written since whose key the migration may have changed: it would stand under both keys.

    Where a later step writes the table too, nobody can tell its writes from those since.
    """
    key = columns_at(end, kept.table, list(kept.key)) if kept.table in end else None
    names = columns_at(end, kept.table, list(kept.columns)) if key else None
    if not key or not names or any(place.table == kept.table and place.step > kept.step for place in since):
        return []
    same = f"{texts('t', key)} = k.key AND {texts('t', names)} = k.new"
    source = (
        f"{kept.name} AS k WHERE k.rekeyed AND k.old IS NULL "
        f"AND NOT EXISTS (SELECT FROM {table_name(end, kept.table)} AS t WHERE {same})"
    )
    return [
        Check(
            quote(before[kept.table].schema, before[kept.table].name),
            "{count} rows were written since whose key the migration changed; under the old one they come back too",
            f"SELECT count(*) FROM {source}",
            f"SELECT array_to_string(k.key, ', ') FROM {source} LIMIT 5",
            (f"see which: SELECT k.key, k.new FROM {source}",),
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
        key = columns_at(end, kept.table, list(kept.key)) if kept.table in end else None
        names = columns_at(end, kept.table, positions) if key else None
        if not key or not names:
            continue
        at = [kept.columns.index(position) + 1 for position in positions]
        same = " AND ".join(f"t.{name}::text = k.old[{number}]" for name, number in zip(names, at, strict=True))
        moved = " OR ".join(f"k.old[{number}] IS DISTINCT FROM k.new[{number}]" for number in at)
        here = f"EXISTS (SELECT FROM {table_name(end, kept.table)} AS o WHERE {texts('o', key)} = k.key)"
        source = (
            f"{kept.name} AS k JOIN {table_name(end, kept.table)} AS t ON {same} "
            f"WHERE k.old IS NOT NULL AND ({moved}) AND {texts('t', key)} <> k.key AND (k.new IS NULL OR {here})"
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
        keys = columns_at(end, target, one.internal["_target_columns"]) if target in end else None
        mine = columns_at(end, kept.table, list(kept.key)) if kept.table in end else None
        if not keys or not mine or not set(positions) <= set(kept.columns):
            continue
        at = [f"k.old[{kept.columns.index(position) + 1}]" for position in positions]
        new = [f"k.new[{kept.columns.index(position) + 1}]" for position in positions]
        there = " AND ".join(f"p.{key}::text = {value}" for key, value in zip(keys, at, strict=True))
        moved = " OR ".join(f"{value} IS DISTINCT FROM {now}" for value, now in zip(at, new, strict=True))
        here = f"EXISTS (SELECT FROM {table_name(end, kept.table)} AS o WHERE {texts('o', mine)} = k.key)"
        source = (
            f"{kept.name} AS k WHERE k.old IS NOT NULL AND ({moved}) AND (k.new IS NULL OR {here}) "
            f"AND {' AND '.join(f'{value} IS NOT NULL' for value in at)} "
            f"AND NOT EXISTS (SELECT FROM {table_name(end, target)} AS p WHERE {there})"
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
                f"AND {found} = {texts('t', key)})"
            )
    return said
