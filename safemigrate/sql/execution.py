"""How a statement may run."""

from __future__ import annotations

from safemigrate.sql.actions import (
    Action,
    AlterObject,
    AlterTable,
    Cluster,
    CreateIndex,
    CreateObject,
    DoBlock,
    DropIndex,
    DropObject,
    DropTable,
    Reindex,
    Transaction,
    Vacuum,
)
from safemigrate.sql.statement import Statement


def is_transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like."""
    return any(isinstance(action, Transaction) for action in statement.actions)


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
