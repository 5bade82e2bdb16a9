"""Types, domains and sequences."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.sql.actions import (
    Action,
    AddEnumValue,
    AlterDomain,
    AlterSequence,
    AlterType,
    Constraint,
    CreateType,
    Name,
    Rename,
)
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.read_column import column_type, constraint

_DOMAIN_CLAUSES = frozenset({"DEFAULT", "CONSTRAINT", "NOT", "NULL", "CHECK", "COLLATE"})


def create_type(cursor: Cursor) -> CreateType:
    """CREATE TYPE, from behind the words."""
    name = cursor.name()
    if not cursor.take("AS", "ENUM"):
        cursor.rest()
        return CreateType(name)
    labels = tuple(part.string() for part in cursor.group().by_commas())
    cursor.finish()
    return CreateType(name, labels)


def alter_type(cursor: Cursor, name: Name) -> list[Action]:
    """ALTER TYPE, from behind the name."""
    if cursor.take("ADD", "VALUE"):
        if_not_exists = cursor.take("IF", "NOT", "EXISTS")
        value = cursor.string()
        if cursor.take_any("BEFORE", "AFTER"):
            cursor.string()
        actions: list[Action] = [AddEnumValue(name, value, if_not_exists)]
    elif cursor.take("RENAME", "VALUE"):
        old = cursor.string()
        cursor.need("TO")
        actions = [Rename("enum value", Name(None, old), cursor.string(), name)]
    elif cursor.take("SET"):
        cursor.group()
        actions = [AlterType(name, "set options")]
    else:
        actions = [_attribute(part, name) for part in cursor.by_commas()]
    cursor.finish()
    if not actions:
        raise cursor.unread()
    return actions


def _attribute(cursor: Cursor, type_: Name) -> Action:
    verb = cursor.take_any("ADD", "DROP", "ALTER")
    cursor.need("ATTRIBUTE")
    if verb == "DROP":
        cursor.take("IF", "EXISTS")
    attribute = cursor.identifier()
    if verb == "ALTER":
        cursor.take("SET", "DATA")
        cursor.need("TYPE")
    written = "" if verb == "DROP" else column_type(cursor, frozenset({"COLLATE", "CASCADE", "RESTRICT"}))
    if cursor.take("COLLATE"):
        cursor.name()
    cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
    cursor.finish()
    return AlterType(type_, f"{verb.lower()} attribute", attribute, written, cascade)  # type: ignore[arg-type]


def create_domain(cursor: Cursor) -> CreateType:
    """CREATE DOMAIN, from behind the words."""
    name = cursor.name()
    cursor.take("AS")
    column_type(cursor, _DOMAIN_CLAUSES)
    constrained = False
    while not cursor.done:
        if cursor.take("CONSTRAINT"):
            cursor.identifier()
        elif cursor.take("CHECK"):
            cursor.group()
            constrained = True
        elif cursor.take("NOT", "NULL"):
            constrained = True
        else:  # DEFAULT, COLLATE, NULL
            cursor.place += 1
    return CreateType(name, None, constrained)


def alter_domain(cursor: Cursor, domain: Name) -> Action:
    """ALTER DOMAIN, from behind the name."""
    if cursor.take("ADD"):
        name = cursor.identifier() if cursor.take("CONSTRAINT") else ""
        if cursor.take("NOT", "NULL"):
            return AlterDomain(domain, "add constraint", constraint=Constraint("not null", name))
        added = replace(constraint(cursor), name=name)
        return AlterDomain(domain, "add constraint", added.not_valid, added)
    if cursor.take("DROP", "CONSTRAINT"):
        cursor.take("IF", "EXISTS")
        dropped = Constraint("", cursor.identifier())
        cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
        return AlterDomain(domain, "drop constraint", constraint=dropped, cascade=cascade)
    if cursor.take("VALIDATE", "CONSTRAINT"):
        return AlterDomain(domain, "validate constraint", constraint=Constraint("", cursor.identifier()))
    for words in ("SET NOT NULL", "DROP NOT NULL", "DROP DEFAULT"):
        if cursor.take(*words.split()):
            return AlterDomain(domain, words.lower())  # type: ignore[arg-type]
    cursor.need("SET", "DEFAULT")
    cursor.rest()
    return AlterDomain(domain, "set default")


def alter_sequence(cursor: Cursor, sequence: Name) -> Action:
    """ALTER SEQUENCE, from behind the name; also SET LOGGED and its like."""
    restart: str | None = None
    type_ = owned_by = ""
    while not cursor.done:
        if cursor.take("RESTART"):
            cursor.take("WITH")
            start = cursor.place
            cursor.take("-")
            if cursor.token().text.isdigit():
                cursor.place += 1
            restart = cursor.written(start, cursor.place)
        elif cursor.take("AS"):
            type_ = str(cursor.identifier())
        elif cursor.take("OWNED", "BY"):
            start = cursor.place
            cursor.name()
            owned_by = cursor.written(start, cursor.place)
            owned_by = "NONE" if owned_by.upper() == "NONE" else owned_by
        else:
            cursor.place += 1
    return AlterSequence(sequence, restart, type_, owned_by)
