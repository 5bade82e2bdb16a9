"""What an expression in SQL calls, and whether a condition is one, without asking a server."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from safemigrate.errors import NotSql
from safemigrate.sql.tokens import Token, tokenize

# Words that may stand before a parenthesis and call nothing. PostgreSQL docs, 4.2 and appendix C.
_NO_CALLS = frozenset(
    "ALL AND ANY ARRAY AS BETWEEN CASE COLLATE CROSS DISTINCT ELSE EXISTS FILTER FROM GROUP HAVING ILIKE IN IS JOIN LIKE "  # noqa: SIM905, E501
    "NOT NULL ON OR ORDER OVER ROW SELECT SIMILAR SOME THEN UNION USING VALUES VARYING WHEN WHERE WITHIN".split()
)
_NO_TOKEN = Token("", "", 0, 0)
_OF_CONSTANTS = frozenset(("TRUE", "FALSE", "NOT", "AND", "OR", "IS"))


def always_holds(condition: str) -> bool:
    """Whether a condition is true of every row, as sqlglot simplifies it: `1 = 1`, `id = 3 OR true`.

    What sqlglot cannot decide is taken for a condition.
    """
    try:
        tokens = tokenize(condition, "condition")
    except NotSql:
        return False
    parts = list(_by_or(tokens))
    if not any(_is_constant(part) or (len(parts) > 1 and _denies(part)) for part in parts):
        return False  # sqlglot takes longer to import than a history to read
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.simplify import simplify

    try:
        simplified = simplify(parse_one(condition, read="postgres"))
    except (SqlglotError, RecursionError):
        return False
    return isinstance(simplified, exp.Boolean) and bool(simplified.this)


def _by_or(tokens: list[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token.word == "OR":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _is_constant(part: list[Token]) -> bool:
    return all(token.word in _OF_CONSTANTS for token in part if token.is_identifier)


def _denies(part: list[Token]) -> bool:
    """Whether it may be the opposite of another: NOT, but for IS NOT."""
    return any(token.word == "NOT" and before.word != "IS" for before, token in pairwise([_NO_TOKEN, *part]))


@lru_cache(maxsize=1024)  # the same few defaults stand in a whole history
def called(expression: str) -> frozenset[str]:
    """The names of the functions that an expression calls, without their schemas; types of casts are none."""
    try:
        tokens = tokenize(expression, "expression")
    except NotSql:
        return frozenset({""})  # half an expression: whatever it calls
    found = set()
    is_type = False
    for place, token in enumerate(tokens):
        if token.word != ".":
            before = tokens[place - 1].word if place else ""
            is_type = before in ("::", "AS") or (before == "." and is_type)
        calls = token.is_identifier and not is_type and token.word not in _NO_CALLS
        if calls and place + 1 < len(tokens) and tokens[place + 1].word == "(":
            found.add(token.text)
    return frozenset(found)
