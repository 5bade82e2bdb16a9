"""Columns that a migration drops only to add them again under another name or with another type."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from safemigrate.lint.column_type import same_type
from safemigrate.sql.actions import Action, AddColumn, DropColumn, Update

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


def replaced(context: Context) -> list[tuple[DropColumn, AddColumn]]:
    """Pairs of a column dropped by the statement at hand and the one that the migration adds in its place.

    A pair has the same name, or the same type in the same table, by likeness of names. No pair where the migration
    fills the new column itself: then the values have moved.
    """
    here = context.actions
    drops = [action for action in here if isinstance(action, DropColumn) and not context.is_new(action.table)]
    if not drops:
        return []
    everything = [*context.own, *here, *context.after]
    adds = [
        action for action in everything if isinstance(action, AddColumn) and not _filled(context, action, everything)
    ]
    candidates = [(_likeness(context, drop, add), drop, add) for drop in drops for add in adds]
    candidates = [candidate for candidate in candidates if candidate[0] > 0]
    candidates.sort(key=lambda candidate: -candidate[0])
    pairs: list[tuple[DropColumn, AddColumn]] = []
    taken: set[int] = set()
    for _score, drop, add in candidates:
        if id(drop) not in taken and id(add) not in taken:
            taken |= {id(drop), id(add)}
            pairs.append((drop, add))
    return pairs


def _filled(context: Context, add: AddColumn, everything: list[Action]) -> bool:
    key = context.key(add.table)
    return any(
        isinstance(a, Update) and add.column.name in a.columns and context.key(a.table) == key for a in everything
    )


def _likeness(context: Context, drop: DropColumn, add: AddColumn) -> float:
    """0 for a pair that is none; above 1 for the same name."""
    if context.key(drop.table) != context.key(add.table):
        return 0
    if drop.column == add.column.name:
        return 2
    fact = context.fact(drop.table)
    before = fact.columns.get(drop.column) if fact else None
    if add.column.has_value and not add.column.default:
        return 0
    if before is not None and not same_type(before, add.column.type):
        return 0
    likeness = SequenceMatcher(None, drop.column.lower(), add.column.name.lower()).ratio()
    # Without a target the types are unknown, so the names have to speak louder.
    return likeness if likeness >= (0.35 if before is not None else 0.5) else 0
