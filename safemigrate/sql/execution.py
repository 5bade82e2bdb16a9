"""How a statement may run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from safemigrate.errors import MigrationFailed
from safemigrate.model import Migration
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    AlterConstraint,
    AlterObject,
    AlterTable,
    Cluster,
    CreateIndex,
    CreateObject,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DoBlock,
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
    Transaction,
    Truncate,
    Update,
    Vacuum,
    ValidateConstraint,
    flatten,
)
from safemigrate.sql.statement import Statement


def is_transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like."""
    return any(isinstance(action, Transaction) for action in statement.actions)


def executable(migration: Migration, statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements that run: a file's own BEGIN and COMMIT are folded into ours, which makes it atomic.

    A COMMIT that is there for a reason is kept.

    Raises MigrationFailed for a file that rolls back or leaves a transaction open: Prisma reports both as applied,
    and what they did is lost when it disconnects.
    """
    level = 0
    for statement in statements:
        for action in statement.actions:
            if not isinstance(action, Transaction):
                continue
            if action.kind == "rollback":
                raise MigrationFailed(
                    f"{migration.path}, line {statement.span.line}: ROLLBACK undoes what stands before it",
                    "Prisma would report this migration as applied although nothing of it is.",
                    (f"remove the ROLLBACK from {migration.path}",),
                )
            level += {"begin": 1, "commit": -1}.get(action.kind, 0)
    if level > 0:
        raise MigrationFailed(
            f"{migration.path} has a BEGIN without its COMMIT",
            "Prisma would report this migration as applied, and lose all of it when it disconnects.",
            (f"add the COMMIT to {migration.path}",),
        )
    apart, runs, behind = parted(statements), [], False
    for number, one in enumerate(statements):
        if is_transaction_control(one):
            behind = behind or any(isinstance(each, Transaction) and each.kind == "commit" for each in one.actions)
        else:
            runs.append(replace(one, commit="kept" if number in apart else "folded") if behind else one)
            behind = False
    return runs


def refuses_transaction(statement: Statement) -> bool:
    """Whether the server refuses it inside a transaction block; also a DO block that commits."""
    return any(_refuses(action) for action in statement.actions)


def _refuses(action: Action) -> bool:
    """PreventInTransactionBlock in PostgreSQL's source, 14 to 18. REFRESH ... CONCURRENTLY is not such a one."""
    match action:
        case CreateIndex() | DropIndex():
            return action.concurrently
        case AlterTable():
            return action.what == "detach partition concurrently"
        case Reindex():
            return action.concurrently or action.kind in ("schema", "database", "system")
        case Vacuum() | Cluster(table=None):
            return True
        case CreateObject(kind="database" | "tablespace" | "subscription"):
            return True
        case DropObject(kind="database" | "tablespace" | "subscription"):
            return True
        case AlterObject(kind="system" | "subscription"):
            return True
        case AlterObject(kind="database"):
            return action.what.startswith("set tablespace")
        case DoBlock():
            return any(isinstance(inner, Transaction) for inner in action.actions)
    return False


def is_plain_drop(statement: Statement) -> bool:
    """Whether it only drops tables, or objects of another kind but an index, and does nothing else."""
    return all(isinstance(action, DropTable | DropObject) for action in statement.actions)


# They hold a table closed, for writes at least, until their transaction ends (PostgreSQL docs 13.3).
_CLOSES = (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    CreateIndex,
    CreateTrigger,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    LockTable,
    Rename,
    SetDefault,
    SetNotNull,
    Truncate,
)

_SLOW = (
    AlterColumnType,
    Cluster,
    CreateIndex,
    Delete,
    Refresh,
    Reindex,
    SetNotNull,
    Update,
    ValidateConstraint,
)


def parted(statements: Sequence[Statement]) -> frozenset[int]:
    """The numbers of the statements that a COMMIT of the file's own parts, for a reason, from those before them.

    Before it a table was closed, and behind it stands what may take long: a constraint is added NOT VALID, committed
    and validated, so that the lock is short. Any other COMMIT only makes two halves of a migration that could be whole.
    """
    found: list[int] = []
    made: set[Name] = set()
    closed = False
    for numbers in _transactions(statements):
        actions = [action for number in numbers for action in flatten(statements[number].actions)]
        made |= {action.table for action in actions if isinstance(action, CreateTable)}
        if closed and any(_is_slow(action) and not _is_on(action, made) for action in actions):
            found.append(numbers[0])
            closed = False
        closed = closed or any(isinstance(action, _CLOSES) and not _is_on(action, made) for action in actions)
    return frozenset(found)


def _transactions(statements: Sequence[Statement]) -> Iterator[list[int]]:
    """The statements, by number, between one COMMIT of the file and the next.

    Prisma's own is none: around the new type that takes an enum's place it writes BEGIN and COMMIT, wherever in the
    file that is (schema-engine, sql_schema_connector, flavour/postgres/renderer.rs).
    """
    numbers: list[int] = []
    is_enum = False
    for number, one in enumerate(statements):
        kinds = {action.kind for action in one.actions if isinstance(action, Transaction)}
        if "begin" in kinds:
            is_enum = False
        elif "commit" in kinds and not is_enum and numbers:
            yield numbers
            numbers = []
        elif not kinds:
            numbers.append(number)
            is_enum = is_enum or any(isinstance(action, Rename) and action.kind == "type" for action in one.actions)
    if numbers:
        yield numbers


def _is_slow(action: Action) -> bool:
    match action:
        case AddConstraint(constraint=constraint):
            return not (constraint.not_valid or constraint.using_index)
        case AlterTable():
            return action.what == "attach partition"
        case CreateView():
            return action.materialized and action.with_data
        case CreateTable() | Insert():
            return action.query
    return isinstance(action, _SLOW)


def _is_on(action: Action, tables: set[Name]) -> bool:
    return getattr(action, "table", None) in tables
