"""Columns and constraints, as CREATE TABLE and ALTER TABLE define them."""

from __future__ import annotations

from typing import Any

from safemigrate.sql.actions import Column, Constraint
from safemigrate.sql.cursor import Cursor, Unread

_CLAUSES = frozenset(
    "CONSTRAINT NOT NULL CHECK DEFAULT GENERATED UNIQUE PRIMARY REFERENCES COLLATE DEFERRABLE INITIALLY ENFORCED "  # noqa: SIM905
    "STORAGE COMPRESSION OPTIONS".split()
)
# What may stand behind a type's first word. PostgreSQL docs, 8.
_TYPE_WORDS = frozenset(
    "ARRAY CHAR CHARACTER DAY HOUR MINUTE MONTH PRECISION SECOND TIME TO VARYING WITH WITHOUT YEAR ZONE".split()  # noqa: SIM905
)
CONSTRAINTS = frozenset("CONSTRAINT CHECK UNIQUE PRIMARY FOREIGN EXCLUDE".split())  # noqa: SIM905


def column(cursor: Cursor) -> Column:
    """A column's definition to its end."""
    name, type_ = cursor.identifier(), column_type(cursor, _CLAUSES)
    found: dict[str, Any] = {}
    while not cursor.done:
        clause = cursor.take_any(*_CLAUSES)
        if clause == "NOT":
            if cursor.take("NULL"):
                found["not_null"] = True
                cursor.take("NO", "INHERIT")
            elif not cursor.take("ENFORCED"):
                cursor.need("DEFERRABLE")
        elif clause == "DEFAULT":
            found["default"] = _default(cursor)
        elif clause == "GENERATED":
            found |= _generated(cursor)
        elif clause == "PRIMARY":
            cursor.need("KEY")
            found |= {"primary_key": True, "not_null": True}
            if cursor.take("AUTOINCREMENT"):  # SQLite
                found["identity"] = True
            index_options(cursor)
        elif clause == "UNIQUE":
            found["unique"] = True
            index_options(cursor)
        elif clause == "REFERENCES":
            target = _references(cursor)
            found |= {"references": target["references"], "referenced": target["referenced"]}
        elif clause == "CHECK":
            found["check"] = cursor.group().rest()
            cursor.take("NO", "INHERIT")
        elif clause == "COLLATE":
            found["collation"] = str(cursor.name())
        elif clause in ("CONSTRAINT", "STORAGE", "COMPRESSION", "INITIALLY"):
            cursor.identifier()
        elif clause == "OPTIONS":
            cursor.group()
        elif clause not in ("NULL", "DEFERRABLE", "ENFORCED"):
            raise cursor.unread()
    return Column(name, type_, **found)


def column_type(cursor: Cursor, stop: frozenset[str] = frozenset()) -> str:
    """A type as written, in one line."""
    start = cursor.place
    found = cursor.until(stop)
    if not found:
        raise cursor.unread()
    depth, behind = 0, "."
    for token in cursor.tokens[start : cursor.place]:
        depth += (token.word == "(") - (token.word == ")")
        if token.is_identifier and not depth and behind != "." and token.word not in _TYPE_WORDS:
            raise Unread(cursor.text[token.start : token.end])
        behind = token.word
    return found if found.isalnum() else " ".join(found.split())


def _default(cursor: Cursor) -> str:
    start = cursor.place
    cursor.take("NULL")
    cursor.until(_CLAUSES)
    default = cursor.written(start, cursor.place)
    if not default:
        raise cursor.unread()
    return "" if default.upper() == "NULL" or default.upper().startswith("NULL::") else default


def _generated(cursor: Cursor) -> dict[str, Any]:
    cursor.until({"AS"})
    cursor.need("AS")
    if cursor.take("IDENTITY"):
        if cursor.at("("):
            cursor.group()
        return {"identity": True}
    cursor.group()
    # Without a word it is virtual; before PostgreSQL 18 STORED had to be written.
    return {"generated": True, "virtual": cursor.take_any("STORED", "VIRTUAL") != "STORED"}


def constraint(cursor: Cursor) -> Constraint:
    """A table constraint to its end."""
    name = cursor.identifier() if cursor.take("CONSTRAINT") else ""
    found: dict[str, Any] = {}
    kind = cursor.take_any("CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "NOT")
    if kind == "CHECK":
        found["expression"] = cursor.group().rest()
    elif kind in ("UNIQUE", "PRIMARY"):
        if kind == "PRIMARY":
            cursor.need("KEY")
        if cursor.take("USING", "INDEX"):
            found["using_index"] = cursor.identifier()
        else:
            cursor.take("NULLS", "DISTINCT") or cursor.take("NULLS", "NOT", "DISTINCT")
            found["columns"] = cursor.names_in_group()
            index_options(cursor)
    elif kind == "FOREIGN":
        cursor.need("KEY")
        found["columns"] = cursor.names_in_group()
        cursor.need("REFERENCES")
        found |= _references(cursor)
    elif kind == "EXCLUDE":
        found["method"] = cursor.identifier() if cursor.take("USING") else "gist"
        found["expression"] = cursor.group().rest()
        index_options(cursor)
        if cursor.take("WHERE"):
            cursor.group()
    elif kind == "NOT":  # PostgreSQL 18
        cursor.need("NULL")
        found["columns"] = (cursor.identifier(),)
    else:
        raise cursor.unread()
    kind = {"PRIMARY": "primary key", "FOREIGN": "foreign key", "NOT": "not null"}.get(kind, kind.lower())
    return Constraint(kind, name, **found, **_characteristics(cursor))


def _characteristics(cursor: Cursor) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not cursor.done:
        if cursor.take("NOT", "VALID"):
            found["not_valid"] = True
        elif cursor.take("NOT", "ENFORCED"):
            found |= {"not_enforced": True, "not_valid": True}
        elif cursor.take("INITIALLY"):
            cursor.identifier()
        elif not (
            cursor.take("NOT", "DEFERRABLE")
            or cursor.take_any("DEFERRABLE", "ENFORCED")
            or cursor.take("NO", "INHERIT")
        ):
            raise cursor.unread()
    return found


def index_options(cursor: Cursor) -> None:
    """What may stand behind an index's keys, its predicate aside."""
    while True:
        if cursor.take("NULLS"):
            cursor.take("NOT")
            cursor.need("DISTINCT")
        elif cursor.take("USING", "INDEX", "TABLESPACE"):
            cursor.identifier()
        elif cursor.take("INCLUDE") or cursor.take("WITH"):
            cursor.group()
        else:
            return


def _references(cursor: Cursor) -> dict[str, Any]:
    found: dict[str, Any] = {"references": cursor.name()}
    found["referenced"] = cursor.names_in_group() if cursor.at("(") else ()
    while True:
        if cursor.take("MATCH"):
            cursor.identifier()
        elif cursor.at("ON", "DELETE") or cursor.at("ON", "UPDATE"):
            event = cursor.token(1).word.lower()
            cursor.place += 2
            start = cursor.place
            words = ("CASCADE",), ("RESTRICT",), ("NO", "ACTION"), ("SET", "NULL"), ("SET", "DEFAULT")
            if not any(cursor.take(*action) for action in words):
                raise cursor.unread()
            found[f"on_{event}"] = " ".join(cursor.written(start, cursor.place).lower().split())
            if cursor.at("("):
                cursor.group()
        else:
            return found
