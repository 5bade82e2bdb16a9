"""Prisma's way to take a label from an enum: a new type, every column moved to it, the old type dropped.

CREATE TYPE "R_new"; ALTER ... TYPE "R_new" USING ("c"::text::"R_new"); ALTER TYPE "R" RENAME TO "R_old";
ALTER TYPE "R_new" RENAME TO "R"; DROP TYPE "R_old";
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.lint.column_type import parts
from safemigrate.model.value import dataclass
from safemigrate.sql import Name
from safemigrate.sql.actions import Action, AlterColumnType, CreateType, DropObject, Rename, Update

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


@dataclass(frozen=True, slots=True)
class Recreated:
    """An enum made anew. `columns` are those moved to it, each with whether the migration changed its values before."""

    name: Name
    temporary: str
    created: CreateType
    columns: tuple[tuple[AlterColumnType, bool], ...]


def recreated(context: Context) -> list[Recreated]:
    """The enums that a migration makes anew, wherever in it."""
    actions = context.everything
    made = [action for action in actions if isinstance(action, CreateType) and action.labels is not None]
    found = []
    for created in made:
        final = next(
            (a for a in actions if isinstance(a, Rename) and a.kind == "type" and _is(a.old, created.name)), None
        )
        if final is None:
            continue
        name = Name(created.name.schema, final.new)
        if any(
            isinstance(action, Rename) and action.kind == "type" and _is(action.old, name) for action in actions
        ) or any(
            isinstance(a, DropObject) and a.kind == "type" and any(_is(n, name) for n in a.names) for a in actions
        ):
            columns = _columns(context, actions, created.name.name)
            found.append(Recreated(name, created.name.name, created, columns))
    return found


def _is(one: Name, other: Name) -> bool:
    return one.name == other.name and (one.schema or "") == (other.schema or "")


def _columns(context: Context, actions: list[Action], type_: str) -> tuple[tuple[AlterColumnType, bool], ...]:
    found = []
    for place, action in enumerate(actions):
        if isinstance(action, AlterColumnType) and parts(action.type)[0] == type_:
            key = context.key(action.table)
            updates = [a for a in actions[:place] if isinstance(a, Update) and context.key(a.table) == key]
            found.append((action, any(action.column in update.columns for update in updates)))
    return tuple(found)
