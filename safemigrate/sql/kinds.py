"""The kinds of object that CREATE, ALTER, DROP, COMMENT and GRANT name."""

from __future__ import annotations

from safemigrate.sql.actions import Name
from safemigrate.sql.cursor import Cursor

# By first word, longest first. PostgreSQL docs, SQL commands.
_KINDS: dict[str, list[tuple[str, ...]]] = {}
for _kind in (
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
    "PROCEDURAL LANGUAGE",
    "PROPERTY GRAPH",
    "DEFAULT PRIVILEGES",
    "DEFAULT CONVERSION",
    *"AGGREGATE CAST COLLATION CONVERSION DATABASE DOMAIN EXTENSION FUNCTION GROUP INDEX LANGUAGE OPERATOR OWNED "  # noqa: SIM905
    "POLICY PROCEDURE PUBLICATION ROLE ROUTINE RULE SCHEMA SEQUENCE SERVER STATISTICS SUBSCRIPTION SYSTEM TABLE TABLESPACE "  # noqa: E501
    "TRANSFORM TRIGGER TYPE USER VIEW".split(),
):
    _KINDS.setdefault(_kind.split()[0], []).append(tuple(_kind.split()))
_MODIFIERS = "OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED UNIQUE RECURSIVE CONSTRAINT TRUSTED PROCEDURAL".split()  # noqa: SIM905


def object_kind(cursor: Cursor, *more: str) -> str:
    """The kind of object that is named here, in lower case; `more` are words that only some know."""
    for words in _KINDS.get(cursor.word, [more]):
        if words and cursor.take(*words):
            return " ".join(words).lower()
    raise cursor.unread()


def modifiers(cursor: Cursor) -> set[str]:
    """The words that may stand between CREATE and the kind of object."""
    found = set()
    while word := cursor.take_any(*_MODIFIERS):
        found.add(word)
    return found


def with_arguments(cursor: Cursor) -> Name:
    """A name, maybe with the arguments of a function behind it."""
    name = cursor.name()
    if cursor.at("("):
        cursor.group()
    return name
