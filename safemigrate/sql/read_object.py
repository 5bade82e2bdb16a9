"""CREATE, ALTER and DROP of everything but a table's columns and constraints."""

from __future__ import annotations

from itertools import pairwise

from safemigrate.sql.actions import (
    Action,
    AddEnumValue,
    CreateFunction,
    CreateIndex,
    CreateTrigger,
    CreateType,
    CreateView,
    DropIndex,
    DropObject,
    DropTable,
    Name,
    Other,
    Rename,
    SetSchema,
)
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.read_table import alter_table, create_table
from safemigrate.sql.upkeep import alter_domain

# Longest first. PostgreSQL docs, SQL commands.
_KINDS = (
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "FOREIGN DATA WRAPPER",
    "MATERIALIZED VIEW",
    "FOREIGN TABLE",
    "EVENT TRIGGER",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "ACCESS METHOD",
    "USER MAPPING",
    "LARGE OBJECT",
    "DEFAULT PRIVILEGES",
    *"AGGREGATE CAST COLLATION CONVERSION DATABASE DOMAIN EXTENSION FUNCTION GROUP INDEX LANGUAGE OPERATOR OWNED "  # noqa: SIM905
    "POLICY PROCEDURE PUBLICATION ROLE ROUTINE RULE SCHEMA SEQUENCE SERVER STATISTICS SUBSCRIPTION SYSTEM TABLE TABLESPACE "  # noqa: E501
    "TRANSFORM TRIGGER TYPE USER VIEW".split(),
)
_MODIFIERS = "OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED UNIQUE RECURSIVE CONSTRAINT TRUSTED PROCEDURAL".split()  # noqa: SIM905
_ON_A_TABLE = ("trigger", "policy", "rule")


def object_kind(cursor: Cursor) -> str:
    """The kind of object behind CREATE, ALTER or DROP, in lower case."""
    for kind in _KINDS:
        if cursor.take(*kind.split()):
            return kind.lower()
    raise cursor.unread()


def modifiers(cursor: Cursor) -> set[str]:
    """The words that may stand between CREATE and the kind of object."""
    found = set()
    while word := cursor.take_any(*_MODIFIERS):
        found.add(word)
    return found


def create(cursor: Cursor) -> list[Action]:
    """CREATE, from behind the word."""
    found = modifiers(cursor)
    replace, temporary, unique = "REPLACE" in found, bool(found & {"TEMP", "TEMPORARY"}), "UNIQUE" in found
    kind = object_kind(cursor)
    if kind == "table":
        return [create_table(cursor, temporary=temporary)]
    if kind == "index":
        action: Action = _create_index(cursor, unique=unique)
    elif kind == "type":
        action = _create_type(cursor)
    elif kind == "domain":
        action = _create_domain(cursor)
    elif kind in ("view", "materialized view"):
        cursor.take("IF", "NOT", "EXISTS")
        action = CreateView(cursor.name(), kind != "view", replace)
    elif kind in ("function", "procedure"):
        volatile = not any(token.word in ("STABLE", "IMMUTABLE") for token in cursor.tokens)
        action = CreateFunction(cursor.name(), replace, volatile)
    elif kind == "trigger":
        name = cursor.identifier()
        cursor.until({"ON"})
        cursor.need("ON")
        action = CreateTrigger(name, cursor.name())
    elif kind == "schema":
        action = Other("CREATE SCHEMA")
        cursor.take("IF", "NOT", "EXISTS")
        cursor.until({"CREATE", "GRANT"})
        cursor.finish()  # CREATE SCHEMA s CREATE TABLE ...
    elif kind in ("system", "owned"):
        raise cursor.unread()
    else:
        action = Other(f"CREATE {kind.upper()}")
    return [action]


def _create_index(cursor: Cursor, *, unique: bool) -> CreateIndex:
    concurrently = cursor.take("CONCURRENTLY")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = "" if cursor.at("ON") else cursor.identifier()
    cursor.need("ON")
    only = cursor.at("ONLY")
    table = cursor.table()
    if cursor.take("USING"):
        cursor.identifier()
    columns = cursor.names_in_group()
    cursor.until({"WHERE", "NULLS"})
    same_nulls = cursor.take("NULLS", "NOT", "DISTINCT")
    cursor.until({"WHERE"})
    where = cursor.rest() if cursor.take("WHERE") else ""
    return CreateIndex(table, name, columns, unique, concurrently, where, same_nulls, if_not_exists, only)


