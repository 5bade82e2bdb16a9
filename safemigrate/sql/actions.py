"""What a statement does, in the terms that rules and plans ask about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the server reads it: unquoted words are folded to lower case. `str()` gives it quoted."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        quoted = quote(self.name)
        return quoted if self.schema is None else f"{quote(self.schema)}.{quoted}"


def quote(identifier: str) -> str:
    """One identifier, always quoted."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a statement does; an ALTER TABLE has as many as it lists."""


# Tables and columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column as defined; `type`, `default` and `check` are as written, "" without one.

    `generated` is computed from other columns, and stored unless `virtual`.
    """

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    generated: bool = False
    identity: bool = False
    unique: bool = False
    primary_key: bool = False
    references: Name | None = None
    virtual: bool = False
    check: str = ""

    @property
    def has_value(self) -> bool:
        """Whether rows that exist get a value without being written to."""
        serial = self.type.lower() in ("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8")
        return bool(self.default) or self.generated or self.identity or serial


@dataclass(frozen=True, slots=True)
class CreateTable(Action):
    """CREATE TABLE, also AS, OF, LIKE, PARTITION OF and SELECT INTO, where `columns` may be empty.

    `query` says that rows come with it.
    """

    table: Name
    columns: tuple[Column, ...] = ()
    references: tuple[Name, ...] = ()
    temporary: bool = False
    if_not_exists: bool = False
    partition_of: Name | None = None
    query: bool = False


@dataclass(frozen=True, slots=True)
class DropTable(Action):
    """DROP TABLE."""

    tables: tuple[Name, ...]
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddColumn(Action):
    """ALTER TABLE ... ADD [COLUMN]."""

    table: Name
    column: Column
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn(Action):
    """ALTER TABLE ... DROP [COLUMN]."""

    table: Name
    column: str
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnType(Action):
    """ALTER COLUMN ... TYPE; `type` and `using` as written, `using` "" without one."""

    table: Name
    column: str
    type: str
    using: str = ""


@dataclass(frozen=True, slots=True)
class SetNotNull(Action):
    """ALTER COLUMN ... SET NOT NULL."""

    table: Name
    column: str


@dataclass(frozen=True, slots=True)
class DropNotNull(Action):
    """ALTER COLUMN ... DROP NOT NULL."""

    table: Name
    column: str


@dataclass(frozen=True, slots=True)
class SetDefault(Action):
    """ALTER COLUMN ... SET DEFAULT; `default` as written."""

    table: Name
    column: str
    default: str


@dataclass(frozen=True, slots=True)
class DropDefault(Action):
    """ALTER COLUMN ... DROP DEFAULT."""

    table: Name
    column: str


@dataclass(frozen=True, slots=True)
class AlterColumn(Action):
    """Any other ALTER COLUMN: statistics, storage, identity, a generated column's expression; `what` says which."""

    table: Name
    column: str
    what: str


