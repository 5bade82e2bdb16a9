"""SQL that was written for another database, told by what only that one has."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from safemigrate.sql.tokens import Token, lex

_WORDS = {
    "`": "MySQL",
    "@": "MySQL",  # a variable; PostgreSQL has an operator of that name, which is understood
    "AUTO_INCREMENT": "MySQL",
    "AUTOINCREMENT": "SQLite",
    "PRAGMA": "SQLite",
    "NVARCHAR": "SQL Server",
    "DATETIME2": "SQL Server",
}
_PAIRS = {("ENGINE", "="): "MySQL", ("CHARACTER", "SET"): "MySQL", ("IDENTITY", "("): "SQL Server"}


def dialect(tokens: list[Token]) -> str:
    """Whose SQL a statement is that is not PostgreSQL's; "" where nothing tells."""
    if tokens[0].word == "GO" and len(tokens) == 1:
        return "SQL Server"
    for before, token in pairwise([replace(tokens[0], word=""), *tokens]):
        found = _WORDS.get(token.word) or _PAIRS.get((before.word, token.word))
        if token.word == "[" and not (before.is_identifier or before.word in ("]", ")")):
            found = "SQL Server"
        if found:
            return found
    return ""


def sign_of_sqlite(text: str) -> str:
    """Return what is in a file that only SQLite has, "" where nothing is: DATETIME is a type of MySQL's, too."""
    tokens = lex(text).tokens
    words = {token.word for token in tokens}
    if "`" in words or "AUTO_INCREMENT" in words:
        return ""
    for before, token in pairwise([Token(";", ";", 0, 0), *tokens]):
        starts, typed = before.word == ";", before.is_identifier
        if token.word == "AUTOINCREMENT" or (token.word == "PRAGMA" and starts) or (token.word == "DATETIME" and typed):
            return token.word
    return ""
