"""Which lock an action takes on which table, and whether it writes the table anew or reads all of it.

PostgreSQL docs: 13.3 Explicit Locking; ALTER TABLE, Notes. Measured on 10 to 18, where they agree unless it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from safemigrate.lint.column_type import is_free
from safemigrate.lint.schema import Schema
from safemigrate.lint.volatile import volatile
from safemigrate.model.value import dataclass
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterTable,
    Cluster,
    Column,
    Constraint,
    CreateIndex,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropObject,
    DropTable,
    Insert,
    LockTable,
    Name,
    Refresh,
    Reindex,
    Rename,
    SetDefault,
    SetNotNull,
    SetOwner,
    SetSchema,
    Truncate,
    Update,
    Vacuum,
    ValidateConstraint,
)


class Lock(IntEnum):
    """The modes of table locks, weakest first; SHARE and above stop writes, ACCESS EXCLUSIVE stops reads too."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def mode(self) -> str:
        """As pg_locks spells it."""
        return self.name.title().replace("_", "") + "Lock"

    @property
    def stops(self) -> str:
        """What waits for it."""
        return "reads and writes" if self is Lock.ACCESS_EXCLUSIVE else "writes" if self >= Lock.SHARE else ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does to one table: the strongest lock, and whether its time grows with the rows."""

    table: Name
    lock: Lock
    rewrites: bool = False
    scans: bool = False

    @property
    def slow(self) -> bool:
        """Whether its time grows with the rows of the table."""
        return self.rewrites or self.scans


_EXCLUSIVE = (
    DropNotNull,
    SetDefault,
    DropDefault,
    AlterConstraint,
    CreatePolicy,
)
_ONLINE = ("set statistics", "set options", "reset options")
_TABLE = {
    "set logged": (Lock.ACCESS_EXCLUSIVE, True),
    "set unlogged": (Lock.ACCESS_EXCLUSIVE, True),
    "set tablespace": (Lock.ACCESS_EXCLUSIVE, True),
    "set access method": (Lock.ACCESS_EXCLUSIVE, True),
    "enable trigger": (Lock.SHARE_ROW_EXCLUSIVE, False),
    "enable replica trigger": (Lock.SHARE_ROW_EXCLUSIVE, False),
    "enable always trigger": (Lock.SHARE_ROW_EXCLUSIVE, False),
    "disable trigger": (Lock.SHARE_ROW_EXCLUSIVE, False),
    "set options": (Lock.SHARE_UPDATE_EXCLUSIVE, False),
    "reset options": (Lock.SHARE_UPDATE_EXCLUSIVE, False),
    "cluster on": (Lock.SHARE_UPDATE_EXCLUSIVE, False),
    "set without cluster": (Lock.SHARE_UPDATE_EXCLUSIVE, False),
}


def effects(action: Action, schema: Schema) -> Iterator[Effect]:
    """What an action does to the tables as they stand before it; a table may come twice."""
    match action:
        case AddColumn():
            yield from _add_column(action.table, action.column, schema)
        case AddConstraint():
            yield from _add_constraint(action.table, action.constraint, schema)
        case AlterColumnType():
            yield from _retype(action, schema)
        case SetNotNull():
            yield Effect(action.table, Lock.ACCESS_EXCLUSIVE, scans=not _needs_no_scan(action, schema))
        case DropConstraint():
            yield from _drop_constraint(action, schema)
        case DropColumn():
            yield Effect(action.table, Lock.ACCESS_EXCLUSIVE)
            for one in schema.foreign_keys(action.table):
                if one.references and action.column in one.columns:
                    yield Effect(one.references, Lock.ACCESS_EXCLUSIVE)
        case ValidateConstraint():
            yield Effect(action.table, Lock.SHARE_UPDATE_EXCLUSIVE, scans=True)
            added = schema.table(action.table).constraints.get(action.name)
            if added and added.references:
                yield Effect(added.references, Lock.ROW_SHARE, scans=True)
        case AlterColumn():
            rewrites = action.what == "set expression" and schema.version >= 17
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if action.what in _ONLINE else Lock.ACCESS_EXCLUSIVE
            yield Effect(action.table, lock, rewrites=rewrites)
        case AlterTable():
            yield from _alter_table(action, schema)
        case SetOwner(kind="table") | SetSchema(kind="table"):
            yield Effect(action.name, Lock.ACCESS_EXCLUSIVE)
        case Rename(kind="table"):
            yield Effect(action.old, Lock.ACCESS_EXCLUSIVE)
        case Rename(kind="column" | "constraint", owner=Name() as owner):
            yield Effect(owner, Lock.ACCESS_EXCLUSIVE)
        case _ if isinstance(action, _EXCLUSIVE):
            yield Effect(action.table, Lock.ACCESS_EXCLUSIVE)
        case _:
            yield from _object(action, schema)


def _object(action: Action, schema: Schema) -> Iterator[Effect]:
    match action:
        case CreateIndex():
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if action.concurrently else Lock.SHARE
            known = schema.table(action.table)
            yield Effect(action.table, lock, scans=not (action.only and (known.partitioned or known.unknown)))
        case DropIndex():
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if action.concurrently else Lock.ACCESS_EXCLUSIVE
            yield from (Effect(found[0], lock) for found in map(schema.index, action.names) if found)
        case CreateTable():
            if action.partition_of:
                yield Effect(action.partition_of, Lock.ACCESS_EXCLUSIVE)
                rest = schema.default_partition(action.partition_of)
                if rest:
                    yield Effect(rest, Lock.ACCESS_EXCLUSIVE, scans=True)
            for parent in action.references:
                if parent not in (action.partition_of, action.table):
                    yield Effect(parent, Lock.SHARE_ROW_EXCLUSIVE)
        case DropTable():
            for table in action.tables:
                yield Effect(table, Lock.ACCESS_EXCLUSIVE)
                for one in schema.foreign_keys(table):
                    if one.references:
                        yield Effect(one.references, Lock.ACCESS_EXCLUSIVE)
                for child, _one in schema.referring(table) if action.cascade else ():
                    yield Effect(child, Lock.ACCESS_EXCLUSIVE)
        case CreateTrigger():
            yield Effect(action.table, Lock.SHARE_ROW_EXCLUSIVE)
        case DropObject(kind="trigger" | "policy" | "rule", table=Name() as table):
            yield Effect(table, Lock.ACCESS_EXCLUSIVE)
        case LockTable():
            lock = Lock[action.mode.replace(" ", "_")]
            yield from (Effect(table, lock) for table in action.tables)
        case AlterDomain(what="add constraint" | "set not null") if not action.not_valid:
            yield from (Effect(table, Lock.SHARE, scans=True) for table in schema.with_type(action.name))
        case _:
            yield from _rows(action, schema)


def _rows(action: Action, schema: Schema) -> Iterator[Effect]:
    match action:
        case Truncate():
            for table in action.tables:
                yield Effect(table, Lock.ACCESS_EXCLUSIVE)
                for child, _one in schema.referring(table) if action.cascade else ():
                    yield Effect(child, Lock.ACCESS_EXCLUSIVE)
        case Update() | Delete():
            yield Effect(action.table, Lock.ROW_EXCLUSIVE, scans=True)
        case Insert():
            yield Effect(action.table, Lock.ROW_EXCLUSIVE)
        case Vacuum():
            lock = Lock.ACCESS_EXCLUSIVE if action.full else Lock.SHARE_UPDATE_EXCLUSIVE
            yield from (Effect(table, lock, rewrites=action.full, scans=True) for table in action.tables)
        case Cluster(table=Name() as table):
            yield Effect(table, Lock.ACCESS_EXCLUSIVE, rewrites=True)
        case Refresh():
            lock = Lock.EXCLUSIVE if action.concurrently else Lock.ACCESS_EXCLUSIVE
            yield Effect(action.view, lock, rewrites=not action.concurrently, scans=True)
        case Reindex(name=Name() as name):
            index = schema.index(name) if action.kind == "index" else None
            table = index[0] if index else name
            if index or action.kind == "table":
                yield Effect(table, Lock.SHARE_UPDATE_EXCLUSIVE if action.concurrently else Lock.SHARE, scans=True)


def _add_column(table: Name, column: Column, schema: Schema) -> Iterator[Effect]:
    rewrites = bool(why_rewritten(column, schema))
    checks = bool(column.check or column.unique or column.primary_key)
    follows = bool(column.references and column.has_value)
    yield Effect(table, Lock.ACCESS_EXCLUSIVE, rewrites, rewrites or checks or follows)
    if column.references:
        yield Effect(column.references, Lock.SHARE_ROW_EXCLUSIVE, scans=follows)


def why_rewritten(column: Column, schema: Schema) -> str:
    """Why a new column writes its table anew: "default", "serial", "generated", "domain", or "" where it does not."""
    if column.serial or column.identity:
        return "serial"
    if column.generated:
        return "" if column.virtual and schema.version >= 18 else "generated"
    if column.default and (schema.version < 11 or volatile(column.default, schema)):
        return "default"
    return "domain" if schema.is_constrained(column.type) else ""


def _add_constraint(table: Name, constraint: Constraint, schema: Schema) -> Iterator[Effect]:
    checked = not (constraint.not_valid or constraint.not_enforced)
    match constraint.kind:
        case "foreign key":
            yield Effect(table, Lock.SHARE_ROW_EXCLUSIVE, scans=checked)
            if constraint.references and schema.key(constraint.references) != schema.key(table):
                yield Effect(constraint.references, Lock.SHARE_ROW_EXCLUSIVE, scans=checked)
        case "unique" | "primary key" if constraint.using_index:
            yield Effect(table, Lock.ACCESS_EXCLUSIVE, scans=bool(nullable(table, constraint, schema)))
        case "not null":
            proven = all(schema.is_required(table, one) or schema.is_proven(table, one) for one in constraint.columns)
            yield Effect(table, Lock.ACCESS_EXCLUSIVE, scans=checked and not proven)
        case _:
            yield Effect(table, Lock.ACCESS_EXCLUSIVE, scans=checked)


def nullable(table: Name, constraint: Constraint, schema: Schema) -> tuple[str, ...]:
    """The columns of a ready index that its primary key has to make NOT NULL, as far as they are known."""
    if constraint.kind != "primary key" or schema.table(table).unknown:
        return ()
    index = schema.table(table).indexes.get(constraint.using_index)
    columns = index.columns if index else ()
    return tuple(one for one in columns if not (schema.is_required(table, one) or schema.is_proven(table, one)))


def _needs_no_scan(action: SetNotNull, schema: Schema) -> bool:
    proven = schema.version >= 12 and schema.is_proven(action.table, action.column)
    return proven or schema.is_required(action.table, action.column)


def _retype(action: AlterColumnType, schema: Schema) -> Iterator[Effect]:
    known = schema.table(action.table)
    rewrites = not retypes_free(action, schema)
    collates = bool(action.collation) and any(action.column in index.columns for index in known.indexes.values())
    yield Effect(action.table, Lock.ACCESS_EXCLUSIVE, rewrites, rewrites or collates)
    for one in schema.foreign_keys(action.table):
        if action.column in one.columns and one.references:
            yield Effect(one.references, Lock.ACCESS_EXCLUSIVE, scans=rewrites)
    for child, one in schema.referring(action.table):
        if action.column in one.referenced:
            yield Effect(child, Lock.ACCESS_EXCLUSIVE, scans=rewrites)


def retypes_free(action: AlterColumnType, schema: Schema) -> bool:
    """Whether a column's new type is known to change the catalog alone."""
    before = schema.table(action.table).types.get(action.column, "")
    using = action.using.replace(" ", "").strip("()").lower().replace('"', "")
    casts = (action.column.lower(), f"{action.column}::{action.type}".replace(" ", "").replace('"', "").lower())
    return bool(before) and (not using or using in casts) and is_free(before, action.type)


