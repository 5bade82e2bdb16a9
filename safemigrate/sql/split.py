"""A file of SQL into its statements."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from safemigrate.model import Migration, Span
from safemigrate.sql.actions import Action, Call, CreateFunction, DoBlock, Opaque
from safemigrate.sql.read import kind_of, read
from safemigrate.sql.statement import Comment, Statement
from safemigrate.sql.tokens import Lexed, Token, lex, not_sql, unclosed_kind

_BOM = "\ufeff"
_LINE_END = re.compile("\n")

Dialect = Literal["postgresql", "sqlite"]


def statements_of(migration: Migration, dialect: Dialect = "postgresql") -> list[Statement]:
    """Split a migration. Raises NotSql, which names it."""
    return split(migration.sql, f"{migration.name}/migration.sql", dialect=dialect)


def split(
    text: str, source: str = "migration.sql", *, strict: bool = True, dialect: Dialect = "postgresql"
) -> list[Statement]:
    """Split SQL into statements where psql, or sqlite3, would, each with its place, its comments and what it does.

    A file of comments has no statements. Raises NotSql, naming `source`, where something is never closed; unless
    `strict`, the statements before it are read, and the one that it stands in is opaque and goes to the end.
    """
    readable = text.replace(_BOM, " ", 1) if text.startswith(_BOM) else text  # the same offsets
    grammar = _grammar(dialect)
    tokens, comment_spans, unclosed = grammar.lex(readable)
    if unclosed is not None and strict:
        raise not_sql(text, unclosed, source)
    places = _Places(text)
    pieces = list(grammar.pieces(tokens))
    actions = list(grammar.together([grammar.read(piece, readable) for piece, _stop in pieces]))
    if unclosed is not None:
        tail = Token("", text[unclosed:], unclosed, len(text.rstrip()), is_identifier=False)
        goes_on = pieces and pieces[-1][0][-1] is tokens[-1]
        if goes_on:
            pieces[-1] = ([*pieces[-1][0], tail], tail.end)
            actions.pop()
        else:
            pieces.append(([tail], tail.end))
        reason = f"the {unclosed_kind(text, unclosed)} that begins in line {places.line(unclosed)} is never closed"
        actions.append((Opaque(reason),))
    comments = _comments(readable, comment_spans, pieces, places)
    return [
        Statement(
            sql=text[piece[0].start : piece[-1].end],
            span=places.span(piece[0].start, piece[-1].end),
            kind=grammar.kind_of(piece, readable),
            comments=tuple(comments.get(number, ())),
            actions=done,
        )
        for number, ((piece, _stop), done) in enumerate(zip(pieces, actions, strict=True))
    ]


class _Grammar(NamedTuple):
    lex: Callable[[str], Lexed]
    pieces: Callable[[list[Token]], Iterator[tuple[list[Token], int]]]
    read: Callable[[list[Token], str], tuple[Action, ...]]
    together: Callable[[list[tuple[Action, ...]]], Iterator[tuple[Action, ...]]]
    kind_of: Callable[[list[Token], str], str]


def _grammar(dialect: Dialect) -> _Grammar:
    if dialect == "postgresql":
        return _Grammar(lex, _pieces, read, _with_bodies, kind_of)
    from safemigrate.sql import sqlite  # who reads none does not wait for it

    return _Grammar(sqlite.lex, sqlite.pieces, sqlite.read, sqlite.together, sqlite.kind_of)


def _pieces(tokens: list[Token]) -> Iterator[tuple[list[Token], int]]:
    """Tokens by statement, and the offset where the statement's `;` ends.

    As psql does it (psqlscan.l): a `;` counts outside parentheses (CREATE RULE ... DO (a; b)) and outside the
    BEGIN ATOMIC body of a function or procedure. A command of psql ends what is before it. The rows that follow
    COPY ... FROM STDIN; belong to it.
    """
    piece: list[Token] = []
    parentheses = bodies = 0
    for token in tokens:
        word = token.word
        if word == ";" and parentheses <= 0 and not bodies:
            if piece:
                yield piece, token.end
            piece, parentheses = [], 0
            continue
        piece.append(token)
        if word == "(":
            parentheses += 1
        elif word == ")":
            parentheses -= 1
        elif word in ("BEGIN", "CASE", "END") and not parentheses and _makes_routine(piece):
            if word == "BEGIN" or (word == "CASE" and bodies):
                bodies += 1
            elif word == "END" and bodies:
                bodies -= 1
        elif word == "\\":
            yield piece, token.end
            piece, parentheses, bodies = [], 0, 0
    if piece:
        yield piece, piece[-1].end


# Functions that call functions that call functions, and no deeper: so that none has to be read without end.
_DEPTH = 3


def _with_bodies(statements: list[tuple[Action, ...]]) -> Iterator[tuple[Action, ...]]:
    """The actions of statements, those of a function's body where it is called that a statement before has made."""
    made: dict[str, CreateFunction] = {}
    for actions in statements:
        for action in actions:
            if isinstance(action, CreateFunction):
                made[action.name.name] = action
        yield tuple(_with_body(action, made, _DEPTH) for action in actions) if made else actions


def _with_body(action: Action, made: dict[str, CreateFunction], depth: int) -> Action:
    if isinstance(action, DoBlock):
        return replace(action, actions=tuple(_with_body(inner, made, depth) for inner in action.actions))
    if isinstance(action, Call) and depth and (function := made.get(action.function.name)):
        inside = tuple(_with_body(inner, made, depth - 1) for inner in function.actions)
        return replace(action, actions=(DoBlock(inside, dynamic=True),) if function.dynamic else inside, known=True)
    return action


def _makes_routine(piece: list[Token]) -> bool:
    words = [token.word for token in piece[:4]]
    return words[0] == "CREATE" and ("FUNCTION" in words or "PROCEDURE" in words)


def _comments(
    text: str, spans: list[tuple[int, int]], pieces: list[tuple[list[Token], int]], places: _Places
) -> dict[int, list[Comment]]:
    """Comments by the number of the statement they belong to."""
    stops = [stop for _piece, stop in pieces]
    found: dict[int, list[Comment]] = defaultdict(list)
    for start, end in spans:
        number = bisect_right(stops, start)
        if number and places.line(start) == places.line(stops[number - 1] - 1):
            behind = number == len(stops) or start < pieces[number][0][0].start
            number -= behind
        inside = text[start + 2 : end - 2 if text.startswith("/*", start) else end]
        found[min(number, len(stops) - 1)].append(Comment(inside.strip(), places.span(start, end)))
    return found


class _Places:
    """Offsets to lines and columns."""

    def __init__(self, text: str) -> None:
        # A byte order mark takes no column.
        self.starts = [int(text.startswith(_BOM)), *(found.end() for found in _LINE_END.finditer(text))]

    def line(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset), 1)

    def span(self, start: int, end: int) -> Span:
        line, end_line = self.line(start), self.line(end)
        column = start - self.starts[line - 1] + 1
        return Span(start, end, line, column, end_line, end - self.starts[end_line - 1] + 1)
