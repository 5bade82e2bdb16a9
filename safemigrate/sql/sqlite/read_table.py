"""CREATE TABLE, ALTER TABLE and CREATE INDEX, as SQLite has them (parse.y)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from safemigrate.sql.actions import (
    Action,
    AddColumn,
    Column,
    Constraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    Name,
    Rename,
)
from safemigrate.sql.cursor import Cursor

_CLAUSES = frozenset(
    "CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS ON DEFERRABLE".split()  # noqa: SIM905
)
_OF_TABLE = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))
_ON_EVENT = (("CASCADE",), ("RESTRICT",), ("NO", "ACTION"), ("SET", "NULL"), ("SET", "DEFAULT"))


def create_table(cursor: Cursor, *, temporary: bool) -> CreateTable:
    """CREATE TABLE, from behind the word TABLE."""
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name()
    if cursor.take("AS"):
        cursor.rest()
        return CreateTable(table, temporary=temporary, if_not_exists=if_not_exists, query=True)
    columns: list[Column] = []
    constraints: list[Constraint] = []
    for element in cursor.group().by_commas():
        if element.word not in _OF_TABLE:
            one, checks = _column(element)
            columns.append(one)
            constraints += checks
        while not element.done:  # constraints may follow each other without a comma
            constraints.append(_constraint(element))
    options = [" ".join(option.rest().lower().split()) for option in cursor.by_commas()]
    if not {*options} <= {"strict", "without rowid"}:
        raise cursor.unread()
    targets = [*(column.references for column in columns), *(one.references for one in constraints)]
    return CreateTable(
        table,
        tuple(columns),
        tuple(target for target in targets if target),
        temporary,
        if_not_exists,
        constraints=tuple(constraints),
        options=tuple(options),
    )


def alter_table(cursor: Cursor) -> list[Action]:
    """ALTER, from behind the word."""
    cursor.need("TABLE")
    table = cursor.name()
    if cursor.take("RENAME", "TO"):
        action: Action = Rename("table", table, _named(cursor))
    elif cursor.take("RENAME"):
        cursor.take("COLUMN")
        old = _named(cursor)
        cursor.need("TO")
        action = Rename("column", Name(None, old), _named(cursor), table)
    elif cursor.take("ADD"):
        cursor.take("COLUMN")
        column, checks = _column(cursor)
        action = AddColumn(table, replace(column, check=" AND ".join(one.expression for one in checks)))
    else:
        cursor.need("DROP")
        cursor.take("COLUMN")
        action = DropColumn(table, _named(cursor))
    cursor.finish()
    return [action]


def create_index(cursor: Cursor, *, unique: bool) -> CreateIndex:
    """CREATE INDEX, from behind the word INDEX."""
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name()
    cursor.need("ON")
    table = Name(name.schema, cursor.identifier())
    start = cursor.place
    columns = cursor.names_in_group()
    collates = any(token.word == "COLLATE" for token in cursor.tokens[start : cursor.place])
    keys = cursor.written(start + 1, cursor.place - 1)
    where = cursor.rest() if cursor.take("WHERE") else ""
    cursor.finish()
    return CreateIndex(
        table, name.name, columns, unique, where=where, if_not_exists=if_not_exists, keys=keys, collates=collates
    )


def _named(cursor: Cursor) -> str:
    """A column's or a table's name, which may also be written as a string."""
    return cursor.string() if cursor.token().is_string else cursor.identifier()


def _column(cursor: Cursor) -> tuple[Column, list[Constraint]]:
    """A column's definition, to its end, and its checks."""
    if cursor.word in _OF_TABLE:
        raise cursor.unread()
    name, type_ = _named(cursor), _type(cursor)
    found: dict[str, Any] = {}
    checks: list[Constraint] = []
    called = ""
    while not cursor.done:
        clause = cursor.take_any(*_CLAUSES)
        if clause == "CONSTRAINT":
            called = _named(cursor)
            continue
        if clause == "PRIMARY":
            cursor.need("KEY")
            cursor.take_any("ASC", "DESC")
            _on_conflict(cursor)
            found |= {"primary_key": True, "identity": cursor.take("AUTOINCREMENT")}
        elif clause == "NOT" and not cursor.take("DEFERRABLE"):
            cursor.need("NULL")
            found["not_null"] = True
        elif clause == "UNIQUE":
            found["unique"] = True
        elif clause == "CHECK":
            checks.append(Constraint("check", called, (name,), cursor.group().rest()))
        elif clause == "DEFAULT":
            found["default"] = _default(cursor)
        elif clause == "COLLATE":
            found["collation"] = _named(cursor)
        elif clause == "REFERENCES":
            found |= _references(cursor)
        elif clause in ("GENERATED", "AS"):
            if clause == "GENERATED":
                cursor.need("ALWAYS", "AS")
            cursor.group()
            found |= {"generated": True, "virtual": cursor.take_any("STORED", "VIRTUAL") != "STORED"}
        elif not clause or clause == "ON":
            raise cursor.unread()
        _deferred(cursor)
        _on_conflict(cursor)
        called = ""
    if found.get("primary_key") and type_.upper() == "INTEGER":
        found["not_null"] = True  # the rowid
    return Column(name, type_, **found), checks


