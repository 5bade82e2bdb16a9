"""A file of SQL into its statements."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from safemigrate.model import Span
from safemigrate.sql.read import kind_of, read
from safemigrate.sql.statement import Comment, Statement
from safemigrate.sql.tokens import Token, comment_spans, tokenize

_BOM = "\ufeff"


def split(text: str, source: str = "migration.sql") -> list[Statement]:
    """Split SQL into statements where psql would, each with its place, its comments and what it does.

    A file of comments has no statements. Raises NotSql, naming `source`, where something is never closed.
    """
    readable = text.replace(_BOM, " ", 1) if text.startswith(_BOM) else text  # the same offsets
    tokens = tokenize(readable, source)
    pieces = list(_pieces(tokens))
    places = _Places(text)
    comments = _comments(readable, tokens, pieces, places)
    return [
        Statement(
            sql=text[piece[0].start : piece[-1].end],
            span=places.span(piece[0].start, piece[-1].end),
            kind=kind_of(piece, readable),
            comments=tuple(comments[number]),
            actions=read(piece, readable),
        )
        for number, (piece, _stop) in enumerate(pieces)
    ]


def _pieces(tokens: list[Token]) -> Iterator[tuple[list[Token], int]]:
    """Tokens by statement, and the offset where the statement's `;` ends.

    As psql does it (psqlscan.l): a `;` counts outside parentheses (CREATE RULE ... DO (a; b)) and outside the
    BEGIN ATOMIC body of a function or procedure.
    """
    piece: list[Token] = []
    parentheses = bodies = 0
    for token in tokens:
        if token.word == ";" and parentheses <= 0 and not bodies:
            if piece:
                yield piece, token.end
            piece, parentheses = [], 0
            continue
        piece.append(token)
        if token.word == "(":
            parentheses += 1
        elif token.word == ")":
            parentheses -= 1
        elif token.word in ("BEGIN", "CASE", "END") and not parentheses and _makes_routine(piece):
            if token.word == "BEGIN" or (token.word == "CASE" and bodies):
                bodies += 1
            elif token.word == "END" and bodies:
                bodies -= 1
    if piece:
        yield piece, piece[-1].end


def _makes_routine(piece: list[Token]) -> bool:
    words = [token.word for token in piece[:4]]
    return words[0] == "CREATE" and ("FUNCTION" in words or "PROCEDURE" in words)


def _comments(
    text: str, tokens: list[Token], pieces: list[tuple[list[Token], int]], places: _Places
) -> dict[int, list[Comment]]:
    """Comments by the number of the statement they belong to."""
    stops = [stop for _piece, stop in pieces]
    found: dict[int, list[Comment]] = defaultdict(list)
    ends = [0, *(token.end for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    for gap_start, gap_end in zip(ends, starts, strict=True):
        for start, end in comment_spans(text, gap_start, gap_end):
            number = bisect_right(stops, start)
            if number and places.line(start) == places.line(stops[number - 1] - 1):
                behind = number == len(stops) or start < pieces[number][0][0].start
                number -= behind
            span = places.span(start, end)
            inside = text[start + 2 : end - 2 if text.startswith("/*", start) else end]
            found[min(number, len(stops) - 1)].append(Comment(inside.strip(), span))
    return found


class _Places:
    """Offsets to lines and columns."""

    def __init__(self, text: str) -> None:
        # A byte order mark takes no column.
        self.starts = [int(text.startswith(_BOM)), *(i + 1 for i, character in enumerate(text) if character == "\n")]

    def line(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset), 1)

    def span(self, start: int, end: int) -> Span:
        line, end_line = self.line(start), self.line(end)
        column = start - self.starts[line - 1] + 1
        return Span(start, end, line, column, end_line, end - self.starts[end_line - 1] + 1)
