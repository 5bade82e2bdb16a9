"""How a statement may run."""

from __future__ import annotations

from safemigrate.sql.actions import (
    Action,
    AlterTable,
    CreateIndex,
    DoBlock,
    DropIndex,
    DropObject,
    DropTable,
    Other,
    Transaction,
)
from safemigrate.sql.statement import Statement
from safemigrate.sql.upkeep import Cluster, Reindex, Vacuum

# PreventInTransactionBlock in PostgreSQL's source, 14 to 18. REFRESH ... CONCURRENTLY is not such a one.
_REFUSE = frozenset(
    {
        "ALTER SYSTEM",
        "ALTER DATABASE SET TABLESPACE",
        "ALTER SUBSCRIPTION",
        "CREATE DATABASE",
        "CREATE SUBSCRIPTION",
        "CREATE TABLESPACE",
    }
)


def is_transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like."""
    return any(isinstance(action, Transaction) for action in statement.actions)


def refuses_transaction(statement: Statement) -> bool:
    """Whether the server refuses it inside a transaction block; also a DO block that commits."""
    return any(_refuses(action) for action in statement.actions)


def _refuses(action: Action) -> bool:
    if isinstance(action, CreateIndex | DropIndex):
        return action.concurrently
    if isinstance(action, Other):
        return action.keyword in _REFUSE
    if isinstance(action, Reindex):
        return action.concurrently or action.kind not in ("index", "table")
    if isinstance(action, Vacuum | Cluster):
        return isinstance(action, Vacuum) or action.table is None
    if isinstance(action, AlterTable):
        return action.what == "detach partition concurrently"
    if isinstance(action, DropObject):
        return action.kind in ("database", "tablespace", "subscription")
    return isinstance(action, DoBlock) and any(isinstance(inner, Transaction) for inner in action.actions)


def is_plain_drop(statement: Statement) -> bool:
    """Whether it only drops tables, or objects of another kind but an index, and does nothing else."""
    return all(isinstance(action, DropTable | DropObject) for action in statement.actions)
