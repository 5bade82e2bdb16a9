"""Reading SQL: a file into statements, a statement into actions. The only room that knows sqlglot."""

from __future__ import annotations

from safemigrate.sql.actions import Action, Name
from safemigrate.sql.execution import executable, is_plain_drop, is_transaction_control, parted, refuses_transaction
from safemigrate.sql.split import Dialect, split, statements_of
from safemigrate.sql.statement import Comment, Statement

__all__ = [
    "Action",
    "Comment",
    "Dialect",
    "Name",
    "Statement",
    "executable",
    "is_plain_drop",
    "is_transaction_control",
    "parted",
    "refuses_transaction",
    "split",
    "statements_of",
]
