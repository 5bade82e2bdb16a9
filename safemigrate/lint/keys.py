"""What no two rows share: by which keys, and whether another refuses the same duplicates."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.lint.context import Context
from safemigrate.lint.facts import Index
from safemigrate.sql import Name
from safemigrate.sql.actions import AddConstraint, CreateIndex, DropColumn, DropConstraint, DropTable

KEYS = ("primary key", "unique")


def is_distinct(context: Context, table: Name, columns: tuple[str, ...]) -> bool:
    """Whether no two rows can share the columns: a unique index of them, or of some, is there."""
    known = context.schema.table(table).indexes.values()
    return any(one.is_key and {*one.columns} <= {*columns} for one in known)


def is_double(context: Context, table: Name, index: Index, dropped: Sequence[Name]) -> bool:
    """Whether another unique index, or a key, has the same columns and stays."""
    going = {name.name for name in dropped}
    others = (other for name, other in context.schema.table(table).indexes.items() if name not in going)
    return any(one.is_key and {*one.columns} == {*index.columns} for one in others)


def is_still_refused(context: Context, drop: DropConstraint, columns: set[str]) -> bool:
    """Whether another key refuses the duplicates that this one did, or a column of it goes."""
    key = context.key(drop.table)
    known = context.schema.table(drop.table).indexes
    keys = [one.columns for name, one in known.items() if one.is_key and name != drop.name]
    for action in context.everything:
        if isinstance(action, CreateIndex) and action.unique and not action.where and not action.collates:
            keys += [action.columns] if context.key(action.table) == key else []
        elif isinstance(action, AddConstraint) and action.constraint.kind in KEYS:
            keys += [action.constraint.columns] if context.key(action.table) == key else []
    gone = {one.column for one in context.all_of(DropColumn) if context.key(one.table) == key}
    dropped = any(context.key(table) == key for one in context.all_of(DropTable) for table in one.tables)
    return bool(dropped or gone & columns or any(one and {*one} <= columns for one in keys))
