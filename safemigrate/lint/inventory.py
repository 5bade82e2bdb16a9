"""What a migration makes, drops and names, so that an object made twice or named after its drop is seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from safemigrate.lint.facts import Key
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumn,
    AlterColumnType,
    CreateIndex,
    CreateTable,
    CreateType,
    CreateView,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropObject,
    DropTable,
    Insert,
    Rebuild,
    Rename,
    SetDefault,
    SetNotNull,
    SetSchema,
    Update,
    flatten,
)

if TYPE_CHECKING:
    from safemigrate.lint.context import Context

Thing = tuple[str, Key, str]  # kind, table or own name, and the name of what belongs to the table


def spelled(thing: Thing) -> str:
    """The object as users write it."""
    kind, (_schema, name), part = thing
    return f'{kind} "{name}"' + (f'."{part}"' if part and kind != "enum value" else f" '{part}'" if part else "")


def made(context: Context, action: Action) -> Iterator[Thing]:
    """What an action makes, where it fails if that is there already."""
    match action:
        case CreateTable(if_not_exists=False):
            yield "table", context.key(action.table), ""
        case AddColumn(if_not_exists=False):
            yield "column", context.key(action.table), action.column.name
        case AddConstraint() if action.constraint.name:
            yield "constraint", context.key(action.table), action.constraint.name
        case CreateIndex(if_not_exists=False) if action.name:
            yield "index", (context.key(action.table)[0], action.name), ""
        case CreateType():
            yield "type", context.key(action.name), ""
        case AddEnumValue(if_not_exists=False):
            yield "enum value", context.key(action.type), action.value
        case Rename(kind="table" | "type"):
            yield action.kind, (context.key(action.old)[0], action.new), ""
        case Rename(kind="column") if action.owner:
            yield "column", context.key(action.owner), action.new


def gone(context: Context, action: Action) -> Iterator[Thing]:
    """What an action leaves without its name."""
    match action:
        case DropTable():
            yield from (("table", context.key(table), "") for table in action.tables)
        case DropColumn():
            yield "column", context.key(action.table), action.column
        case DropConstraint():
            yield "constraint", context.key(action.table), action.name
        case DropIndex():
            yield from (("index", context.key(name), "") for name in action.names)
        case DropObject(kind="type" | "domain"):
            yield from (("type", context.key(name), "") for name in action.names)
        case Rename(kind="table" | "type"):
            yield action.kind, context.key(action.old), ""
        case Rename(kind="column") if action.owner:
            yield "column", context.key(action.owner), action.old.name
        case SetSchema(kind="table"):
            yield "table", context.key(action.name), ""


def needed(context: Context, action: Action) -> Iterator[Thing]:
    """What must be there for an action not to fail."""
    match action:
        case AlterColumn() | AlterColumnType() | DropDefault() | DropNotNull() | SetDefault() | SetNotNull():
            yield "table", context.key(action.table), ""
            yield "column", context.key(action.table), action.column
        case DropColumn(if_exists=False):
            yield "table", context.key(action.table), ""
            yield "column", context.key(action.table), action.column
        case DropTable(if_exists=False):
            yield from (("table", context.key(table), "") for table in action.tables)
        case AddColumn() | AddConstraint() | CreateIndex() | Delete() | Insert() | Update():
            yield "table", context.key(action.table), ""


def _there_anyway(context: Context, action: Action) -> Iterator[Thing]:
    """What is there behind an action that may have found it there, so that making it is no mistake."""
    match action:
        case CreateTable():
            yield "table", context.key(action.table), ""
        case CreateView():
            yield "table", context.key(action.name), ""
        case AddColumn():
            yield "column", context.key(action.table), action.column.name


class Inventory:
    """Whether each thing that a migration has made or dropped is there; DO blocks may do either."""

    def __init__(self) -> None:
        self._there: dict[Key, dict[Thing, bool]] = {}  # by table or own name: a table takes along what belongs to it
        self._indexes: dict[Thing, Key] = {}  # each with its table, which takes it along
        self._position = 0

    def state(self, context: Context, thing: Thing) -> bool | None:
        """Whether it is there before the statement at hand; None where no statement spoke of it."""
        for statement in context.statements[self._position : context.position]:
            for action in statement.actions:
                self._note(context, action)
        self._position = context.position
        return self._there.get(thing[1], {}).get(thing)

    def _note(self, context: Context, action: Action) -> None:
        for thing in gone(context, action):
            if thing[0] == "table":
                self._there[thing[1]] = {}
                self._forget_indexes(thing[1])
            self._there.setdefault(thing[1], {})[thing] = False
        inside = (thing for inner in flatten([action]) for thing in _there_anyway(context, inner))
        for thing in (*made(context, action), *inside):
            self._there.setdefault(thing[1], {})[thing] = True
            if isinstance(action, CreateIndex):
                self._indexes[thing] = context.key(action.table)
        if isinstance(action, Rebuild) and action.step == "drop":
            self._forget_indexes(context.key(action.table))

    def _forget_indexes(self, table: Key) -> None:
        for thing, its in self._indexes.items():
            if its == table:
                self._there[thing[1]].pop(thing, None)
