"""Columns and tables that a migration drops only to add them again under another name or with another type."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from safemigrate.lint.column_type import same_type
from safemigrate.sql import Name
from safemigrate.sql.actions import AddColumn, CreateTable, DropColumn, DropTable, Insert, Update

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


def replaced(context: Context) -> list[tuple[DropColumn, AddColumn]]:
    """Pairs of a column dropped by the statement at hand and the one that the migration adds in its place.

    A pair has the same name, or the same type in the same table, by likeness of names. No pair where the migration
    fills the new column itself: then the values have moved.
    """
    here = context.actions
    drops = [action for action in here if isinstance(action, DropColumn) and not _is_own(context, action)]
    drops = [drop for drop in drops if not _is_read(context, drop)]
    if not drops:
        return []
    adds = [add for add in context.all_of(AddColumn) if not _filled(context, add)]
    candidates = [(_likeness(context, drop, add), drop, add) for drop in drops for add in adds]
    candidates = [candidate for candidate in candidates if candidate[0] > 0]
    candidates.sort(key=lambda candidate: -candidate[0])
    pairs: list[tuple[DropColumn, AddColumn]] = []
    taken: set[int] = set()
    for _score, drop, add in candidates:
        if id(drop) not in taken and id(add) not in taken:
            taken |= {id(drop), id(add)}
            pairs.append((drop, add))
    lonely = [drop for drop in drops if id(drop) not in taken]
    for drop in lonely:
        others = [add for add in adds if id(add) not in taken and _may_follow(context, drop, add)]
        if len(others) == 1 and sum(context.key(one.table) == context.key(drop.table) for one in lonely) == 1:
            pairs.append((drop, others[0]))
    return pairs


def _is_own(context: Context, drop: DropColumn) -> bool:
    added = context.new_column(drop.table, drop.column)
    return context.is_new(drop.table) or bool(added and not context.written(drop.table, drop.column))


def _is_read(context: Context, drop: DropColumn) -> bool:
    """Whether an earlier UPDATE of the table reads the column: then its values have moved."""
    key = context.key(drop.table)
    updates = [update for update in context.own_of(Update) if context.key(update.table) == key]
    if not updates:
        return False
    name = re.compile(rf'(?<!\w)"?{re.escape(drop.column)}"?(?!\w)')
    return any(name.search(update.assignments) or name.search(update.where) for update in updates)


def _may_follow(context: Context, drop: DropColumn, add: AddColumn) -> bool:
    """Whether one that stands alone with it takes its place, as a renamed field does in what Prisma writes."""
    if context.key(drop.table) != context.key(add.table) or add.column.has_value:
        return False
    before = context.schema.columns(drop.table).get(drop.column)
    if context.sqlite and context.schema.is_required(drop.table, drop.column) != add.column.not_null:
        return False  # most columns there are TEXT
    return before is None or same_type(before, add.column.type)


def _filled(context: Context, add: AddColumn) -> bool:
    key = context.key(add.table)
    return any(add.column.name in one.columns and context.key(one.table) == key for one in context.all_of(Update))


def _likeness(context: Context, drop: DropColumn, add: AddColumn) -> float:
    """0 for a pair that is none; above 1 for the same name."""
    if context.key(drop.table) != context.key(add.table):
        return 0
    if drop.column == add.column.name:
        return 2 if add not in context.own else 0
    before = context.schema.columns(drop.table).get(drop.column)
    if add.column.has_value and not add.column.default:
        return 0
    if before is not None and not same_type(before, add.column.type):
        return 0
    likeness = SequenceMatcher(None, drop.column.lower(), add.column.name.lower()).ratio()
    # Without a target the types are unknown, and SQLite has few, so the names have to speak louder.
    return likeness if likeness >= (0.35 if before is not None and not context.sqlite else 0.5) else 0


def made_again(context: Context) -> list[tuple[Name, CreateTable]]:
    """Pairs of a table dropped by the statement at hand and the one that the migration makes in its place.

    A pair has most columns in common, or like names where nobody knows the old columns. No pair where the migration
    copies rows into the new table: then they have moved.
    """
    dropped = [table for a in context.actions if isinstance(a, DropTable) for table in a.tables]
    if not dropped:
        return []
    copied = {context.key(action.table) for action in context.all_of(Insert)}
    made = [one for one in context.all_of(CreateTable) if not one.temporary and context.key(one.table) not in copied]
    pairs: list[tuple[Name, CreateTable]] = []
    for table in dropped:
        scores = [(_table_likeness(context, table, one), number) for number, one in enumerate(made)]
        score, best = max(scores, default=(0, 0))
        if score > 0 and not context.is_new(table):
            pairs.append((table, made.pop(best)))
    return pairs


def _table_likeness(context: Context, table: Name, made: CreateTable) -> float:
    before, after = set(context.schema.columns(table)), {column.name for column in made.columns}
    if before and after:
        common = len(before & after) / len(before | after)
        return common if common >= 0.6 else 0
    likeness = SequenceMatcher(None, table.name.lower(), made.table.name.lower()).ratio()
    return likeness if likeness >= 0.6 else 0