def _drop_constraint(action: DropConstraint, schema: Schema) -> Iterator[Effect]:
    yield Effect(action.table, Lock.ACCESS_EXCLUSIVE)
    one = schema.table(action.table).constraints.get(action.name)
    if one and one.references and schema.key(one.references) != schema.key(action.table):
        yield Effect(one.references, Lock.ACCESS_EXCLUSIVE)
    if one and one.kind in ("primary key", "unique") and action.cascade:
        for child, key in schema.referring(action.table):
            if set(key.referenced or one.columns) == set(one.columns):
                yield Effect(child, Lock.ACCESS_EXCLUSIVE)


def _alter_table(action: AlterTable, schema: Schema) -> Iterator[Effect]:
    match action:
        case AlterTable(what="attach partition", partition=Name() as partition):
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if schema.version >= 12 else Lock.ACCESS_EXCLUSIVE
            yield Effect(action.table, lock)
            yield Effect(partition, Lock.ACCESS_EXCLUSIVE, scans=not _bounded(action, schema))
            rest = schema.default_partition(action.table)
            if rest:
                yield Effect(rest, Lock.ACCESS_EXCLUSIVE, scans=True)
        case AlterTable(what="detach partition", partition=Name() as partition):
            yield Effect(action.table, Lock.ACCESS_EXCLUSIVE)
            yield Effect(partition, Lock.ACCESS_EXCLUSIVE if schema.version >= 15 else Lock.SHARE_UPDATE_EXCLUSIVE)
        case AlterTable(what="detach partition concurrently"):
            yield Effect(action.table, Lock.SHARE_UPDATE_EXCLUSIVE)
        case _:
            lock, rewrites = _TABLE.get(action.what, (Lock.ACCESS_EXCLUSIVE, False))
            yield Effect(action.table, lock, rewrites)


_BOUND_WORDS = frozenset("FOR VALUES FROM TO IN WITH MODULUS REMAINDER MINVALUE MAXVALUE NULL".split())  # noqa: SIM905


def _bounded(action: AlterTable, schema: Schema) -> bool:
    """Whether a valid check of the table to attach names every bound, so that no row of it needs to be read."""
    if not action.partition:
        return False
    bounds = set(re.findall(r"[^\s(),'\"]+", action.value)) - _BOUND_WORDS
    checks = schema.table(action.partition).constraints.values()
    return any(
        one.kind == "check"
        and not one.not_valid
        and bounds
        and all(re.search(rf"(?<![\w.]){re.escape(bound)}(?![\w.])", one.expression) for bound in bounds)
        for one in checks
    )
