"""The columns that tables have, as far as the statements read so far tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from safemigrate.lint.facts import Key
from safemigrate.sql import Name
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AlterColumnType,
    CreateTable,
    DropColumn,
    DropTable,
    Rename,
    SetSchema,
)


class Shapes:
    """Column names to types, by table; `start` is what the target has, before the first statement."""

    def __init__(self, key: Callable[[Name], Key], start: Callable[[Key], Mapping[str, str]]) -> None:
        self._key = key
        self._start = start
        self._now: dict[Key, dict[str, str]] = {}

    def of(self, table: Name) -> Mapping[str, str]:
        """Columns and their types; empty where nobody knows them."""
        return self._of(self._key(table))

    def _of(self, key: Key) -> dict[str, str]:
        return dict(self._now[key] if key in self._now else self._start(key))

    def note(self, action: Action) -> None:
        """Take note of what an action does to the columns of a table."""
        match action:
            case CreateTable():
                if not (action.if_not_exists and self.of(action.table)):
                    self._now[self._key(action.table)] = {column.name: column.type for column in action.columns}
            case DropTable():
                for table in action.tables:
                    self._now[self._key(table)] = {}
            case AddColumn() if columns := self._of(self._key(action.table)):
                self._now[self._key(action.table)] = {**columns, action.column.name: action.column.type}
            case AlterColumnType() if columns := self._of(self._key(action.table)):
                self._now[self._key(action.table)] = {**columns, action.column: action.type}
            case DropColumn() if columns := self._of(self._key(action.table)):
                columns.pop(action.column, None)
                self._now[self._key(action.table)] = columns
            case Rename(kind="column") if action.owner and (columns := self._of(self._key(action.owner))):
                was = columns.pop(action.old.name, "")
                self._now[self._key(action.owner)] = {**columns, action.new: was}
            case Rename(kind="table"):
                key = self._key(action.old)
                self._now[key[0], action.new] = self._of(key)
                self._now[key] = {}
            case SetSchema(kind="table"):
                key = self._key(action.name)
                self._now[action.schema, key[1]] = self._of(key)
                self._now[key] = {}
