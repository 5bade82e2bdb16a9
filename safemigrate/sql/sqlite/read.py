"""A statement's tokens into actions, for SQLite. What the grammar does not know is `Opaque`, never silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Literal

from safemigrate.sql.actions import (
    Action,
    Call,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    DropIndex,
    DropObject,
    DropTable,
    Insert,
    Name,
    Opaque,
    Other,
    Reindex,
    Set,
    Update,
    Vacuum,
)
from safemigrate.sql.cursor import Cursor, Unread
from safemigrate.sql.read import transaction
from safemigrate.sql.read_rows import changes
from safemigrate.sql.sqlite.read_table import alter_table, create_index, create_table
from safemigrate.sql.tokens import Token

_ON_CONFLICT = frozenset(("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"))
# Words that name nothing where they are not quoted; a model may be called Order, Group or Case.
_NO_NAMES = frozenset(
    "AND AS BY CASE CHECK DEFAULT DELETE DISTINCT ELSE END EXISTS FROM GROUP HAVING IN INDEX INSERT INTO IS JOIN LIMIT "  # noqa: SIM905
    "NOT NULL ON OR ORDER SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE".split()
)
_WRITABLE = Opaque("PRAGMA writable_schema: what is written into the schema itself, nobody checks")
_ROWS = ("WITH", "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "VALUES")


def kind_of(tokens: list[Token], _text: str) -> str:
    """What sort of statement it is: "ALTER TABLE", "CREATE INDEX", "UPDATE"; no UNIQUE, no TEMPORARY."""
    first = tokens[0].word
    if first not in ("CREATE", "ALTER", "DROP"):
        return first
    words = [token.word for token in tokens[1:4] if token.word not in ("TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL")]
    return " ".join([first, *words[:1]]).strip()


def read(tokens: list[Token], text: str) -> tuple[Action, ...]:
    """What a statement does; never empty. `text` is what the tokens' offsets point into."""
    reader = _READERS.get(tokens[0].word)
    if reader is None:
        return (Opaque(f"no statement begins with {text[tokens[0].start : tokens[0].end]}"),)
    cursor = Cursor(tokens, text)
    cursor.place = 1
    try:
        return tuple(reader(cursor))
    except Unread as unread:
        return (Opaque(f"{kind_of(tokens, text)}: not understood at {unread}"),)


def together(statements: list[tuple[Action, ...]]) -> Iterator[tuple[Action, ...]]:
    """The actions of statements, each with an eye on those behind it.

    Prisma sets writable_schema to make an index that a database named as SQLite does its own, and no more.
    """
    for number, actions in enumerate(statements, 1):
        if actions == (_WRITABLE,):
            made = list(takewhile(lambda one: isinstance(one[0], CreateIndex), statements[number:]))
            (ends, *_), *_ = (*statements[number + len(made) :], (_WRITABLE,))
            is_ended = isinstance(ends, Set) and ends.setting == "writable_schema"
            yield (Set("writable_schema", "1"),) if made and is_ended else actions
        else:
            yield actions


def _create(cursor: Cursor) -> list[Action]:
    temporary = bool(cursor.take_any("TEMP", "TEMPORARY"))
    if cursor.take("TABLE"):
        return [create_table(cursor, temporary=temporary)]
    if cursor.take("VIRTUAL", "TABLE"):
        if_not_exists = cursor.take("IF", "NOT", "EXISTS")
        table = cursor.name()
        cursor.need("USING")
        cursor.rest()
        return [CreateTable(table, if_not_exists=if_not_exists)]
    if cursor.take("VIEW"):
        cursor.take("IF", "NOT", "EXISTS")
        view = cursor.name()
        cursor.until({"AS"})
        cursor.need("AS")
        return [CreateView(view, mentions=_mentions(cursor))]
    if cursor.take("TRIGGER"):
        return [_create_trigger(cursor)]
    unique = cursor.take("UNIQUE")
    cursor.need("INDEX")
    return [create_index(cursor, unique=unique)]


