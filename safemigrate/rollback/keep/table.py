"""What keeping needs to know of a table: its columns, the key that finds a row again, the triggers to silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from safemigrate.db.postgres import quote
from safemigrate.model import Check, Kept, Refill

# Why rows cannot go back a part at a time.
NO_KEY = "the table has no key"
KEY_CHANGES = "their keys change back too"

_BARE = re.compile(r"\(.*?\)")  # what a type's modifiers look like
# Types whose equal values have one text.
_EXACT = frozenset({"smallint", "integer", "bigint", "uuid", "text", "character varying", "boolean", "date"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `builtin`: its type lives in pg_catalog, so a kept copy cannot hold up the drop of a user's type.

    `collated`: it has a collation of its own, under which different texts may be equal.
    """

    name: str
    type: str
    builtin: bool
    not_null: bool = False
    default: str = ""
    identity: str = ""
    generated: bool = False
    position: int = 0
    collated: bool = False

    @property
    def quoted(self) -> str:
        """The name as SQL writes it."""
        return quote(self.name)

    @property
    def kept(self) -> str:
        """The expression that is copied: values of a user's own type travel as text, which is exact both ways."""
        return f"t.{self.quoted}" if self.builtin else f"t.{self.quoted}::text AS {self.quoted}"

    @property
    def given(self) -> str:
        """The expression that turns the kept value back into this column's type."""
        return f"k.{self.quoted}" if self.builtin else f"k.{self.quoted}::{self.type}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table at one moment. `key` finds a row again: primary key, else a unique index without NULLs, else empty.

    `alone`: other tables inherit from it or it from them, so that it must be read without their rows. `parts` are the
    names of its partitions. `forced`: row level security holds for its owner too.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    triggers: tuple[tuple[str, str], ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    alone: bool = False
    parts: tuple[str, ...] = ()
    forced: bool = False

    @property
    def rows(self) -> str:
        """The table where its rows are read, updated or deleted."""
        return f"ONLY {self.name}" if self.alone else self.name

    @property
    def key_match(self) -> str:
        """The condition that joins table `t` with kept rows `k`."""
        return " AND ".join(
            f"t.{column.quoted} = k.{column.quoted}"
            if column.builtin
            else f"t.{column.quoted}::text = k.{column.quoted}"
            for column in self.key
        )

    def row_at(self, key: Callable[[int], str]) -> str:
        """The condition that finds row `t` whose key, column by column from 1, has the texts `key`.

        The first half lets the server use the key's index; the second tells 1.0 from 1.00 where the type does not.
        """
        typed = [f"t.{column.quoted} = {key(number)}::{column.type}" for number, column in enumerate(self.key, start=1)]
        if all(_BARE.sub("", column.type) in _EXACT and not column.collated for column in self.key):
            return " AND ".join(typed)
        same = f"{texts('t', self.key)} = ARRAY[{', '.join(key(number + 1) for number in range(len(self.key)))}]"
        return " AND ".join([*typed, same])

    def content(self, alias: str, without: frozenset[str] = frozenset()) -> str:
        """The expression by which a row without a key is found again: a digest of its columns, in name order."""
        names = sorted(column.quoted for column in self.columns if column.name not in without and not column.generated)
        return f"md5(ROW({', '.join(f'{alias}.{name}::text' for name in names)})::text)"

    def refill(self, place: str, statements: list[str], rest: Iterable[str] = (), whole: str = "") -> list[Refill]:
        """Give kept rows back while the table's own triggers, rules and policies do not act.

        Going back is not a change that they should see.
        """
        if not statements:
            return []
        again = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
        active = [(f"TRIGGER {quote(name)}", again[state]) for name, state in self.triggers if state in again]
        active += [(f"RULE {quote(name)}", again[state]) for name, state in self.rules if state in again]
        before = [f"ALTER TABLE {self.name} DISABLE {one}" for one, _ in active]
        after = [f"ALTER TABLE {self.name} {enable} {one}" for one, enable in active]
        if self.forced:
            before, after = [self._force("NO "), *before], [*after, self._force()]
        return [Refill(self.name, place, tuple(statements), tuple(rest), tuple(before), tuple(after), whole)]

    def silenced(self, statements: list[str]) -> list[str]:
        """Wrap statements so that the table's own triggers, rules and policies do not act."""
        return [sql for one in self.refill("", statements) for sql in one.sql]

    def unforced(self, statements: list[str]) -> list[str]:
        """Wrap statements that must see every row, whoever the owner is."""
        return [self._force("NO "), *statements, self._force()] if self.forced and statements else statements

    def _force(self, no: str = "") -> str:
        return f"ALTER TABLE {self.name} {no}FORCE ROW LEVEL SECURITY"


def texts(alias: str, columns: Iterable[Column]) -> str:
    """Return the array of these columns' texts, compared byte by byte."""
    listed = tuple(columns)
    array = f"ARRAY[{', '.join(f'{alias}.{column.quoted}::text' for column in listed)}]::text[]"
    return f'{array} COLLATE "C"' if any(column.collated for column in listed) else array


def text(alias: str, column: Column) -> str:
    """Return a column's text, compared byte by byte."""
    return f"{alias}.{column.quoted}::text" + (' COLLATE "C"' if column.collated else "")


@dataclass(slots=True)
class Keeping:
    """What surrounds one statement, forward and back; each list runs in order.

    Forward: `before`, then the statement or `run` in its place, `after`. Back: `first`, the inverse's prepare, `back`
    (moved tables and types return), the inverse's restore, `refill`, the inverse's finish, `settle`.
    """

    before: list[str] = field(default_factory=list)
    run: list[str] | None = None
    after: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    refill: list[str | Refill] = field(default_factory=list)
    settle: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
