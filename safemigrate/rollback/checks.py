"""What rows written since could break when a constraint comes back: asked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping

from safemigrate.db.catalog import Catalog, Change, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.model import Check


def constraint_checks(change: Change, before: Catalog, end: Catalog, places: Mapping[Identity, str]) -> list[Check]:
    """Ask about every foreign key, unique constraint or index.

    And NOT NULL that the inverse of `change` brings back.

    Names are those at the end of the migration, which is when the questions are put; `places` says where moved tables
    are then. Nothing is asked where the columns did not survive the migration: what comes back into them is what was
    there.
    """
    checks: list[Check] = []
    for one in change.gone:
        subject = f"{quote(one.schema, one.parent)}.{quote(one.name)}"
        if one.kind == "constraint" and one.attributes["type"] == "f":
            checks += _foreign_key(subject, one, before, end, places)
        elif one.table is None or one.table not in end:
            continue
        elif one.kind == "constraint" and one.attributes["type"] in ("p", "u"):
            checks += _unique(subject, one.table, one.internal["_columns"], end)
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
    match = " AND ".join(f"p.{key} = t.{column}" for column, key in zip(columns, keys, strict=True))
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


def _name(catalog: Catalog, table: Identity) -> str:
    return quote(catalog[table].schema, catalog[table].name)


def _names(catalog: Catalog, table: Identity, positions: list[int]) -> list[str] | None:
    """Name the columns at these positions; None where one is gone."""
    found = {
        member.internal["_position"]: quote(member.name)
        for member in catalog.members.get(table, ())
        if member.kind == "column"
    }
    return [found[position] for position in positions] if all(position in found for position in positions) else None
