"""INSERT, UPDATE, DELETE, MERGE, also inside WITH; SELECT INTO; TRUNCATE; COPY."""

from __future__ import annotations

from safemigrate.sql.actions import Action, CreateTable, Delete, Insert, Name, Opaque, Other, Truncate, Update
from safemigrate.sql.calls import calls, settings
from safemigrate.sql.cursor import Cursor

_BEHIND_ORIGIN = frozenset("WHERE GROUP ORDER LIMIT OFFSET FETCH HAVING FOR".split())  # noqa: SIM905

STATEMENTS = ("WITH", "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE", "(")


def rows(cursor: Cursor) -> list[Action]:
    """A statement that begins with WITH, SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE or EXPLAIN."""
    first, actions = cursor.word, changes(cursor)
    if first in ("SELECT", "WITH", "VALUES", "("):
        actions += () if actions else [*settings(cursor), *calls(cursor)]
        actions += _select_into(cursor)
    return actions or [Other(first)]


def changes(cursor: Cursor) -> list[Action]:
    """What a statement writes into tables that are there, behind WITH too."""
    actions: list[Action] = []
    tokens = cursor.tokens
    depth, behind = 0, ")"
    for place, token in enumerate(tokens):
        # The statement itself, behind what WITH names, or one of those: nothing deeper changes rows.
        begins = (behind == ")" and not depth) or (behind == "(" and depth == 1)
        behind = token.word
        depth += (behind == "(") - (behind == ")")
        if begins and behind in _READERS:
            if place and tokens[place + 1 : place + 2] and tokens[place + 1].word in (",", ")"):
                continue  # a column of that name
            part = Cursor(tokens[place : _closing(cursor, place)], cursor.text)
            part.place = 1
            actions += _READERS[token.word](part)
    return actions


def explain(cursor: Cursor) -> list[Action]:
    """EXPLAIN, from behind the word: only with ANALYZE does the statement run."""
    runs = False
    if cursor.at("("):
        for option in cursor.group().by_commas():
            runs |= bool(option.take_any("ANALYZE", "ANALYSE")) and option.word not in ("FALSE", "OFF")
    while word := cursor.take_any("ANALYZE", "ANALYSE", "VERBOSE"):
        runs |= word != "VERBOSE"
    if not runs:
        cursor.rest()
        return [Other("EXPLAIN")]
    if cursor.word == "CREATE":
        cursor.place += 1
        return [CreateTable(cursor.name(), query=True)] if cursor.take("TABLE") else [Other("EXPLAIN")]
    return prepared(cursor)


def prepared(cursor: Cursor) -> list[Action]:
    """A statement inside another, from here on: one that reads or changes rows."""
    if cursor.word not in STATEMENTS and cursor.word not in ("EXECUTE", "DECLARE"):
        raise cursor.unread()
    return rows(Cursor(cursor.tokens[cursor.place :], cursor.text))


def _closing(cursor: Cursor, place: int) -> int:
    """Where the parentheses around a place end, or the statement."""
    if place == 0:
        return len(cursor.tokens)
    depth = 0
    for further, token in enumerate(cursor.tokens[place:], place):
        depth += (token.word == "(") - (token.word == ")")
        if depth < 0:
            return further
    return len(cursor.tokens)


def _delete(cursor: Cursor) -> list[Action]:
    cursor.need("FROM")
    table = cursor.table()
    cursor.until({"WHERE", "RETURNING"})
    return [Delete(table, _where(cursor))]


def _update(cursor: Cursor) -> list[Action]:
    table = cursor.table()
    cursor.until({"SET"})
    cursor.need("SET")
    columns, assignments = _assigned(cursor, {"FROM", "WHERE", "RETURNING"})
    cursor.until({"WHERE", "RETURNING"})
    return [Update(table, columns, assignments, _where(cursor))]


def _assigned(cursor: Cursor, end: set[str]) -> tuple[tuple[str, ...], str]:
    start = cursor.place
    assignments = cursor.until(end)
    columns: list[str] = []
    for part in Cursor(cursor.tokens[start : cursor.place], cursor.text).by_commas():
        columns += part.names_in_group() if part.at("(") else [part.identifier()]
    return tuple(columns), assignments


def _where(cursor: Cursor) -> str:
    return cursor.until({"RETURNING"}) if cursor.take("WHERE") else ""


def _insert(cursor: Cursor) -> list[Action]:
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
    values, origin, rest = _source(source)
    update = _on_conflict(cursor, table)
    return [Insert(table, not written_out, columns, values, origin, update, rest)]


def _on_conflict(cursor: Cursor, table: Name) -> Update | None:
    if not cursor.take("ON", "CONFLICT"):
        return None
    same: set[str] = set()
    for part in cursor.group().by_commas() if cursor.at("(") else ():
        same |= {part.identifier()} if part.token().is_identifier else set()
    cursor.until({"DO"})
    if not cursor.take("DO", "UPDATE", "SET"):
        return None
    columns, assignments = _assigned(cursor, {"WHERE", "RETURNING"})
    columns = tuple(column for column in columns if column not in same)
    return Update(table, columns, assignments, _where(cursor)) if columns else None


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


def _source(cursor: Cursor) -> tuple[tuple[str, ...], Name | None, str]:
    """What goes into the columns and where it comes from, of one SELECT or one row; nothing of anything less plain."""
    if cursor.take("VALUES"):
        row = cursor.group() if cursor.at("(") else None
        return (tuple(part.rest() for part in row.by_commas()) if row and cursor.done else ()), None, ""
    if not cursor.take("SELECT") or cursor.at("DISTINCT"):
        return (), None, ""
    start = cursor.place
    cursor.until({"FROM", "WHERE", "UNION", "INTERSECT", "EXCEPT"})
    values = tuple(part.rest() for part in Cursor(cursor.tokens[start : cursor.place], cursor.text).by_commas())
    if not cursor.take("FROM") or not cursor.token().is_identifier:
        return values, None, ""
    origin = cursor.table()
    if cursor.take("AS") or (cursor.token().is_identifier and cursor.word not in _BEHIND_ORIGIN):
        cursor.identifier()
    if not cursor.done and cursor.word not in _BEHIND_ORIGIN:
        return values, None, ""
    return values, origin, cursor.rest()


def _merge(cursor: Cursor) -> list[Action]:
    cursor.need("INTO")
    table = cursor.table()
    start = cursor.place
    condition = cursor.rest()
    cursor.place = start
    found: list[Action] = []
    while True:
        cursor.until({"THEN", "CASE"})
        if cursor.take("CASE"):
            cursor.until({"END"})
        elif not cursor.take("THEN"):
            break
        elif cursor.take("DELETE"):
            found.append(Delete(table, condition))
        elif cursor.take("UPDATE", "SET"):
            found.append(Update(table, *_assigned(cursor, {"WHEN", "RETURNING"}), condition))
        elif cursor.take("INSERT"):
            found.append(Insert(table, query=True, columns=_listed(cursor.group()) if cursor.at("(") else ()))
    return found or [Other("MERGE")]


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
