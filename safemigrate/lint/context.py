"""What a rule may ask while it reads: what this migration has made so far, and what the target holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar, cast

from safemigrate.lint.allow import Allow
from safemigrate.lint.facts import Facts, Key, TableFact, nobody
from safemigrate.lint.inventory import Inventory
from safemigrate.lint.lineage import read
from safemigrate.lint.locks import Effect, Lock, effects
from safemigrate.lint.rule import SMALL
from safemigrate.lint.schema import Schema
from safemigrate.lint.volatile import volatile
from safemigrate.model import Finding, Migration, Severity
from safemigrate.sql import Name, Statement, parted, refuses_transaction
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AlterColumn,
    AlterColumnType,
    Column,
    CreateTable,
    CreateType,
    CreateView,
    Delete,
    DropColumn,
    DropDefault,
    DropNotNull,
    DropTable,
    Insert,
    Rebuild,
    Rename,
    SetDefault,
    SetNotNull,
    SetSchema,
    Transaction,
    Truncate,
    Update,
    flatten,
    quote,
)
from safemigrate.sql.expression import always_holds

A = TypeVar("A", bound=Action)
OfColumn = AlterColumn | AlterColumnType | DropColumn | DropDefault | DropNotNull | SetDefault | SetNotNull

_BY_KEY = re.compile(
    r"""[("\w.]*\bid\b"?\s*(=\s*('[^']*'|\d+)|IN\s*\((\s*('[^']*'|\d+)\s*,?)+\))[\s)]*""", re.IGNORECASE
)
# Nothing here is read twice, so that a long text takes no longer than its length.
COLUMN = r'((?<!\w)\w++|"[^"]++")'
_IS_NULL = re.compile(rf"{COLUMN}\s++IS\s++NULL\b", re.IGNORECASE)
_ALONE_NULL = re.compile(rf'\(?\s*+(?:[\w"]++\.)?{COLUMN}\s++IS\s++NULL\s*+\)?', re.IGNORECASE)


def deletes_all(action: Action) -> bool:
    """Whether it is a DELETE whose condition, if any, always holds."""
    return isinstance(action, Delete) and holds_always(action.where)


def holds_always(where: str) -> bool:
    """Whether a condition, or none, names every row."""
    return not where or always_holds(where)


def is_null(where: str, column: str, *, alone: bool = False) -> bool:
    """Whether a condition holds only where the column is NULL, as far as its text tells; `alone`, wherever it is."""
    if alone:
        only = _ALONE_NULL.fullmatch(where.strip())
        return only is not None and is_column(only[1], column)
    named = any(is_column(found[1], column) for found in _IS_NULL.finditer(where))
    return named and not re.search(r"\bOR\b", where, re.IGNORECASE)


def is_column(written: str, column: str) -> bool:
    """Whether what was found as `COLUMN` is this one."""
    return written.strip('"').lower() == column.lower()


def names_rows(where: str) -> bool:
    """Whether a condition names single rows by their key: `id = 3`."""
    return bool(_BY_KEY.fullmatch(where.strip()))


class Context:
    """One reading of a migration, statement by statement.

    `earlier` are the statements of the migrations that run before it, None where nobody says.
    """

    def __init__(
        self,
        migration: Migration,
        statements: Sequence[Statement],
        facts: Facts,
        earlier: Sequence[Statement] | None = None,
    ) -> None:
        self.migration = migration
        self.statements = statements
        self.facts = facts
        self.position = 0
        self.rule = ""
        self.allows: Sequence[Allow] = ()
        self.allowable: Sequence[str] = ()
        self.found: Sequence[Finding] = ()  # for a rule that speaks last
        self.before: list[Action] = []
        self._before_by_kind: dict[type[Action], list[Action]] = {}
        self._own_by_kind: dict[type[Action], list[Action]] = {}
        self._by_statement = [list(flatten(statement.actions)) for statement in statements]
        self._tables: dict[Key, Key | None] = {}  # made or renamed here: what it was in the target, None for new
        self._types: set[Key] = set()
        self._columns: dict[tuple[Key, str], Column] = {}
        self._empty: set[Key] = set()
        self._filled: set[Key] = set()  # by a migration before this one
        self._counts: dict[str, int | None] = {}
        self._held: list[tuple[int, Effect]] = []
        self._apart = parted(statements) if facts.in_steps else frozenset()
        self._knows_earlier = earlier is not None
        # Nothing to copy from: what a whole history writes into an empty database is its own seed.
        starts_empty = self.knows_all and all(name == "_prisma_migrations" for _schema, name in facts.tables or ())
        for statement in earlier or ():
            for action in flatten(statement.actions):
                self._note(action)
                self.before.append(action)
                self._before_by_kind.setdefault(type(action), []).append(action)
                if isinstance(action, Insert) and not starts_empty:
                    self._filled.add(self.key(action.table))
        self._own = len(self.before)

    @cached_property
    def schema(self) -> Schema:
        """What is known of tables, types and functions at this point."""
        return Schema(self.facts)

    @cached_property
    def inventory(self) -> Inventory:
        """What this migration has made and dropped by now."""
        return Inventory()

    @property
    def actions(self) -> list[Action]:
        """What the statement at hand does, DO blocks included."""
        return self._by_statement[self.position]

    @property
    def own(self) -> list[Action]:
        """What this migration did before the statement at hand, without the migrations before it."""
        return self.before[self._own :]

    def own_of(self, kind: type[A]) -> list[A]:
        """Those of one class: a file may have thousands of statements, and each asks."""
        return cast("list[A]", self._own_by_kind.get(kind, []))

    def before_of(self, kind: type[A]) -> list[A]:
        """Those of one class, in the migrations before this one too."""
        return cast("list[A]", self._before_by_kind.get(kind, []))

    def all_of(self, kind: type[A]) -> list[A]:
        """What the whole migration does, of one class."""
        return cast("list[A]", self._by_kind.get(kind, []))

    @cached_property
    def _by_kind(self) -> dict[type[Action], list[Action]]:
        found: dict[type[Action], list[Action]] = {}
        for action in self.everything:
            found.setdefault(type(action), []).append(action)
        return found

    @cached_property
    def everything(self) -> list[Action]:
        """What the whole migration does."""
        return [action for actions in self._by_statement for action in actions]

    @property
    def after(self) -> list[Action]:
        """What the statements behind the one at hand do."""
        return [action for actions in self._by_statement[self.position + 1 :] for action in actions]

    def later(self, action: OfColumn, *kinds: type[OfColumn]) -> bool:
        """Whether an action of these kinds follows for the same column."""
        behind = [*self.actions[self.actions.index(action) + 1 :], *self.after]
        key = self.key(action.table)
        return any(
            isinstance(a, OfColumn) and isinstance(a, kinds) and (self.key(a.table), a.column) == (key, action.column)
            for a in behind
        )

    def advance(self) -> None:
        """Take note of what the statement at hand does and go on to the next."""
        statement = self.statements[self.position]
        alone = refuses_transaction(statement)
        for action in self.actions:
            ends = isinstance(action, Transaction) and action.kind in ("commit", "rollback")
            if alone or (ends and not self.facts.in_steps):  # apply folds most of the file's own transactions into one
                self._held = []
            else:
                gone = action.tables if isinstance(action, DropTable) else ()
                found = effects(action, self.schema)
                self._held += [(statement.span.line, one) for one in found if one.table not in gone]
            self._note(action)
            self.before.append(action)
            for known in (self._own_by_kind, self._before_by_kind):
                known.setdefault(type(action), []).append(action)
        self.position += 1
        if self.position in self._apart:
            self._held = []

    def _note(self, action: Action) -> None:
        self.schema.note(action)
        match action:
            case CreateTable() if not (action.if_not_exists and self._target(self.key(action.table))):
                self._tables[self.key(action.table)] = None
            case CreateView(materialized=True):
                self._tables[self.key(action.name)] = None
            case CreateType():
                self._types.add(self.key(action.name))
            case AddColumn():
                self._columns[self.key(action.table), action.column.name] = action.column
            case Rename(kind="table"):
                key = self.key(action.old)
                self._tables[key[0], action.new] = self._tables.pop(key, key)
            case Rename(kind="type") if self.key(action.old) in self._types:
                self._types.add((self.key(action.old)[0], action.new))
            case SetSchema(kind="table"):
                key = self.key(action.name)
                self._tables[action.schema, key[1]] = self._tables.pop(key, key)
            case Truncate():
                self._empty.update(self.key(table) for table in action.tables)
            case Delete() if deletes_all(action):
                self._empty.add(self.key(action.table))
            case Insert():
                self._empty.discard(self.key(action.table))

    # Names

    def key(self, name: Name) -> Key:
        """A name with its schema."""
        return name.schema or self.facts.schema, name.name

    def is_new(self, table: Name) -> bool:
        """Whether a pending migration made the table, and none before this one put rows into it."""
        key = self.key(table)
        return self._tables.get(key, ()) is None and key not in self._filled

    def is_new_type(self, name: Name) -> bool:
        """Whether a pending migration made the type."""
        return self.key(name) in self._types

    def new_column(self, table: Name, column: str) -> Column | None:
        """The column as a pending migration added it."""
        return self._columns.get((self.key(table), column))

    def written(self, table: Name, column: str) -> bool:
        """Whether an UPDATE of a pending migration has assigned the column by now."""
        key = self.key(table)
        return any(column in one.columns and self.key(one.table) == key for one in self.before_of(Update))

    # The target

    def _target(self, key: Key) -> TableFact | None:
        return (self.facts.tables or {}).get(key)

    def _in_target(self, table: Name) -> tuple[Key | None, TableFact | None]:
        key = self.key(table)
        before = self._tables.get(key, key)
        return before, self._target(before) if before else None

    def fact(self, table: Name) -> TableFact | None:
        """The table in the target, by the name it has at this point of the migration."""
        return self._in_target(table)[1]

    @property
    def knows_all(self) -> bool:
        """Whether a table that nobody has named is not there."""
        return self.facts.tables is not None and self.facts.complete

    def is_there(self, table: Name) -> bool:
        """Whether the table exists at this point, as far as the target and the pending migrations tell."""
        return self.key(table) in self._tables or self.fact(table) is not None

    def place(self, table: Name, *columns: str) -> str:
        """The table's name in the target, for a counting query; "" where it or one of the columns is not there."""
        key, fact = self._in_target(table)
        if key is None or fact is None or any(column not in fact.columns for column in columns):
            return ""
        return f"{quote(key[0])}.{quote(key[1])}"

    def count(self, query: str) -> int | None:
        """Ask the target, once; None without an answer.

        Nothing of a migration acts on the target unrehearsed: with a condition that calls what may, nobody is asked.
        """
        if self.facts.count is nobody:
            return None
        if query not in self._counts:
            is_safe = self.sqlite or not volatile(query, self.schema)  # no function of SQLite's acts on anything
            self._counts[query] = self.facts.count(query) if is_safe else None
        return self._counts[query]

    def rows(self, table: Name) -> int | None:
        """The rows the table holds at this point, None where nobody knows; estimated where counting takes too long."""
        key, fact = self._in_target(table)
        if self.key(table) in self._empty or self.is_new(table):
            return 0
        if fact is None:
            return None if key is None or self._knows_earlier or not self.knows_all else 0
        exact = None if self.facts.count is nobody else self.count(f"SELECT count(*) FROM {self.place(table)}")
        return fact.rows if exact is None else exact

    def matching(self, table: Name, where: str) -> int | None:
        """The rows of the target that a condition names; None where it cannot be asked alone, or has changed by now."""
        # A column that is not there yet would be a string to SQLite.
        named = read([where], self.schema.columns(table)) if self.sqlite else ()
        key, place = self.key(table), self.place(table, *named)
        changes: tuple[Update | Insert | Delete, ...] = (
            *self.before_of(Update),
            *self.before_of(Insert),
            *self.before_of(Delete),
        )
        if not place or any(self.key(one.table) == key for one in changes):
            return None
        return self.count(f"SELECT count(*) FROM {place} WHERE {where or 'true'}")

    def is_small(self, table: Name) -> bool:
        """Whether the table is known to have so few rows that no lock on it is felt."""
        fact = self.fact(table)
        if fact and fact.rows is not None and fact.rows >= 10 * SMALL and self.key(table) not in self._empty:
            return False
        rows = self.rows(table)
        return rows is not None and rows < SMALL

    # Locks

    def felt(self, action: Action) -> list[Effect]:
        """What an action does to tables that others use: neither new nor known to be small."""
        return [one for one in effects(action, self.schema) if not self.is_small(one.table)]

    def held(self, weakest: Lock) -> list[tuple[int, Effect]]:
        """The locks that this transaction holds on tables that others use, each with the line that took it."""
        return [(line, one) for line, one in self._held if one.lock >= weakest and not self.is_small(one.table)]

    def also_waits(self, lock: Lock, table: Name) -> str:
        """What more a slow statement holds up: "; so do reads of ..., locked in line 3"; "" for nothing."""
        here = self.key(table)
        for line, one in self.held(Lock.ACCESS_EXCLUSIVE):
            if lock < Lock.ACCESS_EXCLUSIVE or self.key(one.table) != here:
                return f"; so does every query of {one.table}, which line {line} locked"
        return ""

    # SQLite

    @property
    def sqlite(self) -> bool:
        """Whether it is read for SQLite; then its rebuilds are folded into what they come to."""
        return self.facts.provider == "sqlite"

    def leaves_out(self, table: Name) -> bool:
        """Whether a table made anew has not all the rows that the target has."""
        return any(one.table == table and one.left_out for one in self.all_of(Rebuild))

    def copy(self, table: Name) -> Name | None:
        """The table into which the rows are copied, where the statement at hand is a part of making one anew."""
        here = self.statements[self.position].span
        copies = (
            action.created.table
            for statement in self.statements[self.position :]
            if statement.span == here
            for action in statement.actions
            if isinstance(action, Rebuild) and action.step == "copy" and action.table == table
        )
        return next(copies, None)

    # Saying it

    def finding(
        self,
        severity: Severity,
        message: str,
        *,
        subject: str = "",
        help: str = "",  # noqa: A002
        count: int | None = None,
        loses: bool = False,
    ) -> Finding:
        """A finding of the rule that is asked, on the statement it sees."""
        statements = self.statements
        span = statements[self.position].span if self.position < len(statements) else None
        return Finding(
            self.rule, severity, message, self.migration.name, span, subject, help, count, loses=loses and count != 0
        )
