"""Functions, procedures and triggers."""

from __future__ import annotations

from typing import Any

from safemigrate.sql.actions import Action, CreateFunction, CreateTrigger
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.read_block import plpgsql, statements
from safemigrate.sql.read_rows import prepared

_EVENTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


def create_function(cursor: Cursor, *, replace: bool, procedure: bool) -> CreateFunction:
    """CREATE FUNCTION or PROCEDURE, from behind the words."""
    name = cursor.name()
    cursor.group()
    found: dict[str, Any] = {}
    body: str | None = None
    while not cursor.done:
        if cursor.take("LANGUAGE"):
            token = cursor.token()
            found["language"] = (token.text if token.is_string else cursor.identifier()).lower()
            cursor.place += token.is_string
        elif word := cursor.take_any("IMMUTABLE", "STABLE", "VOLATILE"):
            found["volatile"] = word == "VOLATILE"
        elif cursor.take("SECURITY", "DEFINER"):
            found["security_definer"] = True
        elif cursor.take("SET", "SEARCH_PATH"):
            found["sets_search_path"] = True
        elif cursor.at("AS") and cursor.token(1).is_string:
            cursor.place += 1
            body = cursor.string()
        elif cursor.take("BEGIN", "ATOMIC"):
            found |= {"language": "sql", "actions": _atomic(Cursor(cursor.tokens[cursor.place : -1], cursor.text))}
            cursor.rest()
        elif cursor.take("RETURN"):
            found["language"] = "sql"
            cursor.rest()
        else:
            cursor.place += 1
    if body is not None:
        block = statements(body) if found.get("language", "sql") == "sql" else None
        if found.get("language") == "plpgsql":
            block = plpgsql(body)
        found |= {"actions": block.actions, "dynamic": block.dynamic} if block else {"dynamic": True}
    return CreateFunction(name, replace, procedure=procedure, **found)


def _atomic(cursor: Cursor) -> tuple[Action, ...]:
    found: list[Action] = []
    while not cursor.done:
        start = cursor.place
        cursor.until({";"})
        if cursor.place > start and cursor.tokens[start].word != "RETURN":
            found += prepared(Cursor(cursor.tokens[start : cursor.place], cursor.text))
        cursor.place += 1
    return tuple(found)


def create_trigger(cursor: Cursor, *, replace: bool) -> CreateTrigger:
    """CREATE TRIGGER, from behind the words."""
    name = cursor.identifier()
    timing = cursor.take_any("BEFORE", "AFTER") or (cursor.take("INSTEAD", "OF") and "INSTEAD OF")
    if not timing:
        raise cursor.unread()
    start = cursor.place
    cursor.until({"ON"})
    events = tuple(token.word.lower() for token in cursor.tokens[start : cursor.place] if token.word in _EVENTS)
    cursor.need("ON")
    table = cursor.name()
    cursor.until({"EACH", "EXECUTE"})
    each_row = cursor.take("EACH") and cursor.at("ROW")
    cursor.until({"EXECUTE"})
    cursor.need("EXECUTE")
    if not cursor.take_any("FUNCTION", "PROCEDURE"):
        raise cursor.unread()
    function = cursor.name()
    cursor.group()
    cursor.finish()
    return CreateTrigger(name, table, function, timing.lower(), events, replace, each_row)  # type: ignore[arg-type]