def _create_domain(cursor: Cursor) -> CreateType:
    name = cursor.name()
    words = [token.word for token in cursor.tokens[cursor.place :]]
    required = any(pair == ("NOT", "NULL") for pair in pairwise(words))
    return CreateType(name, constrained=required or "CHECK" in words)


def _create_type(cursor: Cursor) -> CreateType:
    name = cursor.name()
    if not cursor.take("AS", "ENUM"):
        return CreateType(name)
    return CreateType(name, tuple(part.string() for part in cursor.group().by_commas()))


def drop(cursor: Cursor) -> list[Action]:
    """DROP, from behind the word."""
    kind = object_kind(cursor)
    if kind in ("cast", "operator", "operator class", "operator family", "transform", "user mapping", "owned"):
        cursor.rest()
        return [DropObject(kind, (), cascade=cursor.tokens[-1].word == "CASCADE")]
    concurrently = kind == "index" and cursor.take("CONCURRENTLY")
    if_exists = cursor.take("IF", "EXISTS")
    names = [_with_arguments(cursor)]
    while cursor.take(","):
        names.append(_with_arguments(cursor))
    table = cursor.name() if kind in _ON_A_TABLE and cursor.take("ON") else None
    cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
    if kind == "database":
        cursor.rest()
    cursor.finish()
    if kind == "table":
        return [DropTable(tuple(names), cascade, if_exists)]
    if kind == "index":
        return [DropIndex(tuple(names), concurrently, cascade, if_exists)]
    return [DropObject(kind, tuple(names), cascade, if_exists, table)]


def _with_arguments(cursor: Cursor) -> Name:
    name = cursor.name()
    if cursor.at("("):
        cursor.group()
    return name


def alter(cursor: Cursor) -> list[Action]:
    """ALTER, from behind the word."""
    kind = object_kind(cursor)
    if kind == "table":
        return alter_table(cursor)
    if kind == "type":
        return [_alter_type(cursor)]
    if kind in ("default privileges", "system", "user mapping", "large object", "operator class", "operator family"):
        cursor.rest()
        return [Other(f"ALTER {kind.upper()}")]
    cursor.take("IF", "EXISTS")
    name = _with_arguments(cursor)
    owner = cursor.name() if kind in _ON_A_TABLE and cursor.take("ON") else None
    if cursor.take("RENAME"):
        column = "" if cursor.at("TO") else _renamed_column(cursor)
        cursor.need("TO")
        new = cursor.identifier()
        cursor.finish()
        return [Rename("column", Name(None, column), new, name) if column else Rename(kind, name, new, owner)]
    if cursor.take("SET", "SCHEMA"):
        return [SetSchema(kind, name, cursor.identifier())]
    if kind in ("view", "materialized view", "foreign table") and not cursor.at("OWNER"):
        return _alter_relation(cursor, kind, name)
    if kind == "domain":
        return [alter_domain(cursor, name)]
    moves = kind == "database" and cursor.at("SET", "TABLESPACE")
    return [Other(f"ALTER {kind.upper()}{' SET TABLESPACE' * moves}")]


def _alter_relation(cursor: Cursor, kind: str, name: Name) -> list[Action]:
    if kind == "foreign table" and cursor.at("DROP"):
        raise cursor.unread()
    return [Other(f"ALTER {kind.upper()} {name}")]


def _renamed_column(cursor: Cursor) -> str:
    cursor.take("COLUMN") or cursor.take("ATTRIBUTE") or cursor.take("CONSTRAINT")
    return cursor.identifier()


def _alter_type(cursor: Cursor) -> Action:
    name = cursor.name()
    if cursor.take("ADD", "VALUE"):
        if_not_exists = cursor.take("IF", "NOT", "EXISTS")
        value = cursor.string()
        if cursor.take_any("BEFORE", "AFTER"):
            cursor.string()
        action: Action = AddEnumValue(name, value, if_not_exists)
    elif cursor.take("RENAME", "TO"):
        action = Rename("type", name, cursor.identifier())
    elif cursor.take("RENAME", "VALUE"):
        old = cursor.string()
        cursor.need("TO")
        action = Rename("enum value", Name(None, old), cursor.string(), name)
    elif cursor.take("SET", "SCHEMA"):
        action = SetSchema("type", name, cursor.identifier())
    elif cursor.take("OWNER", "TO"):
        action = Other("ALTER TYPE OWNER")
        cursor.rest()
    else:
        raise cursor.unread()
    cursor.finish()
    return action