def _create_trigger(cursor: Cursor) -> CreateTrigger:
    """CREATE TRIGGER; what is in its body runs later, and not by this migration."""
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name()
    timing = cursor.take_any("BEFORE", "AFTER") or (cursor.take("INSTEAD", "OF") and "INSTEAD OF") or "BEFORE"
    event = cursor.take_any("DELETE", "INSERT", "UPDATE")
    if not event:
        raise cursor.unread()
    cursor.until({"ON"})
    cursor.need("ON")
    table = Name(name.schema, cursor.identifier())
    cursor.until({"BEGIN"})
    cursor.need("BEGIN")
    when: Literal["before", "after", "instead of"] = timing.lower()  # type: ignore[assignment]
    return CreateTrigger(name.name, table, None, when, (event.lower(),), each_row=True, mentions=_mentions(cursor))


def _mentions(cursor: Cursor) -> tuple[str, ...]:
    """The names from here on, of columns too, in lower case: SQLite does not mind the case."""
    tokens = cursor.tokens[cursor.place :]
    return tuple(dict.fromkeys(one.text.lower() for one in tokens if one.is_identifier and one.word not in _NO_NAMES))


def _drop(cursor: Cursor) -> list[Action]:
    kind = cursor.take_any("TABLE", "INDEX", "VIEW", "TRIGGER")
    if not kind:
        raise cursor.unread()
    if_exists = cursor.take("IF", "EXISTS")
    name = cursor.name()
    cursor.finish()
    if kind == "TABLE":
        return [DropTable((name,), if_exists=if_exists)]
    if kind == "INDEX":
        return [DropIndex((name,), if_exists=if_exists)]
    return [DropObject(kind.lower(), (name,), if_exists=if_exists)]


def _rows(cursor: Cursor) -> list[Action]:
    """INSERT, UPDATE and DELETE, also behind WITH; REPLACE, which is INSERT OR REPLACE."""
    tokens: list[Token] = []
    words = [token.word for token in cursor.tokens]
    conflict = "ignore" if "NOTHING" in words else ""  # ON CONFLICT DO NOTHING
    for place, token in enumerate(cursor.tokens):
        changes_rows, behind = words[place - 1] in ("INSERT", "UPDATE"), "".join(words[place + 1 : place + 2])
        if token.word == "OR" and changes_rows and behind in _ON_CONFLICT:
            conflict = behind.lower()
        elif token.word == "REPLACE" and behind == "INTO" and words[place - 1] != "OR":
            conflict = "replace"
            tokens.append(replace(token, word="INSERT"))
        elif words[place - 1] != "OR" or token.word.lower() != conflict:
            tokens.append(token)
    found = changes(Cursor(tokens, cursor.text))
    if found:
        return [_settled(action, conflict) for action in found]
    return list(_extensions(cursor)) or [Other(words[0])]


def _settled(action: Action, conflict: str) -> Action:
    if not isinstance(action, Insert) or not conflict:
        return action
    there = Update(action.table, action.columns) if conflict == "replace" and not action.update else action.update
    return replace(action, update=there, conflict=conflict)


def _extensions(cursor: Cursor) -> Iterator[Call]:
    for token in cursor.tokens:
        if token.word in ("LOAD_EXTENSION", "WRITEFILE", "EDIT"):  # the only functions that do more than read
            yield Call(Name(None, token.text.lower()))


def _pragma(cursor: Cursor) -> list[Action]:
    setting = cursor.name().name.lower()
    value = cursor.rest() if cursor.take("=") else cursor.group().rest() if cursor.at("(") else ""
    cursor.finish()
    if setting == "writable_schema" and value.strip("'\"").lower() not in ("", "0", "off", "false", "no", "reset"):
        return [_WRITABLE]
    return [Set(setting, value)]


def _attach(cursor: Cursor) -> list[Action]:
    cursor.rest()
    return [Opaque("ATTACH: what is written into another file, no snapshot holds")]


def _vacuum(cursor: Cursor) -> list[Action]:
    cursor.rest()
    return [Vacuum(full=True)]


def _reindex(cursor: Cursor) -> list[Action]:
    return [Reindex("database") if cursor.done else Reindex("index", cursor.name())]


def _other(cursor: Cursor) -> list[Action]:
    return [Other(cursor.tokens[0].word)]


_READERS: dict[str, Callable[[Cursor], list[Action]]] = {
    "CREATE": _create,
    "ALTER": alter_table,
    "DROP": _drop,
    "PRAGMA": _pragma,
    "ATTACH": _attach,
    "VACUUM": _vacuum,
    "REINDEX": _reindex,
    **dict.fromkeys(_ROWS, _rows),
    **dict.fromkeys(("ANALYZE", "DETACH", "EXPLAIN"), _other),
    **dict.fromkeys(("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"), transaction),
}
