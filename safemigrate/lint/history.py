"""What the migrations before one say of the schema it meets: types, constraints, indexes, labels; never of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.lint.facts import Facts, Key
from safemigrate.lint.schema import Schema
from safemigrate.sql import Statement
from safemigrate.sql.actions import Action, AddEnumValue, CreateType, DropObject, Rename, SetSchema, flatten


class History:
    """The migrations of one folder, noted in their order; `facts` are those for the next one, `start` for the first."""

    def __init__(self, start: Facts) -> None:
        self._start = start
        self._schema = Schema(start)
        self._labels: dict[Key, tuple[str, ...]] = {}

    @property
    def facts(self) -> Facts:
        """What is known by now. Tables that no migration made may be there all the same."""
        known = self._schema.facts()
        return replace(
            self._start,
            tables=known.tables,
            functions=known.functions,
            domains=known.domains,
            enums=dict(self._labels),
            views=known.views,
            complete=False,
        )

    def note(self, statements: Sequence[Statement]) -> None:
        """Take note of what a migration does."""
        for statement in statements:
            for action in flatten(statement.actions):
                self._schema.note(action)
                self._note_labels(action)

    def _note_labels(self, action: Action) -> None:
        labels, key = self._labels, self._schema.key
        match action:
            case CreateType(labels=tuple() as made):
                labels[key(action.name)] = made
            case AddEnumValue() if key(action.type) in labels:
                known = labels[key(action.type)]
                labels[key(action.type)] = known if action.value in known else (*known, action.value)
            case Rename(kind="type") if key(action.old) in labels:
                labels[key(action.old)[0], action.new] = labels.pop(key(action.old))
            case Rename(kind="enum value", owner=owner) if owner and key(owner) in labels:
                was = action.old.name
                labels[key(owner)] = tuple(action.new if label == was else label for label in labels[key(owner)])
            case SetSchema(kind="type") if key(action.name) in labels:
                labels[action.schema, action.name.name] = labels.pop(key(action.name))
            case DropObject(kind="type"):
                for name in action.names:
                    labels.pop(key(name), None)
