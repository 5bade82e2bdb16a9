"""The text of a CREATE statement, cut into tokens, and a table's into its columns and constraints.

Nearly all of a table is in PRAGMAs; a column's collation, a generated column's expression and a CHECK are only here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple


class Token(NamedTuple):
    """`word` is an unquoted word in upper case or a symbol, "" for what is quoted; `text` is what is meant."""

    word: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A CREATE TABLE. A column's tokens are those behind its name; `options` what is behind the closing bracket."""

    columns: dict[str, tuple[Token, ...]]
    constraints: tuple[tuple[Token, ...], ...]
    options: tuple[Token, ...]


# sqlite.org/lang_keywords.html for the four ways to quote, tokenize.c for the rest. An open comment runs to the end.
_TOKEN = re.compile(
    r"""\s+ | --[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<blob>[xX]'[0-9a-fA-F]*')
    | '(?P<string>(?:[^']|'')*)' | "(?P<double>(?:[^"]|"")*)" | `(?P<back>(?:[^`]|``)*)` | \[(?P<bracket>[^\]]*)\]
    | (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)? | 0[xX][0-9a-fA-F]+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<symbol>\|\| | ->>? | << | >> | <= | >= | <> | == | != | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_CONSTRAINTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}


def tokens(sql: str) -> list[Token]:
    """Cut a text; whitespace, comments and the kind of quotes around a name are no part of a token."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind is None:
            continue
        text = match[kind]
        if kind in {"double", "back"}:
            text = text.replace(match[0][0] * 2, match[0][0])
        # A string keeps its quotes, so that it never equals a name.
        found.append(
            Token(
                text.upper() if kind in {"word", "symbol"} else "",
                match[0] if kind in {"string", "blob"} else text,
                *match.span(),
            )
        )
    return found


@lru_cache(maxsize=1024)  # a file is read after every statement, and nearly all of it is as it was
def definition(sql: str) -> Definition:
    """Read a CREATE TABLE as SQLite stores it, which is complete and well formed."""
    all_tokens = tokens(sql)
    opening = next((at for at, token in enumerate(all_tokens) if token.word == "("), len(all_tokens))
    body, end = _bracketed(all_tokens, opening)
    columns: dict[str, tuple[Token, ...]] = {}
    constraints = []
    for part in _parts(body):
        if part[0].word in _CONSTRAINTS:
            constraints.append(tuple(part))
        else:
            columns[_name(part[0])] = tuple(part[1:])
    return Definition(columns, tuple(constraints), tuple(all_tokens[end:]))


def outermost(part: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Give the tokens outside of all brackets, the opening ones too, each with its place."""
    depth = 0
    for at, token in enumerate(part):
        depth -= token.word == ")"
        if depth == 0:
            yield at, token
        depth += token.word == "("


def collation(column: Sequence[Token]) -> str:
    """Return a column's collating sequence, BINARY where none is named."""
    named = (column[at + 1].text for at, token in outermost(column) if token.word == "COLLATE")
    return next((name.strip("'") for name in named), "BINARY")


def generated(sql: str, column: Sequence[Token]) -> str:
    """Return a generated column's expression as written, "" for another column."""
    for at, token in outermost(column):
        if token.word == "AS" and at + 1 < len(column) and column[at + 1].word == "(":
            _, end = _bracketed(column, at + 1)
            return sql[column[at + 1].end : column[end - 1].start].strip()
    return ""


def checks(sql: str, part: Sequence[Token]) -> list[str]:
    """Return the expressions of the CHECKs of a column or of a table's constraint, as written."""
    found = []
    for at, token in outermost(part):
        if token.word == "CHECK" and at + 1 < len(part) and part[at + 1].word == "(":
            _, end = _bracketed(part, at + 1)
            found.append(sql[part[at + 1].end : part[end - 1].start].strip())
    return found


@lru_cache(maxsize=1024)
def condition(sql: str) -> str:
    """Return the WHERE of a CREATE INDEX, "" without one."""
    for _, token in outermost(tokens(sql)):
        if token.word == "WHERE":
            return sql[token.end :].strip()
    return ""


def _bracketed(part: Sequence[Token], opening: int) -> tuple[list[Token], int]:
    """Return what is inside the bracket that opens at a place, and the place behind the closing one."""
    depth = 0
    for at in range(opening, len(part)):
        depth += (part[at].word == "(") - (part[at].word == ")")
        if depth == 0:
            return list(part[opening + 1 : at]), at + 1
    return list(part[opening + 1 :]), len(part)


def _parts(body: Sequence[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    commas = {at for at, token in outermost(body) if token.word == ","}
    for at, token in enumerate(body):
        if at in commas:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _name(token: Token) -> str:
    if token.text.startswith("'"):  # SQLite takes a string for a name
        return token.text[1:-1].replace("''", "'")
    return token.text
