"""The schema before and after a change, for a diagram: tables, columns and foreign keys, and what became of each.

A thing before and after is one thing where the database says so, whatever its name: a rename is no drop.
"""

from __future__ import annotations

from enum import StrEnum

from safemigrate.model.value import dataclass


class Fate(StrEnum):
    """What became of a thing."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Key(StrEnum):
    """What a column is the key of, by itself or with others."""

    NONE = ""
    PRIMARY = "primary"
    UNIQUE = "unique"


def _fate(before: object, after: object) -> Fate:
    if before is None or after is None:
        return Fate.ADDED if before is None else Fate.REMOVED
    return Fate.SAME if before == after else Fate.CHANGED


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `default` is an expression, "" without one, and what a generated column is made of."""

    name: str
    type: str
    required: bool
    default: str = ""
    key: Key = Key.NONE


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table that point to columns of another; tables as in `TableChange.name`."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """Anything else: an index, a check, a trigger, an enum, a view. `before` and `after` are its definition.

    Of two definitions that read alike, something else changed: an owner, a comment.
    """

    kind: str
    name: str
    fate: Fate
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column before and after, None where it was not there."""

    before: Column | None
    after: Column | None

    @property
    def fate(self) -> Fate:
        """What became of it."""
        return _fate(self.before, self.after)


@dataclass(frozen=True, slots=True)
class ForeignKeyChange:
    """A foreign key before and after, None where it was not there; that its tables were renamed changes nothing."""

    before: ForeignKey | None
    after: ForeignKey | None
    fate: Fate


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table before and after: its names as in a trace, "" where it was not there; `details` are what changed."""

    before: str
    after: str
    columns: tuple[ColumnChange, ...]
    details: tuple[Detail, ...] = ()

    @property
    def name(self) -> str:
        """What to call it: its name after, or the last that it had."""
        return self.after or self.before

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if not self.before or not self.after:
            return Fate.REMOVED if self.before else Fate.ADDED
        same = self.before == self.after and not self.details and all(each.fate is Fate.SAME for each in self.columns)
        return Fate.SAME if same else Fate.CHANGED


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """All tables and foreign keys, the changed and the others; `details` are what else changed, of no table."""

    tables: tuple[TableChange, ...]
    foreign_keys: tuple[ForeignKeyChange, ...] = ()
    details: tuple[Detail, ...] = ()

    @property
    def changed(self) -> tuple[TableChange, ...]:
        """The tables that are not as they were, those included that a foreign key now leaves in another way."""
        touched = {
            key.table
            for change in self.foreign_keys
            if change.fate is not Fate.SAME
            for key in (change.before, change.after)
            if key
        }
        return tuple(one for one in self.tables if one.fate is not Fate.SAME or one.name in touched)

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.changed or self.details)
