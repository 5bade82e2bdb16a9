"""How a statement may run."""

from __future__ import annotations

import re

from safemigrate.sql.actions import CreateIndex, DropIndex, DropObject, DropTable, Transaction
from safemigrate.sql.statement import Statement

# PreventInTransactionBlock in PostgreSQL's source, 14 to 18; the concurrent indexes are read from their actions.
_REFUSES = re.compile(
    r"VACUUM\b"
    r"|ALTER\s+SYSTEM\b"
    r"|(CREATE|DROP)\s+(DATABASE|TABLESPACE)\b"
    r"|ALTER\s+DATABASE\s.*\sSET\s+TABLESPACE\b"
    r"|REINDEX\s+(\([^)]*\)\s*)?(DATABASE|SYSTEM|SCHEMA)\b"
    r"|REINDEX\b.*\bCONCURRENTLY\b"
    r"|ALTER\s+TABLE\s.*\sDETACH\s+PARTITION\s.*\sCONCURRENTLY$"
    r"|(CREATE|DROP|ALTER)\s+SUBSCRIPTION\b"
    r"|CLUSTER$",
    re.IGNORECASE | re.DOTALL,
)


def is_transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like."""
    return any(isinstance(action, Transaction) for action in statement.actions)


def refuses_transaction(statement: Statement) -> bool:
    """Whether the server refuses it inside a transaction block; REFRESH ... CONCURRENTLY is not such a one."""
    concurrent = any(isinstance(a, CreateIndex | DropIndex) and a.concurrently for a in statement.actions)
    return concurrent or _REFUSES.match(statement.sql) is not None


def is_plain_drop(statement: Statement) -> bool:
    """Whether it only drops tables, or objects of another kind, and does nothing else."""
    return all(isinstance(action, DropTable | DropObject) for action in statement.actions)
