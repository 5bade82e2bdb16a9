"""PostgreSQL's tokens, by sqlglot's tokenizer.

Only the tokenizer is used. Its parser gives up on, or misreads, statements that matter here (`VALIDATE CONSTRAINT`,
`RENAME a TO b`, `DROP INDEX a, b`, any ALTER TABLE with one action it lacks), so `read` has a grammar of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from safemigrate.errors import NotSql

if TYPE_CHECKING:
    from sqlglot.tokens import Tokenizer


class Token(NamedTuple):
    """A token and where it stands: `start` and `end` are offsets, `end` exclusive.

    `word` is an unquoted word in upper case, or the symbol itself; "" for quoted identifiers, strings and numbers.
    `text` is what is meant: an identifier folded or unquoted, the inside of a string.
    """

    word: str
    text: str
    start: int
    end: int
    is_identifier: bool
    is_string: bool = False


def tokenize(text: str, source: str) -> list[Token]:
    """Cut text into tokens, comments left out.

    Raises NotSql, with the place, for what never ends: a string, a quoted identifier, a comment, a dollar quote.
    """
    from sqlglot.errors import TokenError

    tokenizer = _tokenizer()
    try:
        found = tokenizer.tokenize(text)
    except TokenError as error:
        end = tokenizer.tokens[-1].end + 1 if tokenizer.tokens else 0
        raise _not_sql(text, _first_after(text, end), source) from error
    names = _kinds()
    tokens = []
    for token in found:
        start, end = token.start, token.end + 1
        kind = names.get(token.token_type, "word")
        if kind == "word":
            raw = text[start:end]
            named = raw[0].isalpha() or raw[0] == "_" or raw[0] > "\x7f"
            tokens.append(Token(raw.upper(), _fold(raw), start, end, named))
        else:
            tokens.append(Token("", token.text, start, end, kind == "quoted", is_string=kind == "string"))
    return tokens


def _fold(word: str) -> str:
    # The server folds ASCII only in a multibyte encoding (PostgreSQL, downcase_truncate_identifier).
    return word.lower() if word.isascii() else "".join(c.lower() if c.isascii() else c for c in word)


@cache
def _tokenizer() -> Tokenizer:
    from sqlglot.dialects.postgres import Postgres

    class Words(Postgres.Tokenizer):
        # Keywords stay words ("GROUP BY" would be one token), and no statement is swallowed whole as a command.
        KEYWORDS: ClassVar = {key: kind for key, kind in Postgres.Tokenizer.KEYWORDS.items() if not key[0].isalpha()}
        COMMANDS: ClassVar = set()

    return Words()


@cache
def _kinds() -> dict[object, str]:
    from sqlglot.tokenizer_core import TokenType as T

    strings = (
        T.STRING,
        T.HEREDOC_STRING,
        T.BYTE_STRING,
        T.UNICODE_STRING,
        T.NATIONAL_STRING,
        T.BIT_STRING,
        T.HEX_STRING,
        T.RAW_STRING,
    )
    return {T.IDENTIFIER: "quoted", T.NUMBER: "number", **dict.fromkeys(strings, "string")}


def comment_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the comments in a gap between two tokens, where nothing else but white space can be."""
    found = []
    place = start
    while place < end:
        if text.startswith("--", place):
            stop = min((i for i in (text.find("\n", place, end), text.find("\r", place, end)) if i >= 0), default=end)
        elif text.startswith("/*", place):
            stop = _block_end(text, place, end)
        else:
            place += 1
            continue
        found.append((place, stop))
        place = stop
    return found


def _block_end(text: str, start: int, end: int) -> int:
    depth, place = 0, start
    while place < end:
        if text.startswith("/*", place):
            depth, place = depth + 1, place + 2
        elif text.startswith("*/", place):
            depth, place = depth - 1, place + 2
            if not depth:
                return place
        else:
            place += 1
    return end


def _first_after(text: str, place: int) -> int:
    for start, stop in comment_spans(text, place, len(text)):
        if text[place:start].strip():
            break
        if stop == len(text) and text.startswith("/*", start) and not text.endswith("*/"):
            return start
        place = stop
    rest = text[place:]
    return place + len(rest) - len(rest.lstrip("\ufeff \t\r\n\f\v"))


def _not_sql(text: str, place: int, source: str) -> NotSql:
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    opening = text[place : place + 20].split("\n")[0]
    what = {"'": "string", '"': "quoted identifier", "/": "comment", "$": "dollar-quoted text"}.get(opening[:1], "text")
    return NotSql(
        f"{source}: line {line}, column {column}: this {what} is never closed: {opening}",
        "Nothing behind it can be read, so the file is not read at all.",
        (f"edit {source}",),
        line=line,
        column=column,
    )
