"""PostgreSQL's tokens, cut as its own lexer and psql's do (scan.l, psqlscan.l).

A lexer of our own: sqlglot's takes longer to import than a whole history takes to read, and does not know psql's
commands, COPY's inline rows or where reading stopped.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from typing import NamedTuple

from safemigrate.errors import NotSql, word
from safemigrate.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands: `start` and `end` are offsets, `end` exclusive.

    `word` is an unquoted word in upper case, or the symbol itself; "" for quoted identifiers, strings and numbers.
    `text` is what is meant: an identifier folded or unquoted, the inside of a string.
    A command of psql is one token with `\\` for its word, and so are the `;` and rows of COPY ... FROM STDIN.
    """

    word: str
    text: str
    start: int
    end: int
    is_identifier: bool = False
    is_string: bool = False


class Lexed(NamedTuple):
    """A text's tokens, the spans of its comments, and where something begins that never ends, or None."""

    tokens: list[Token]
    comments: list[tuple[int, int]]
    unclosed: int | None


# What a word begins with and goes on with; told by what it is not, which compiles in no time.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"  # ASCII letters, _ and all that is not ASCII
_REST = r"[^\x00-#%-/:-@\[-^`{-\x7f]"  # also digits and $
# Atomic groups, so that a quote that is never closed ends nowhere instead of at the first half of a doubled one.
_NEXT = re.compile(
    rf"""[ \t\n\r\f\v]*+(?:
    ((?![eEbBxXnN]'|[uU]&['"]){_FIRST}{_REST}*)
    | ([,();.=\[\]] | ::?=?)
    | ([uU]&)?"((?>[^"]*(?:""[^"]*)*))"
    | ([bBxXnN]|[uU]&)?'((?>[^']*(?:''[^']*)*))'
    | (\d(?:\w|\.(?!\.))*(?:(?<=[eE])[+-]\d+)? | \.\d\w* | \$\d+)
    | (\$(?:{_FIRST}(?:(?!\$){_REST})*)?\$)
    | (--[^\n\r]*)
    | (/\*)
    | [eE]'((?>[^'\\]*(?:(?:\\.|'')[^'\\]*)*))'
    | (\\[^\n\r]*)
    | (.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORD, _SYMBOL, _, _QUOTED, _, _STRING, _NUMBER, _DOLLAR, _LINE, _BLOCK, _ESCAPED, _PSQL, _ANY = range(1, 14)
_DELIMITER = re.compile(r"/\*|\*/")
_END_OF_ROWS = re.compile(r"(?<=\n)\\\.(?=\r?\n|\Z)")
_END_OF_LINE = re.compile(r"[ \t]*\r?\n")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def lex(text: str) -> Lexed:
    """Cut text into tokens, up to its end or to what never ends: a string, an identifier, a comment, a dollar quote."""
    tokens: list[Token] = []
    comments: list[tuple[int, int]] = []
    place = first = 0
    ends_of_rows: list[int] | None = None
    while found := _NEXT.match(text, place):
        kind = found.lastindex or _ANY
        start, end = found.span(kind)
        place = found.end()
        raw = found[kind]
        if kind == _WORD:
            token = Token(raw.upper(), raw.lower() if raw.isascii() else _folded(raw), start, end, is_identifier=True)
        elif kind == _SYMBOL:
            token = Token(raw, raw, start, end)
        elif kind in (_QUOTED, _STRING):
            quote = text[end]
            start = found.start(kind - 1) if found[kind - 1] else start - 1
            token = Token("", raw.replace(quote * 2, quote), start, place, quote == '"', quote == "'")
        elif kind == _NUMBER:
            token = Token("", raw, start, end)
        elif kind == _DOLLAR:
            stop = text.find(raw, end)
            if stop < 0:
                return Lexed(tokens, comments, start)
            place = stop + len(raw)
            token = Token("", text[end:stop], start, place, is_string=True)
        elif kind in (_LINE, _BLOCK):
            place = end if kind == _LINE else _comment_end(text, end)
            if not place:
                return Lexed(tokens, comments, start)
            comments.append((start, place))
            continue
        elif kind == _ESCAPED:
            inside = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), raw.replace("''", "'"))
            token = Token("", inside, start - 2, place, is_string=True)
        elif kind == _PSQL:
            token = Token("\\", raw.rstrip(), start, start + len(raw.rstrip()))
        elif raw in "'\"" or raw.isalpha():  # a letter alone: the prefix of a string
            return Lexed(tokens, comments, start)
        else:
            token = Token(raw, raw, start, end)
        tokens.append(token)
        if raw == ";":
            if _copies_from_client(tokens, first) and (line := _END_OF_LINE.match(text, place)):
                if ends_of_rows is None:
                    ends_of_rows = [end.end() for end in _END_OF_ROWS.finditer(text)]
                behind = bisect_right(ends_of_rows, line.end())
                if behind < len(ends_of_rows):
                    place = ends_of_rows[behind]
                    tokens[-1] = Token("\\", text[end:place], start, place)
            first = len(tokens)
    return Lexed(tokens, comments, None)


def _comment_end(text: str, place: int) -> int:
    """Behind the comment whose inside begins here; 0 where it never ends. Comments nest."""
    depth = 1
    while found := _DELIMITER.search(text, place):
        depth += 1 if found[0] == "/*" else -1
        place = found.end()
        if not depth:
            return place
    return 0


def _copies_from_client(tokens: list[Token], first: int) -> bool:
    words = [token.word for token in tokens[first:]] if tokens[first].word == "COPY" else []
    return any(pair == ("FROM", "STDIN") for pair in pairwise(words))


def tokenize(text: str, source: str) -> list[Token]:
    """Cut text into tokens, comments left out; raises NotSql, with the place, for what never ends."""
    found = lex(text)
    if found.unclosed is not None:
        raise not_sql(text, found.unclosed, source)
    return found.tokens


def _folded(word: str) -> str:
    # The server folds ASCII only in a multibyte encoding (PostgreSQL, downcase_truncate_identifier).
    return word.lower() if word.isascii() else "".join(c.lower() if c.isascii() else c for c in word)


def not_sql(text: str, place: int, source: str) -> NotSql:
    """The error for what begins at a place and never ends."""
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    column -= line == 1 and text.startswith("\ufeff")  # a byte order mark takes no column
    opening = text[place : place + 20].split("\n")[0]
    return NotSql(
        f"{source}: line {line}, column {column}: this {unclosed_kind(text, place)} is never closed: {opening}",
        "Nothing behind it can be read, so the file is not read at all.",
        (f"edit {word(source)}",),
        line=line,
        column=column,
    )


def unclosed_kind(text: str, place: int) -> str:
    """What begins at a place and never ends."""
    opening = text[place : place + 3]
    kinds = {"/": "comment", "$": "dollar-quoted text", **dict.fromkeys('"`[', "quoted identifier")}
    return kinds.get(opening[0]) or ("quoted identifier" if opening.endswith('&"') else "string")
