"""DO blocks: the SQL inside PL/pgSQL, whether or not a run reaches it."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.errors import NotSql
from safemigrate.sql.actions import Action, Call, CreateTable, DoBlock, Opaque, Other
from safemigrate.sql.cursor import Cursor, Unread
from safemigrate.sql.tokens import Token, tokenize

# PL/pgSQL statements that run no SQL of their own but a query. PostgreSQL docs, 43.
_NO_SQL = frozenset("RAISE RETURN EXIT CONTINUE GET NULL ASSERT OPEN FETCH MOVE CLOSE END".split())  # noqa: SIM905
_UP_TO_LOOP = frozenset("FOR FOREACH WHILE".split())  # noqa: SIM905
_UP_TO_THEN = frozenset("IF ELSIF ELSEIF EXCEPTION WHEN CASE".split())  # noqa: SIM905


def do(cursor: Cursor) -> Action:
    """DO, from behind the word."""
    language = cursor.identifier() if cursor.take("LANGUAGE") else "plpgsql"
    body = cursor.string()
    if cursor.take("LANGUAGE"):
        language = cursor.identifier()
    cursor.finish()
    return plpgsql(body) if language == "plpgsql" else DoBlock(dynamic=True)


def call(cursor: Cursor) -> Action:
    """CALL, from behind the word."""
    name = cursor.name()
    arguments = cursor.group().rest()
    cursor.finish()
    return Call(name, arguments)


def statements(body: str) -> DoBlock:
    """The body of a function in SQL: statements, one behind another."""
    try:
        tokens = tokenize(body, "the body")
    except NotSql:
        return DoBlock(dynamic=True)
    found = [action for piece in _pieces(tokens) for action in _read(piece, body)]
    opaque = any(isinstance(action, Opaque) for action in found)
    return DoBlock(tuple(action for action in found if not isinstance(action, Opaque)), opaque)


def plpgsql(body: str) -> DoBlock:
    """A body in PL/pgSQL."""
    try:
        tokens = tokenize(body, "DO")
    except NotSql:
        return DoBlock(dynamic=True)
    while tokens and tokens[0].word == "#":  # variable_conflict use_column, and its like
        tokens = tokens[3:]
    actions: list[Action] = []
    dynamic = declaring = False
    for labelled in _pieces(tokens):
        piece = labelled[5:] if labelled[0].word == "<" and len(labelled) > 5 else labelled  # <<label>>
        if piece[0].word == "DECLARE":
            declaring = True
        begin = next((i for i, token in enumerate(piece[:2]) if token.word == "BEGIN"), None)
        if declaring and begin is None:
            continue
        declaring = False
        for statement in _statements(piece[begin:] if begin else piece):
            found = _execute(statement, body) if statement[0].word == "EXECUTE" else _read(statement, body)
            dynamic |= any(isinstance(a, Opaque) or (isinstance(a, DoBlock) and a.dynamic) for a in found)
            actions += [action for action in found if not isinstance(action, Opaque)]
    return DoBlock(tuple(actions), dynamic)


def _pieces(tokens: list[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.word == ";":
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _statements(piece: list[Token]) -> list[list[Token]]:
    """The SQL behind BEGIN, IF ... THEN, ELSE, LOOP and their like, and the query of a FOR."""
    found = []
    start = 0
    while start < len(piece):
        word = piece[start].word
        if word in ("BEGIN", "ELSE", "LOOP"):
            start += 1
        elif word == "<":  # <<label>>
            start += 5
        elif word in _UP_TO_LOOP:
            behind = _behind(piece, start, "LOOP")
            query = _behind(piece, start, "IN") if word == "FOR" else behind
            if query < behind and piece[query].word in ("SELECT", "WITH", "EXECUTE", "INSERT", "UPDATE", "DELETE"):
                found.append(piece[query : behind - 1 if behind < len(piece) else behind])
            start = behind
        elif word in _UP_TO_THEN:
            start = _behind(piece, start, "THEN")
        else:
            one = piece[start:]
            assigns = one[0].is_identifier and any(token.word in (":=", "=") for token in one[1:2])
            assigns = assigns or any(token.word == ":=" for token in one[1:8])
            return found if word in _NO_SQL or assigns else [*found, one]
    return found


def _behind(piece: list[Token], start: int, word: str) -> int:
    """The place behind a word that is in no CASE, or the end."""
    cases = 0
    for place in range(start, len(piece)):
        token = piece[place]
        if token.word == "CASE" and place > start:
            cases += 1
        elif token.word == "END" and cases:
            cases -= 1
        elif token.word == word and not cases:
            return place + 1
    return len(piece)


def _read(statement: list[Token], text: str) -> list[Action]:
    from safemigrate.sql.read import read  # the two call each other

    if statement[0].word == "PERFORM":
        statement = [replace(statement[0], word="SELECT"), *statement[1:]]
    found = read(statement, text)
    into_variable = statement[0].word in ("SELECT", "WITH")
    return [action for action in found if not (into_variable and isinstance(action, CreateTable | Other))]


def _execute(statement: list[Token], text: str) -> list[Action]:
    """EXECUTE of one literal is read; of anything built at run time, it is not."""
    cursor = Cursor(statement, text)
    cursor.place = 1
    try:
        sql = cursor.string()
        if cursor.word not in ("", "USING", "INTO"):
            raise cursor.unread()
        tokens = tokenize(sql, "EXECUTE")
    except (Unread, NotSql):
        return [Opaque("SQL built at run time")]
    return [action for piece in _pieces(tokens) for action in _read(piece, sql)]