def _type(cursor: Cursor) -> str:
    start = cursor.place
    while (cursor.token().is_identifier or cursor.token().is_string) and cursor.word not in _CLAUSES:
        cursor.place += 1
    if cursor.place > start and cursor.at("("):
        cursor.group()
    return " ".join(cursor.written(start, cursor.place).split())


def _default(cursor: Cursor) -> str:
    start = cursor.place
    if cursor.at("("):
        cursor.group()
    else:
        cursor.take_any("+", "-")
        if cursor.done:
            raise cursor.unread()
        cursor.place += 1
    default = cursor.written(start, cursor.place)
    return "" if default.strip("( )").upper() == "NULL" else default


def _constraint(cursor: Cursor) -> Constraint:
    """A table constraint."""
    name = _named(cursor) if cursor.take("CONSTRAINT") else ""
    found: dict[str, Any] = {}
    kind = cursor.take_any("PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
    if kind == "CHECK":
        found["expression"] = cursor.group().rest()
    elif kind in ("PRIMARY", "UNIQUE"):
        if kind == "PRIMARY":
            cursor.need("KEY")
        found["columns"] = cursor.names_in_group()
    elif kind == "FOREIGN":
        cursor.need("KEY")
        found["columns"] = cursor.names_in_group()
        cursor.need("REFERENCES")
        found |= _references(cursor)
    else:
        raise cursor.unread()
    if cursor.take("NOT"):
        cursor.need("DEFERRABLE")
        _deferred(cursor)
    elif cursor.take("DEFERRABLE"):
        _deferred(cursor)
    _on_conflict(cursor)
    return Constraint({"PRIMARY": "primary key", "FOREIGN": "foreign key"}.get(kind, kind.lower()), name, **found)


def _references(cursor: Cursor) -> dict[str, Any]:
    found: dict[str, Any] = {"references": Name(None, _named(cursor))}
    found["referenced"] = cursor.names_in_group() if cursor.at("(") else ()
    while True:
        if cursor.take("MATCH"):
            cursor.identifier()
        elif cursor.at("ON", "DELETE") or cursor.at("ON", "UPDATE"):
            event = f"on_{cursor.token(1).word.lower()}"
            cursor.place += 2
            action = next((words for words in _ON_EVENT if cursor.take(*words)), None)
            if action is None:
                raise cursor.unread()
            found[event] = " ".join(action).lower()
        else:
            return found


def _on_conflict(cursor: Cursor) -> None:
    if cursor.take("ON", "CONFLICT") and not cursor.take_any("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"):
        raise cursor.unread()


def _deferred(cursor: Cursor) -> None:
    if cursor.take("INITIALLY") and not cursor.take_any("DEFERRED", "IMMEDIATE"):
        raise cursor.unread()