# Constraints and indexes


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint as defined. `kind` is "foreign key", "unique", "primary key", "check", "exclude" or "not null".

    `name` is "" where the server picks one; `expression` is a check's, as written; `using_index` names a ready index;
    `referenced` are the columns that a foreign key points to, () where they are the primary key.
    """

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    expression: str = ""
    not_valid: bool = False
    using_index: str = ""
    references: Name | None = None
    referenced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddConstraint(Action):
    """ALTER TABLE ... ADD [CONSTRAINT name] ..."""

    table: Name
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class DropConstraint(Action):
    """ALTER TABLE ... DROP CONSTRAINT."""

    table: Name
    name: str
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class ValidateConstraint(Action):
    """ALTER TABLE ... VALIDATE CONSTRAINT."""

    table: Name
    name: str


@dataclass(frozen=True, slots=True)
class CreateIndex(Action):
    """CREATE INDEX. `columns` is empty where a key is an expression; `where` is the predicate as written."""

    table: Name
    name: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    concurrently: bool = False
    where: str = ""
    nulls_not_distinct: bool = False
    if_not_exists: bool = False
    only: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex(Action):
    """DROP INDEX."""

    names: tuple[Name, ...]
    concurrently: bool = False
    cascade: bool = False
    if_exists: bool = False


# Types and other objects


@dataclass(frozen=True, slots=True)
class CreateType(Action):
    """CREATE TYPE or DOMAIN; `labels` of an enum, None for every other; `constrained` is a domain with constraints."""

    name: Name
    labels: tuple[str, ...] | None = None
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class AddEnumValue(Action):
    """ALTER TYPE ... ADD VALUE."""

    type: Name
    value: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropObject(Action):
    """DROP of anything but a table or an index; `kind` in lower case: "type", "schema", "materialized view".

    `table` is where a trigger, a policy or a rule sits.
    """

    kind: str
    names: tuple[Name, ...]
    cascade: bool = False
    if_exists: bool = False
    table: Name | None = None


@dataclass(frozen=True, slots=True)
class Rename(Action):
    """RENAME; `kind` in lower case: "table", "column", "constraint", "type", "enum value", "index", ...

    `old` of a column, a constraint or an enum value is its bare name, and `owner` what it belongs to.
    """

    kind: str
    old: Name
    new: str
    owner: Name | None = None


@dataclass(frozen=True, slots=True)
class SetSchema(Action):
    """ALTER ... SET SCHEMA."""

    kind: str
    name: Name
    schema: str


@dataclass(frozen=True, slots=True)
class AlterTable(Action):
    """An ALTER TABLE action without a class of its own; `what` in lower case: "enable row level security".

    `partition` is the one attached or detached.
    """

    table: Name
    what: str
    partition: Name | None = None


@dataclass(frozen=True, slots=True)
class CreateView(Action):
    """CREATE [OR REPLACE] [MATERIALIZED] VIEW."""

    name: Name
    materialized: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class CreateFunction(Action):
    """CREATE [OR REPLACE] FUNCTION or PROCEDURE; its body does not run. `volatile` unless it says otherwise."""

    name: Name
    replace: bool = False
    volatile: bool = True


@dataclass(frozen=True, slots=True)
class CreateTrigger(Action):
    """CREATE [CONSTRAINT] TRIGGER."""

    name: str
    table: Name


# Rows


@dataclass(frozen=True, slots=True)
class Truncate(Action):
    """TRUNCATE."""

    tables: tuple[Name, ...]
    cascade: bool = False
    restart_identity: bool = False


@dataclass(frozen=True, slots=True)
class Delete(Action):
    """DELETE; `where` as written, "" without one."""

    table: Name
    where: str = ""


@dataclass(frozen=True, slots=True)
class Update(Action):
    """UPDATE; `columns` are those assigned, `assignments` and `where` as written."""

    table: Name
    columns: tuple[str, ...] = ()
    assignments: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Insert(Action):
    """INSERT or COPY FROM; `query` says that its rows are not written out in the statement."""

    table: Name
    query: bool = False


# The rest


@dataclass(frozen=True, slots=True)
class Transaction(Action):
    """Transaction control; `kind` is "begin", "commit", "rollback", "savepoint", "release", "prepare", ..."""

    kind: str


@dataclass(frozen=True, slots=True)
class Set(Action):
    """SET, RESET and SET LOCAL of a setting; `value` as written, "" for RESET."""

    setting: str
    value: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class DoBlock(Action):
    """A DO block. `actions` are those of the SQL in its body, run or not; `dynamic` says that it also builds SQL."""

    actions: tuple[Action, ...] = field(default=())
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Other(Action):
    """Understood, and nothing is lost by it: COMMENT, GRANT, SELECT, CREATE EXTENSION, ..."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Opaque(Action):
    """Not understood, and why."""

    reason: str


def flatten(actions: Iterable[Action]) -> Iterator[Action]:
    """The actions with those inside DO blocks behind each."""
    for action in actions:
        yield action
        if isinstance(action, DoBlock):
            yield from flatten(action.actions)
