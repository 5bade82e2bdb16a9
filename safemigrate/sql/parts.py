"""Where the pieces of a statement stand in its file, for whoever edits it."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.model.value import dataclass
from safemigrate.sql.actions import Action
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.statement import Statement
from safemigrate.sql.tokens import Token, lex


@dataclass(frozen=True, slots=True)
class Part:
    """One action of an ALTER TABLE; `start` and `end` are offsets in the file."""

    action: Action
    start: int
    end: int
    tokens: tuple[Token, ...]


def parts(statement: Statement) -> list[Part]:
    """The actions of an ALTER TABLE as they are written; none of any other statement."""
    if statement.kind != "ALTER TABLE":
        return []
    cursor = Cursor(_tokens(statement), statement.sql)
    cursor.need("ALTER", "TABLE")
    cursor.take("IF", "EXISTS")
    cursor.table()
    pieces = [piece.tokens for piece in cursor.by_commas()]
    return [
        Part(action, piece[0].start, piece[-1].end, tuple(piece))
        for action, piece in zip(statement.actions, pieces, strict=True)
    ]


def word(statement: Statement, *words: str) -> Token | None:
    """The first of these unquoted words in a statement, with its offsets in the file."""
    return next((token for token in _tokens(statement) if token.word in words), None)


def _tokens(statement: Statement) -> list[Token]:
    start = statement.span.start
    return [replace(token, start=token.start + start, end=token.end + start) for token in lex(statement.sql).tokens]
