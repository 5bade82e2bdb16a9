"""Tables, their columns, constraints and indexes."""

from __future__ import annotations

from typing import Literal

from safemigrate.model.value import dataclass
from safemigrate.sql.actions.base import Action, Name


@dataclass(frozen=True, slots=True)
class Column:
    """A column as defined; `type`, `default`, `collation` and `check` are as written, "" without one.

    `identity` of SQLite is AUTOINCREMENT. `generated` is computed from other columns, and stored unless `virtual`.
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
    referenced: tuple[str, ...] = ()
    collation: str = ""
    on_delete: str = ""
    on_update: str = ""

    @property
    def serial(self) -> bool:
        """Whether its type brings a sequence of its own."""
        return self.type.lower() in ("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8")

    @property
    def has_value(self) -> bool:
        """Whether rows that exist get a value without being written to."""
        return bool(self.default) or self.generated or self.identity or self.serial


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint as defined. `kind` is "foreign key", "unique", "primary key", "check", "exclude" or "not null".

    `name` is "" where the server picks one; `expression` is a check's, as written; `using_index` names a ready index;
    `referenced` are the columns that a foreign key points to, () where they are the primary key; `on_delete` and
    `on_update` are its actions in lower case, "" where not written; `method` is an exclusion's index access method.
    """

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    expression: str = ""
    not_valid: bool = False
    using_index: str = ""
    references: Name | None = None
    referenced: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    method: str = ""
    not_enforced: bool = False


@dataclass(frozen=True, slots=True)
class CreateTable(Action):
    """CREATE TABLE, also AS, OF, LIKE, PARTITION OF and SELECT INTO, where `columns` may be empty.

    `references` are the tables that its foreign keys point to, and the one it is a partition of. `query` says that
    rows come with it, `inherits` that more columns do. `options` of SQLite are "strict" and "without rowid".
    """

    table: Name
    columns: tuple[Column, ...] = ()
    references: tuple[Name, ...] = ()
    temporary: bool = False
    if_not_exists: bool = False
    partition_of: Name | None = None
    query: bool = False
    constraints: tuple[Constraint, ...] = ()
    partitioned: bool = False
    inherits: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rebuild(Action):
    """A part of SQLite's way to change a table: a new one, the rows copied, the old one dropped, its name taken.

    What it comes to stands beside the "copy". `created` is the table as it is in the "end". `left_out` says which rows
    the copy may leave out, `condition` names them where it can be asked; `lost` are other things that are no more.
    """

    table: Name
    created: CreateTable
    step: Literal["create", "copy", "drop", "end"]
    left_out: str = ""
    condition: str = ""
    lost: tuple[str, ...] = ()


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
    """ALTER COLUMN ... TYPE; `type`, `using` and `collation` as written, "" without one."""

    table: Name
    column: str
    type: str
    using: str = ""
    collation: str = ""


@dataclass(frozen=True, slots=True)
class SetNotNull(Action):
    """ALTER COLUMN ... SET NOT NULL; `value` is what a table made anew gets there, where that may be NULL."""

    table: Name
    column: str
    value: str = ""


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
    """Any other ALTER COLUMN, `value` as written."""

    table: Name
    column: str
    what: Literal[
        "set statistics",
        "set storage",
        "set compression",
        "set options",
        "reset options",
        "add identity",
        "set identity",
        "drop identity",
        "set expression",
        "drop expression",
    ]
    value: str = ""


@dataclass(frozen=True, slots=True)
class AddConstraint(Action):
    """ALTER TABLE ... ADD [CONSTRAINT name] ...; `is_distinct` says of a key that no two rows share it."""

    table: Name
    constraint: Constraint
    is_distinct: bool = False


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
class AlterConstraint(Action):
    """ALTER TABLE ... ALTER CONSTRAINT; `what` in lower case: "deferrable initially deferred", "not enforced"."""

    table: Name
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class AlterTable(Action):
    """An ALTER TABLE action without a class of its own.

    `partition` is the one attached or detached. `value` is what stands behind the words, as written: a partition's
    bounds, a trigger's name (or ALL or USER), a tablespace, options.
    """

    table: Name
    what: Literal[
        "attach partition",
        "detach partition",
        "detach partition concurrently",
        "detach partition finalize",
        "merge partitions",
        "split partition",
        "enable row level security",
        "disable row level security",
        "force row level security",
        "no force row level security",
        "enable trigger",
        "enable replica trigger",
        "enable always trigger",
        "disable trigger",
        "enable rule",
        "enable replica rule",
        "enable always rule",
        "disable rule",
        "set logged",
        "set unlogged",
        "set tablespace",
        "set access method",
        "set without cluster",
        "set without oids",
        "set options",
        "reset options",
        "cluster on",
        "replica identity",
        "inherit",
        "no inherit",
        "of",
        "not of",
        "options",
    ]
    partition: Name | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class CreateIndex(Action):
    """CREATE INDEX. `columns` is empty where a key is an expression; `keys` and `where` are as written.

    `only` leaves a partitioned table's partitions without it. `collates` says that a key of SQLite's may find values
    alike that the column does not, `is_distinct` that no two rows share it.
    """

    table: Name
    name: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    concurrently: bool = False
    where: str = ""
    nulls_not_distinct: bool = False
    if_not_exists: bool = False
    only: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    keys: str = ""
    collates: bool = False
    is_distinct: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex(Action):
    """DROP INDEX."""

    names: tuple[Name, ...]
    concurrently: bool = False
    cascade: bool = False
    if_exists: bool = False
