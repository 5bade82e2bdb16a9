"""GRANT, REVOKE, REASSIGN OWNED and COMMENT."""

from __future__ import annotations

from safemigrate.sql.actions import Action, Comment, Grant, Name, Revoke, SetOwner
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.kinds import object_kind, with_arguments


def reassign(cursor: Cursor) -> list[Action]:
    """REASSIGN OWNED, from behind the first word."""
    cursor.need("OWNED", "BY")
    former = [cursor.identifier()]
    while cursor.take(","):
        former.append(cursor.identifier())
    cursor.need("TO")
    owner = cursor.identifier()
    cursor.finish()
    return [SetOwner("owned", Name(None, role), owner) for role in former]


def comment(cursor: Cursor) -> Action:
    """COMMENT ON, from behind the first word."""
    cursor.need("ON")
    kind = "column" if cursor.take("COLUMN") else "constraint" if cursor.take("CONSTRAINT") else object_kind(cursor)
    name = cursor.name() if cursor.token().is_identifier else None
    cursor.until({"IS"})
    cursor.need("IS")
    cursor.rest()
    return Comment(kind, name)


def grant(cursor: Cursor) -> Action:
    """GRANT, from behind the word."""
    privileges, kind, names = _rights(cursor, "TO")
    cursor.need("TO")
    roles = _roles(cursor)
    with_option = cursor.take("WITH")
    cursor.rest()
    return Grant(privileges, kind, names, roles, with_option)


def revoke(cursor: Cursor) -> Action:
    """REVOKE, from behind the word."""
    with_option = any(cursor.take(option, "OPTION", "FOR") for option in ("GRANT", "ADMIN", "INHERIT", "SET"))
    privileges, kind, names = _rights(cursor, "FROM")
    cursor.need("FROM")
    roles = _roles(cursor)
    cursor.until({"CASCADE", "RESTRICT"})
    cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
    cursor.finish()
    return Revoke(privileges, kind, names, roles, with_option, cascade)


def _rights(cursor: Cursor, end: str) -> tuple[tuple[str, ...], str, tuple[Name, ...]]:
    start = cursor.place
    cursor.until({"ON", end})
    listed = Cursor(cursor.tokens[start : cursor.place], cursor.text).by_commas()
    if not cursor.take("ON"):
        return (), "role", tuple(part.name() for part in listed)
    privileges = tuple(" ".join(part.rest().lower().split()) for part in listed)
    if cursor.take("ALL"):
        kind = f"all {cursor.until({'IN'}).lower()} in schema"
        cursor.need("IN", "SCHEMA")
    else:
        kind = "table" if cursor.token().is_identifier and cursor.token(1).word in (",", ".", end) else ""
        kind = kind or ("foreign server" if cursor.take("FOREIGN", "SERVER") else object_kind(cursor, "PARAMETER"))
    if kind == "large object":
        cursor.until({end})
        return privileges, kind, ()
    names = [with_arguments(cursor)]
    while cursor.take(","):
        names.append(with_arguments(cursor))
    return privileges, kind, tuple(names)


def _roles(cursor: Cursor) -> tuple[str, ...]:
    found = []
    while True:
        cursor.take("GROUP")
        found.append(cursor.identifier())
        if not cursor.take(","):
            return tuple(found)
