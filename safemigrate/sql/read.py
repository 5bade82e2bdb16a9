"""A statement's tokens into actions. What the grammar does not know is `Opaque`, never silence."""

from __future__ import annotations

from collections.abc import Callable

from safemigrate.sql.actions import Action, Opaque, Other, Set, Transaction
from safemigrate.sql.cursor import Cursor, Unread
from safemigrate.sql.read_block import call, do
from safemigrate.sql.read_object import alter, create, drop
from safemigrate.sql.read_rows import copy, rows, truncate
from safemigrate.sql.tokens import Token

# They change neither rows nor columns. PostgreSQL docs, SQL commands.
_HARMLESS = frozenset(
    "ANALYZE CHECKPOINT CLOSE CLUSTER COMMENT DEALLOCATE DECLARE DISCARD FETCH GRANT IMPORT LISTEN LOAD LOCK MOVE "  # noqa: SIM905
    "NOTIFY REASSIGN REFRESH REINDEX REVOKE SECURITY SHOW UNLISTEN VACUUM".split()
)


def kind_of(tokens: list[Token]) -> str:
    """The leading keywords of a statement: "ALTER TABLE", "CREATE UNIQUE INDEX", "UPDATE"."""
    first = tokens[0].word
    if first not in ("CREATE", "ALTER", "DROP", "COMMENT", "START", "TRUNCATE"):
        return first
    words = [first]
    for token in tokens[1:5]:
        if not token.word.isalpha() or token.word in ("IF", "ONLY", "CONCURRENTLY"):
            break
        words.append(token.word)
        if token.word not in _MODIFIERS:
            break
    return " ".join(words)


_MODIFIERS = frozenset("OR REPLACE UNIQUE TEMP TEMPORARY UNLOGGED MATERIALIZED GLOBAL LOCAL CONSTRAINT EVENT".split())  # noqa: SIM905


def read(tokens: list[Token], text: str) -> tuple[Action, ...]:
    """What a statement does; never empty. `text` is what the tokens' offsets point into."""
    cursor = Cursor(tokens, text)
    reader = _READERS.get(cursor.word)
    if reader is None:
        if cursor.word in _HARMLESS:
            return (Other(_harmless(cursor)),)
        return (Opaque(f"no statement begins with {text[tokens[0].start : tokens[0].end]}"),)
    try:
        return tuple(reader(cursor))
    except Unread as unread:
        return (Opaque(f"{kind_of(tokens)}: not understood at {unread}"),)


def _harmless(cursor: Cursor) -> str:
    first = cursor.word
    concurrently = any(token.word == "CONCURRENTLY" for token in cursor.tokens)
    if first == "REINDEX":
        cursor.place = 1
        if cursor.at("("):
            cursor.group()
        return f"REINDEX {cursor.word}" + " CONCURRENTLY" * concurrently
    if first == "CLUSTER" and len(cursor.tokens) == 1:
        return "CLUSTER ALL"
    return first


def _after(reader: Callable[[Cursor], list[Action] | Action]) -> Callable[[Cursor], list[Action]]:
    """A reader that starts behind the first word and has to reach the end."""

    def run(cursor: Cursor) -> list[Action]:
        cursor.place = 1
        found = reader(cursor)
        return found if isinstance(found, list) else [found]

    return run


def _truncate(cursor: Cursor) -> list[Action]:
    action = truncate(cursor)
    cursor.finish()
    return [action]


def _transaction(cursor: Cursor) -> list[Action]:
    first, second = cursor.word, cursor.token(1).word
    if first == "PREPARE" and second != "TRANSACTION":
        raise Unread("PREPARE")
    if first == "ROLLBACK" and any(token.word == "TO" for token in cursor.tokens):
        return [Transaction("rollback to")]
    kinds = {"START": "begin", "END": "commit", "ABORT": "rollback"}
    return [Transaction(kinds.get(first, first.lower()))]


def _set(cursor: Cursor) -> Action:
    local = cursor.take_any("LOCAL", "SESSION") == "LOCAL"
    if cursor.word in ("TIME", "CONSTRAINTS", "TRANSACTION", "CHARACTERISTICS", "AUTHORIZATION", "ROLE", "NAMES"):
        setting = "timezone" if cursor.take("TIME", "ZONE") else cursor.word.lower()
        return Set(setting, cursor.rest(), local)
    name = cursor.name()
    setting = str(name.name) if name.schema is None else f"{name.schema}.{name.name}"
    if not cursor.take("TO"):
        cursor.need("=")
    return Set(setting, cursor.rest(), local)


def _reset(cursor: Cursor) -> Action:
    return Set(cursor.rest().lower())


_READERS: dict[str, Callable[[Cursor], list[Action]]] = {
    "ALTER": _after(alter),
    "CREATE": _after(create),
    "DROP": _after(drop),
    "TRUNCATE": _after(_truncate),
    "COPY": _after(copy),
    "DO": _after(do),
    "CALL": call,
    "SET": _after(_set),
    "RESET": _after(_reset),
    **dict.fromkeys(("WITH", "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE", "EXPLAIN", "("), rows),
    **dict.fromkeys(
        ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"), _transaction
    ),
}
