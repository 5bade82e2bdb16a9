"""What a script for SQLite asks of its connection: Prisma's rebuilds switch the foreign keys off."""

from __future__ import annotations

import re
from collections.abc import Sequence

from safemigrate.sql.execution import is_transaction_control
from safemigrate.sql.statement import Statement

_PRAGMA = re.compile(
    r"""PRAGMA\s+(?:["'`\[]?\w+["'`\]]?\s*\.\s*)?["'`\[]?(\w+)["'`\]]?\s*(?:[=(]\s*["'`]?([^"'`\s)]*))?""",
    re.IGNORECASE,
)
_TRUE = re.compile(r"(on|yes|true|0*[1-9]\d*)$", re.IGNORECASE)  # sqlite3GetBoolean in pragma.c


def is_on(value: str) -> bool:
    """Whether a value switches on, as written."""
    return bool(_TRUE.match(value.strip("\"'`() ")))


def pragma(statement: Statement) -> tuple[str, str]:
    """Return the name, in lower case, and the value of a PRAGMA; "" for what is none, and where it is only read."""
    found = _PRAGMA.match(statement.sql)
    return (found[1].lower(), found[2] or "") if found else ("", "")


def switches(statement: Statement, name: str) -> bool | None:
    """Whether a statement switches the PRAGMA of this name on (True) or off (False), None where it does neither."""
    found, value = pragma(statement)
    return is_on(value) if found == name and value else None


def without_foreign_keys(statements: Sequence[Statement]) -> bool:
    """Whether a script is one to be run with foreign keys off: it switches them off somewhere."""
    return any(switches(one, "foreign_keys") is False for one in statements)


def in_one_transaction(statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements that run, in a transaction with foreign keys as `without_foreign_keys` says.

    Left out are the file's own BEGIN and COMMIT, and the switching, which does nothing inside a transaction
    (sqlite.org/pragma.html#pragma_foreign_keys).
    """
    off = without_foreign_keys(statements)
    left_out = {"foreign_keys", "defer_foreign_keys"} if off else {"foreign_keys"}
    return [one for one in statements if pragma(one)[0] not in left_out and not is_transaction_control(one)]
