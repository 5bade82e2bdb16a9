"""Foreign keys that come back: which rows point to a row that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.db.catalog import Object
from safemigrate.model import Check, Way
from safemigrate.rollback.checks.place import Asking, columns_at, table_name, types_at
from safemigrate.rollback.checks.then import subject
from safemigrate.rollback.checks.ways import emptied_kept, parked, referring, unproven, yielded
from safemigrate.rollback.describe import table_of


def foreign_key(one: Object, asking: Asking, inverse: Sequence[str]) -> list[Check]:
    """Ask about rows of today, or of a moved table, that point nowhere.

    In a moved table they are from before, and the rows they pointed to were deleted since: nothing brings those back.
    """
    before, end, moved = asking.before, asking.end, asking.moved
    child, parent = one.table, (1259, one.internal["_target"], 0)
    assert child is not None
    if (child in moved and parent in moved) or any(
        table not in moved and table not in end for table in (child, parent)
    ):
        return []
    here, there = (before if table in moved else end for table in (child, parent))
    columns = columns_at(here, child, one.internal["_columns"])
    keys = columns_at(there, parent, one.internal["_target_columns"])
    if columns is None or keys is None:
        return []
    child_name, parent_name = (
        moved.get(table) or table_name(catalog, table) for table, catalog in ((child, here), (parent, there))
    )
    alike = types_at(here, child, one.internal["_columns"]) == types_at(there, parent, one.internal["_target_columns"])
    text = "" if alike else "::text"  # one side has another type until its own step has gone back
    match = " AND ".join(f"p.{key}{text} = t.{column}{text}" for column, key in zip(columns, keys, strict=True))
    filled = " AND ".join(f"t.{column} IS NOT NULL" for column in columns)
    where = f"{filled} AND NOT EXISTS (SELECT FROM {parent_name} AS p WHERE {match})"
    table = table_of(here, child)
    if child in moved:
        table = replace(table, name=moved[child], triggers=(), rules=(), forced=False)
    pointing = [column for column in table.columns if column.quoted in columns]
    way = yielded(asking.left(), table, pointing, where, referring(end, child) if child not in moved else ())
    partitioned = any(before[table].attributes["partition_key"] for table in (child, parent))
    count = f"SELECT count(*) FROM {child_name} AS t WHERE {where}"
    proofless = () if partitioned else unproven(one, count, inverse)
    return [
        Check(
            subject(one),
            "{count} {row points|rows point} to a row that is not there; the foreign key cannot come back",
            count,
            f"SELECT concat_ws(', ', {', '.join(f't.{column}' for column in columns)}) "
            f"FROM {child_name} AS t WHERE {where} LIMIT 5",
            look=f"SELECT * FROM {child_name} AS t WHERE {where}",
            keep_new=(way,) if child in moved else proofless,
            keep_old=() if child in moved else (way,),
        )
    ]


def kept_foreign_key(one: Object, asking: Asking) -> list[Check]:
    """Ask whether the row that a dropped column pointed to is still there, where its own row is."""
    assert one.table is not None
    end = asking.end
    target, positions = (1259, one.internal["_target"], 0), one.internal["_columns"]
    kept = asking.dropped.get((one.table, positions[0]))
    keys = columns_at(end, target, one.internal["_target_columns"]) if target in end else None
    if len(positions) != 1 or kept is None or keys is None or one.table not in end:
        return []
    place, table, column = kept
    here = columns_at(end, one.table, [key.position for key in table.key])
    if not here:
        return []
    still = " AND ".join(f"t.{name}::text = k.{key.quoted}::text" for name, key in zip(here, table.key, strict=True))
    where = (
        f"k.{column.quoted} IS NOT NULL AND EXISTS (SELECT FROM {table_name(end, one.table)} AS t WHERE {still}) "
        f"AND NOT EXISTS (SELECT FROM {table_name(end, target)} AS p WHERE p.{keys[0]}::text = k.{column.quoted}::text)"
    )
    alone = sum(other[0] == place for other in asking.dropped.values()) == 1
    left = asking.left()
    listed = ", ".join(f"k.{each.quoted}" for each in (*table.key, column))
    ways: tuple[Way, ...] = ()
    if not column.not_null:
        says = f"{{count}} {{value|values}} of {column.quoted} {{does|do}} not come back"
        ways = (emptied_kept(left, place, column, where, listed, says),)
    elif alone:  # without it the row is one that has no value for a required column, and --fill gives it one
        says = f"{{count}} {{row needs|rows need}} another value of {column.quoted}"
        ways = (parked(left, place, where, listed, says),)
    return [
        Check(
            subject(one),
            "{count} {row pointed|rows pointed} to a row that is gone since; the foreign key cannot come back",
            f"SELECT count(*) FROM {place} AS k WHERE {where}",
            f"SELECT k.{column.quoted}::text FROM {place} AS k WHERE {where} LIMIT 5",
            look=f"SELECT * FROM {place} AS k WHERE {where}",
            keep_new=ways,
        )
    ]
