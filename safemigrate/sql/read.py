"""A statement's tokens into actions. What the grammar does not know is `Opaque`, never silence."""

from __future__ import annotations

from collections.abc import Callable

from safemigrate.sql.actions import Action, Opaque, Other, Set, Transaction
from safemigrate.sql.cursor import Cursor, Unread
from safemigrate.sql.dialect import dialect
from safemigrate.sql.kinds import modifiers, object_kind
from safemigrate.sql.read_block import call, do
from safemigrate.sql.read_object import alter, create, drop
from safemigrate.sql.read_rights import comment, grant, reassign, revoke
from safemigrate.sql.read_rows import STATEMENTS, copy, explain, prepared, rows, truncate
from safemigrate.sql.read_upkeep import cluster, lock, refresh, reindex, vacuum
from safemigrate.sql.tokens import Token

# They change neither rows nor columns. PostgreSQL docs, SQL commands.
_HARMLESS = frozenset(
    "ANALYSE ANALYZE CHECKPOINT CLOSE DEALLOCATE DECLARE DISCARD EXECUTE FETCH IMPORT LISTEN LOAD MOVE "  # noqa: SIM905
    "NOTIFY SECURITY SHOW UNLISTEN".split()
)


def kind_of(tokens: list[Token], text: str) -> str:
    """What sort of statement it is: "ALTER TABLE", "CREATE INDEX", "UPDATE"; no UNIQUE, no OR REPLACE."""
    cursor = Cursor(tokens, text)
    first = cursor.take_any("CREATE", "ALTER", "DROP")
    if not first:
        return cursor.word
    modifiers(cursor)
    try:
        return f"{first} {object_kind(cursor).upper()}"
    except Unread:
        return first


def read(tokens: list[Token], text: str) -> tuple[Action, ...]:
    """What a statement does; never empty. `text` is what the tokens' offsets point into."""
    cursor = Cursor(tokens, text)
    reader = _READERS.get(cursor.word)
    if cursor.word == "\\":
        return (Opaque(f"a command of psql, not SQL: {tokens[0].text}"),)
    if reader is None:
        actions: tuple[Action, ...] = (Opaque(f"no statement begins with {text[tokens[0].start : tokens[0].end]}"),)
    else:
        try:
            actions = tuple(reader(cursor))
        except Unread as unread:
            actions = (Opaque(f"{kind_of(tokens, text)}: not understood at {unread}"),)
        except RecursionError:  # a body in a body, an EXPLAIN of an EXPLAIN: no migration has hundreds
            actions = (Opaque("nested too deeply"),)
    if any(isinstance(action, Opaque) for action in actions) and (whose := dialect(tokens)):
        return tuple(
            Opaque(f"{action.reason}; this is {whose}'s SQL, not PostgreSQL's")
            if isinstance(action, Opaque)
            else action
            for action in actions
        )
    return actions


def _pragma(cursor: Cursor) -> Action:
    """SQLite's, of which Prisma writes the two around a table that it makes anew; any other is not understood."""
    setting = cursor.identifier()
    cursor.need("=")
    if setting not in ("foreign_keys", "defer_foreign_keys"):
        raise cursor.unread()
    return Set(setting, cursor.rest())


def _harmless(cursor: Cursor) -> list[Action]:
    return [Other(cursor.word)]


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


def transaction(cursor: Cursor) -> list[Action]:
    """BEGIN, COMMIT and their like; with the cursor on the word or behind it."""
    first = cursor.tokens[0].word
    if first == "ROLLBACK" and any(token.word == "TO" for token in cursor.tokens):
        return [Transaction("rollback to")]
    kinds = {"START": "begin", "END": "commit", "ABORT": "rollback"}
    return [Transaction(kinds.get(first, first.lower()))]


def _prepare(cursor: Cursor) -> list[Action]:
    """PREPARE of a statement counts as running it: EXECUTE names it alone."""
    if cursor.take("TRANSACTION"):
        cursor.string()
        return [Transaction("prepare")]
    cursor.identifier()
    if cursor.at("("):
        cursor.group()
    cursor.need("AS")
    return prepared(cursor)


def _set(cursor: Cursor) -> Action:
    local = cursor.take_any("LOCAL", "SESSION") == "LOCAL"
    if cursor.take("SCHEMA"):
        return Set("search_path", cursor.rest(), local)
    if cursor.take("XML", "OPTION"):
        return Set("xmloption", cursor.rest(), local)
    cursor.take("SESSION")
    if cursor.word in ("TIME", "CONSTRAINTS", "TRANSACTION", "CHARACTERISTICS", "AUTHORIZATION", "ROLE", "NAMES"):
        setting = "timezone" if cursor.take("TIME", "ZONE") else cursor.word.lower()
        return Set(setting, cursor.rest(), local)
    name = cursor.name()
    setting = str(name.name) if name.schema is None else f"{name.schema}.{name.name}"
    if not (cursor.take("TO") or cursor.take("FROM", "CURRENT")):
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
    "CALL": _after(call),
    "EXPLAIN": _after(explain),
    "PREPARE": _after(_prepare),
    "LOCK": _after(lock),
    "VACUUM": _after(vacuum),
    "CLUSTER": _after(cluster),
    "REINDEX": _after(reindex),
    "REFRESH": _after(refresh),
    "REASSIGN": _after(reassign),
    "GRANT": _after(grant),
    "REVOKE": _after(revoke),
    "COMMENT": _after(comment),
    **dict.fromkeys(_HARMLESS, _harmless),
    "SET": _after(_set),
    "RESET": _after(_reset),
    "PRAGMA": _after(_pragma),
    **dict.fromkeys(STATEMENTS, rows),
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"), transaction),
}
