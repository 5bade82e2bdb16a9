"""An empty table, as much of it as matters for making rows; the same for every kind of database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]


class Unfillable(Exception):
    """No row can be made; says why."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """How many rows each table got, and why those that got none did not. Tables are quoted names."""

    rows: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `generated` ones cannot be written."""

    name: str
    type: int
    typmod: int
    sql: str
    required: bool
    identity: str
    generated: bool
    default: str

    @property
    def counted(self) -> bool:
        """Whether a sequence numbers it."""
        return bool(self.identity) or self.default.startswith("nextval(")


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns, and those of the parent that they refer to, in the same order."""

    name: str
    columns: tuple[str, ...]
    parent: str
    key: tuple[str, ...]
    full: bool


@dataclass(frozen=True, slots=True)
class Unique:
    """Columns of a unique or exclusion index whose values together are distinct."""

    columns: tuple[str, ...]
    nulls_distinct: bool
    exclusion: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A condition and the columns it is about."""

    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True, slots=True)
class Table:
    """An empty table. `partitions` are the conditions of its leaves; `watched`: triggers or rules see its rows."""

    name: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    uniques: tuple[Unique, ...]
    checks: tuple[Check, ...]
    partitioned: bool
    partitions: tuple[Check, ...]
    watched: bool

    @property
    def writable(self) -> tuple[Column, ...]:
        """The columns an INSERT may name."""
        return tuple(column for column in self.columns if not column.generated)
