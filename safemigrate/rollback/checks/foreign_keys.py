"""Foreign keys that come back: which rows point to a row that is not there."""

from __future__ import annotations

from collections.abc import Mapping

from safemigrate.db.catalog import Catalog, Identity, Object
from safemigrate.model import Check
from safemigrate.rollback.checks.place import Dropped, columns_at, table_name, types_at


def foreign_key(
    subject: str, one: Object, before: Catalog, end: Catalog, places: Mapping[Identity, str]
) -> list[Check]:
    """Ask about rows of today that point nowhere."""
    child, parent = one.table, (1259, one.internal["_target"], 0)
    assert child is not None
    if (child in places and parent in places) or any(
        table not in places and table not in end for table in (child, parent)
    ):
        return []
    columns = columns_at(before if child in places else end, child, one.internal["_columns"])
    keys = columns_at(before if parent in places else end, parent, one.internal["_target_columns"])
    if columns is None or keys is None:
        return []
    child_name = places.get(child) or table_name(end, child)
    parent_name = places.get(parent) or table_name(end, parent)
    here = types_at(before if child in places else end, child, one.internal["_columns"])
    there = types_at(before if parent in places else end, parent, one.internal["_target_columns"])
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


def kept_foreign_key(subject: str, one: Object, end: Catalog, dropped: Dropped) -> list[Check]:
    """Ask whether the row that a dropped column pointed to is still there, where its own row is."""
    assert one.table is not None
    target, positions = (1259, one.internal["_target"], 0), one.internal["_columns"]
    kept = dropped.get((one.table, positions[0]))
    keys = columns_at(end, target, one.internal["_target_columns"]) if target in end else None
    if len(positions) != 1 or kept is None or keys is None or one.table not in end:
        return []
    place, table, column = kept
    here = columns_at(end, one.table, [key.position for key in table.key])
    if not here:
        return []
    still = " AND ".join(f"t.{name}::text = k.{key.quoted}::text" for name, key in zip(here, table.key, strict=True))
    source = (
        f"{place} AS k JOIN {table_name(end, one.table)} AS t ON {still} WHERE k.{column.quoted} IS NOT NULL "
        f"AND NOT EXISTS (SELECT FROM {table_name(end, target)} AS p WHERE p.{keys[0]}::text = k.{column.quoted}::text)"
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
