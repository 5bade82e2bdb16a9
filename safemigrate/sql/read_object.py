"""CREATE, ALTER and DROP: by the kind of object."""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.sql.actions import (
    Action,
    AlterObject,
    CreateExtension,
    CreateObject,
    CreateSequence,
    CreateView,
    DropIndex,
    DropObject,
    DropTable,
    Name,
    Rename,
    SetOwner,
    SetSchema,
)
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.kinds import modifiers, object_kind, with_arguments
from safemigrate.sql.read_alter import alter_table
from safemigrate.sql.read_policy import alter_policy, create_policy
from safemigrate.sql.read_routine import create_function, create_trigger
from safemigrate.sql.read_table import create_index, create_table
from safemigrate.sql.read_type import alter_domain, alter_sequence, alter_type, create_domain, create_type

_ON_A_TABLE = ("trigger", "policy", "rule")
_WITHOUT_NAME = ("cast", "operator", "operator class", "operator family", "transform", "user mapping")
_ALTER_WITHOUT_NAME = (*_WITHOUT_NAME, "default privileges", "system", "large object")


def create(cursor: Cursor) -> list[Action]:
    """CREATE, from behind the word."""
    found = modifiers(cursor)
    replace, temporary = "REPLACE" in found, bool(found & {"TEMP", "TEMPORARY"})
    kind = object_kind(cursor)
    match kind:
        case "table" | "foreign table":
            return [create_table(cursor, temporary=temporary)]
        case "index":
            return [create_index(cursor, unique="UNIQUE" in found)]
        case "type":
            return [create_type(cursor)]
        case "domain":
            return [create_domain(cursor)]
        case "view" | "materialized view":
            return [_create_view(cursor, materialized=kind != "view", replace=replace)]
        case "function" | "procedure":
            return [create_function(cursor, replace=replace, procedure=kind == "procedure")]
        case "trigger":
            return [create_trigger(cursor, replace=replace)]
        case "policy":
            return [create_policy(cursor)]
        case "sequence":
            if_not_exists = cursor.take("IF", "NOT", "EXISTS")
            return [CreateSequence(cursor.name(), temporary, if_not_exists)]
        case "extension":
            if_not_exists = cursor.take("IF", "NOT", "EXISTS")
            name = cursor.identifier()
            return [CreateExtension(name, if_not_exists, any(token.word == "CASCADE" for token in cursor.tokens))]
        case "system" | "owned":
            raise cursor.unread()
        case "schema":
            return [_create_object(cursor, kind, replace=replace), *_elements(cursor)]
    return [_create_object(cursor, kind, replace=replace)]


def _elements(cursor: Cursor) -> Iterator[Action]:
    """CREATE SCHEMA s CREATE TABLE ... GRANT ..."""
    from safemigrate.sql.read import read  # the two call each other

    cursor.until({"CREATE", "GRANT"})
    while not cursor.done:
        start = cursor.place
        cursor.place += 1
        cursor.until({"CREATE", "GRANT"})
        yield from read(cursor.tokens[start : cursor.place], cursor.text)


def _create_view(cursor: Cursor, *, materialized: bool, replace: bool) -> CreateView:
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name()
    cursor.until({"AS"})
    cursor.need("AS")
    cursor.rest()
    last = [token.word for token in cursor.tokens[-3:]]
    return CreateView(name, materialized, replace, last != ["WITH", "NO", "DATA"])


def _create_object(cursor: Cursor, kind: str, *, replace: bool) -> CreateObject:
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name() if cursor.token().is_identifier and kind not in _WITHOUT_NAME else None
    table = None
    if kind == "rule":
        cursor.until({"TO"})
        cursor.need("TO")
        table = cursor.name()
    return CreateObject(kind, name, replace, if_not_exists, table)


def drop(cursor: Cursor) -> list[Action]:
    """DROP, from behind the word."""
    kind = object_kind(cursor)
    if kind in _WITHOUT_NAME:
        if_exists = cursor.take("IF", "EXISTS")
        cursor.rest()
        return [DropObject(kind, (), cursor.tokens[-1].word == "CASCADE", if_exists)]
    concurrently = kind == "index" and cursor.take("CONCURRENTLY")
    if_exists = cursor.take("IF", "EXISTS")
    if kind == "owned":
        cursor.need("BY")
    names = [with_arguments(cursor)]
    while cursor.take(","):
        names.append(with_arguments(cursor))
    table = cursor.name() if kind in _ON_A_TABLE and cursor.take("ON") else None
    cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
    if kind == "database":
        cursor.rest()
    cursor.finish()
    if kind in ("table", "foreign table"):
        return [DropTable(tuple(names), cascade, if_exists)]
    if kind == "index":
        return [DropIndex(tuple(names), concurrently, cascade, if_exists)]
    return [DropObject(kind, tuple(names), cascade, if_exists, table)]


def alter(cursor: Cursor) -> list[Action]:
    """ALTER, from behind the word."""
    kind = object_kind(cursor)
    if kind == "default privileges":
        cursor.until({"GRANT", "REVOKE"})
        return [AlterObject(kind, None, cursor.word.lower())]
    if kind in _ALTER_WITHOUT_NAME:
        what = cursor.words(1) if kind == "system" else ""
        cursor.rest()
        return [AlterObject(kind, None, what)]
    if cursor.take("ALL", "IN", "TABLESPACE"):
        cursor.rest()
        return [AlterObject(kind, None, "set tablespace")]
    if kind in ("table", "foreign table"):
        return alter_table(cursor)
    cursor.take("IF", "EXISTS")
    name = with_arguments(cursor)
    table = cursor.name() if kind in _ON_A_TABLE and cursor.take("ON") else None
    return _alter_named(cursor, kind, name, table)


def _alter_named(cursor: Cursor, kind: str, name: Name, table: Name | None) -> list[Action]:
    if cursor.at("RENAME") and not cursor.at("RENAME", "VALUE"):
        return [_rename(cursor, kind, name, table)]
    if cursor.take("SET", "SCHEMA"):
        action: Action = SetSchema(kind, name, cursor.identifier())
    elif cursor.take("OWNER", "TO"):
        action = SetOwner(kind, name, cursor.identifier())
    elif kind == "type":
        return alter_type(cursor, name)
    elif kind == "domain":
        action = alter_domain(cursor, name)
    elif kind == "sequence":
        action = alter_sequence(cursor, name)
    elif kind == "policy" and table:
        action = alter_policy(cursor, name.name, table)
    else:
        if cursor.done and kind != "text search dictionary":  # its options stand where a function has its arguments
            raise cursor.unread()
        action = AlterObject(kind, name, cursor.words(3))
        cursor.rest()
    cursor.finish()
    return [action]


def _rename(cursor: Cursor, kind: str, name: Name, owner: Name | None) -> Action:
    cursor.need("RENAME")
    part = ""
    if not cursor.at("TO"):
        part = "column"
        if word := cursor.take_any("COLUMN", "ATTRIBUTE", "CONSTRAINT"):
            part = word.lower()
        old = cursor.identifier()
    cursor.need("TO")
    new = cursor.identifier()
    cursor.take_any("CASCADE", "RESTRICT")
    cursor.finish()
    return Rename(part, Name(None, old), new, name) if part else Rename(kind, name, new, owner)
