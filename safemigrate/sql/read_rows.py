"""INSERT, UPDATE, DELETE, MERGE, also inside WITH; SELECT INTO; TRUNCATE; COPY."""

from __future__ import annotations

from safemigrate.sql.actions import Action, CreateTable, Delete, Insert, Name, Opaque, Other, Truncate, Update
from safemigrate.sql.cursor import Cursor

_BEHIND_ORIGIN = frozenset("WHERE GROUP ORDER LIMIT OFFSET FETCH HAVING FOR".split())  # noqa: SIM905


def rows(cursor: Cursor) -> list[Action]:
    """A statement that begins with WITH, SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE or EXPLAIN."""
    actions: list[Action] = []
    first = cursor.word
    opened: list[int] = []
    for place, token in enumerate(cursor.tokens):
        if token.word == "(":
            opened.append(place)
        elif token.word == ")" and opened:
            opened.pop()
        begins = place == 0 or cursor.tokens[place - 1].word in ("(", ")") or (first == "EXPLAIN" and not opened)
        if begins and token.word in _READERS:
            part = Cursor(cursor.tokens[place : _closing(cursor, place)], cursor.text)
            part.place = 1
            actions.append(_READERS[token.word](part))
    if first in ("SELECT", "WITH"):
        actions += _select_into(cursor)
    return actions or [Other(first)]


def _closing(cursor: Cursor, place: int) -> int:
    depth = 0
    for further in range(place, len(cursor.tokens)):
        depth += {"(": 1, ")": -1}.get(cursor.tokens[further].word, 0)
        if depth < 0:
            return further
    return len(cursor.tokens)


def _delete(cursor: Cursor) -> Action:
    cursor.need("FROM")
    table = cursor.table()
    cursor.until({"WHERE", "RETURNING"})
    return Delete(table, _where(cursor))


def _update(cursor: Cursor) -> Action:
    table = cursor.table()
    cursor.until({"SET"})
    cursor.need("SET")
    start = cursor.place
    assignments = cursor.until({"FROM", "WHERE", "RETURNING"})
    columns: list[str] = []
    for part in Cursor(cursor.tokens[start : cursor.place], cursor.text).by_commas():
        columns += part.names_in_group() if part.at("(") else [part.identifier()]
    cursor.until({"WHERE", "RETURNING"})
    return Update(table, tuple(columns), assignments, _where(cursor))


def _where(cursor: Cursor) -> str:
    return cursor.until({"RETURNING"}) if cursor.take("WHERE") else ""


def _insert(cursor: Cursor) -> Action:
    cursor.need("INTO")
    table = cursor.name()
    if cursor.take("AS"):
        cursor.identifier()
    columns = _listed(cursor.group()) if cursor.at("(") and not _is_query(cursor.token(1).word) else ()
    if cursor.take("OVERRIDING"):
        cursor.until({"VALUE"})
        cursor.need("VALUE")
    start = cursor.place
    cursor.until({"ON", "RETURNING"})
    while cursor.at("ON") and not cursor.at("ON", "CONFLICT"):  # the condition of a join
        cursor.place += 1
        cursor.until({"ON", "RETURNING"})
    source = Cursor(cursor.tokens[start : cursor.place], cursor.text)
    written_out = not source.word or source.word in ("VALUES", "DEFAULT") or _selects_no_table(source)
    return Insert(table, not written_out, columns, *_source(source))


def _selects_no_table(cursor: Cursor) -> bool:
    """SELECT 1, 2; also from a list of values."""
    start = cursor.place
    cursor.until({"FROM", "TABLE"})
    found = cursor.done or cursor.at("FROM", "(", "VALUES")
    found = found and cursor.tokens[start].word == "SELECT"
    cursor.place = start
    return found


def _is_query(word: str) -> bool:
    return word in ("SELECT", "WITH", "VALUES", "TABLE", "(")


def _listed(group: Cursor) -> tuple[str, ...]:
    return tuple(part.identifier() for part in group.by_commas())


def _source(cursor: Cursor) -> tuple[tuple[str, ...], Name | None]:
    """What goes into the columns and where it comes from, of one SELECT or one row; nothing of anything less plain."""
    if cursor.take("VALUES"):
        row = cursor.group() if cursor.at("(") else None
        return (tuple(part.rest() for part in row.by_commas()) if row and cursor.done else ()), None
    if not cursor.take("SELECT") or cursor.at("DISTINCT"):
        return (), None
    start = cursor.place
    cursor.until({"FROM", "WHERE", "UNION", "INTERSECT", "EXCEPT"})
    values = tuple(part.rest() for part in Cursor(cursor.tokens[start : cursor.place], cursor.text).by_commas())
    if not cursor.take("FROM") or not cursor.token().is_identifier:
        return values, None
    origin = cursor.table()
    if cursor.take("AS") or (cursor.token().is_identifier and cursor.word not in _BEHIND_ORIGIN):
        cursor.identifier()
    return values, origin if cursor.done or cursor.word in _BEHIND_ORIGIN else None


def _merge(cursor: Cursor) -> Action:
    cursor.need("INTO")
    table = cursor.table()
    words = {token.word for token in cursor.tokens}
    condition = cursor.rest()
    return Delete(table, condition) if "DELETE" in words else Update(table, (), "", condition)


_READERS = {"DELETE": _delete, "UPDATE": _update, "INSERT": _insert, "MERGE": _merge}


def _select_into(cursor: Cursor) -> list[Action]:
    cursor.until({"INTO", "FROM", "INSERT", "UPDATE", "DELETE", "MERGE"})
    if not cursor.take("INTO"):
        return []
    temporary = bool(cursor.take_any("TEMP", "TEMPORARY"))
    cursor.take("UNLOGGED")
    cursor.take("TABLE")
    return [CreateTable(cursor.name(), temporary=temporary, query=True)]


def truncate(cursor: Cursor) -> Action:
    """TRUNCATE, from behind the word."""
    cursor.take("TABLE")
    tables = cursor.tables()
    restart = cursor.take("RESTART", "IDENTITY")
    cursor.take("CONTINUE", "IDENTITY")
    return Truncate(tables, cursor.take_any("CASCADE", "RESTRICT") == "CASCADE", restart)


def copy(cursor: Cursor) -> list[Action]:
    """COPY, from behind the word."""
    if cursor.at("("):
        cursor.rest()
        return [Other("COPY")]
    table = cursor.name()
    columns = _listed(cursor.group()) if cursor.at("(") else ()
    into = cursor.take("FROM")
    from_client = cursor.take("STDIN")
    cursor.rest()
    if not into:
        return [Other("COPY")]
    inserted = Insert(table, query=True, columns=columns)
    reason = "COPY ... FROM STDIN reads rows from psql; a migration has none to send"
    return [inserted, Opaque(reason)] if from_client else [inserted]
