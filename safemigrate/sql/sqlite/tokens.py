"""SQLite's tokens, cut as its own tokenizer and sqlite3_complete() do (tokenize.c, complete.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.sql.tokens import Lexed, Token

# Atomic groups, so that a quote that is never closed ends nowhere instead of at the first half of a doubled one.
_NEXT = re.compile(
    r"""[ \t\n\r\f]*+(?:
    ((?![xX]')[^\x00-@\[-^`{-\x7f][^\x00-#%-/:-@\[-^`{-\x7f]*)
    | ([,();.=])
    | "((?>[^"]*(?:""[^"]*)*))"
    | `((?>[^`]*(?:``[^`]*)*))`
    | \[([^\]]*)\]
    | [xX]?'((?>[^']*(?:''[^']*)*))'
    | (0[xX]\w+ | \d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]+)? | \.\d[\d_]*(?:[eE][+-]?[\d_]+)? | \?\d* | [:@$\#]\w+)
    | (--[^\n]*)
    | (/\*(?s:.)*?(?:\*/|\Z))
    | (.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORD, _SYMBOL, _QUOTED, _TICKED, _BRACKETED, _STRING, _NUMBER, _LINE, _BLOCK, _ANY = range(1, 11)


def lex(text: str) -> Lexed:
    """Cut text into tokens, up to its end or to what never ends; a comment may stay open, and names are not folded."""
    tokens: list[Token] = []
    comments: list[tuple[int, int]] = []
    place = 0
    while found := _NEXT.match(text, place):
        kind = found.lastindex or _ANY
        start, end = found.span(kind)
        place = found.end()
        raw = found[kind]
        if kind == _WORD:
            token = Token(raw.upper(), raw, start, end, is_identifier=True)
        elif kind == _SYMBOL:
            token = Token(raw, raw, start, end)
        elif kind in (_QUOTED, _TICKED):
            token = Token("", raw.replace(text[end] * 2, text[end]), start - 1, place, is_identifier=True)
        elif kind == _BRACKETED:
            token = Token("", raw, start - 1, place, is_identifier=True)
        elif kind == _STRING:
            is_blob = text[start - 2 : start - 1] in ("x", "X") and found[0].lstrip()[0] in "xX"
            token = Token("", raw.replace("''", "'"), start - 1 - is_blob, place, is_string=True)
        elif kind == _NUMBER:
            token = Token("", raw, start, end)
        elif kind in (_LINE, _BLOCK):
            comments.append((start, place))
            continue
        elif raw in "'\"`[" or raw in "xX":  # a letter alone: the prefix of a blob
            return Lexed(tokens, comments, start)
        else:
            token = Token(raw, raw, start, end)
        tokens.append(token)
    return Lexed(tokens, comments, None)


def pieces(tokens: list[Token]) -> Iterator[tuple[list[Token], int]]:
    """Tokens by statement, and the offset where the statement's `;` ends; a trigger ends with `; END;`."""
    piece: list[Token] = []
    for token in tokens:
        if token.word == ";" and not (_makes_trigger(piece) and [one.word for one in piece[-2:]] != [";", "END"]):
            if piece:
                yield piece, token.end
            piece = []
        else:
            piece.append(token)
    if piece:
        yield piece, piece[-1].end


def _makes_trigger(piece: list[Token]) -> bool:
    words = [token.word for token in piece[:3]]
    return words[:1] == ["CREATE"] and (
        words[1:2] == ["TRIGGER"] or (words[1:2] in (["TEMP"], ["TEMPORARY"]) and words[2:] == ["TRIGGER"])
    )
