"""What holds at a point of a migration: whether a transaction is open, and whether SQLite enforces foreign keys."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.sql.actions import Action, Set, Transaction
from safemigrate.sql.pragmas import is_on


def enforces_foreign_keys(before: Sequence[Action]) -> bool:
    """Whether SQLite does so behind these actions, as on Prisma's connections; in a transaction the PRAGMA is idle."""
    found = True
    for number, action in enumerate(before):
        if isinstance(action, Set) and action.setting == "foreign_keys" and not is_open(before[:number]):
            found = is_on(action.value) if action.value else found
    return found


def is_open(before: Sequence[Action]) -> bool:
    """Whether a transaction of the file's own is open."""
    kinds = [a.kind for a in before if isinstance(a, Transaction) and a.kind in ("begin", "commit", "rollback")]
    return bool(kinds) and kinds[-1] == "begin"
