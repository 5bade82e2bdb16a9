"""Row security policies."""

from __future__ import annotations

from safemigrate.sql.actions import AlterPolicy, CreatePolicy, Name
from safemigrate.sql.cursor import Cursor


def create_policy(cursor: Cursor) -> CreatePolicy:
    """CREATE POLICY, from behind the words."""
    name = cursor.identifier()
    cursor.need("ON")
    table = cursor.name()
    restrictive = cursor.take("AS") and cursor.take_any("PERMISSIVE", "RESTRICTIVE") == "RESTRICTIVE"
    command = "all"
    if cursor.take("FOR"):
        command = cursor.take_any("ALL", "SELECT", "INSERT", "UPDATE", "DELETE").lower()
    roles, using, check = _clauses(cursor)
    return CreatePolicy(name, table, command, restrictive, roles or ("public",), using, check)


def alter_policy(cursor: Cursor, name: str, table: Name) -> AlterPolicy:
    """ALTER POLICY, from behind the table."""
    return AlterPolicy(name, table, *_clauses(cursor))


def _clauses(cursor: Cursor) -> tuple[tuple[str, ...], str, str]:
    roles = []
    if cursor.take("TO"):
        roles.append(cursor.identifier())
        while cursor.take(","):
            roles.append(cursor.identifier())
    using = cursor.group().rest() if cursor.take("USING") else ""
    check = cursor.group().rest() if cursor.take("WITH", "CHECK") else ""
    cursor.finish()
    return tuple(roles), using, check
