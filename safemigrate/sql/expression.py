"""What an expression in SQL calls, and whether a condition is one, without asking a server."""

from __future__ import annotations

from safemigrate.errors import NotSql
from safemigrate.sql.tokens import tokenize

# Words that may stand before a parenthesis and call nothing. PostgreSQL docs, 4.2 and appendix C.
_NO_CALLS = frozenset(
    "ALL AND ANY ARRAY AS BETWEEN CASE COLLATE CROSS DISTINCT ELSE EXISTS FILTER FROM GROUP HAVING ILIKE IN IS JOIN LIKE "  # noqa: SIM905, E501
    "NOT NULL ON OR ORDER OVER ROW SELECT SIMILAR SOME THEN UNION USING VALUES VARYING WHEN WHERE WITHIN".split()
)
_OF_CONSTANTS = frozenset(("TRUE", "FALSE", "NOT", "AND", "OR", "IS"))


def always_holds(condition: str) -> bool:
    """Whether a condition is true of every row, as sqlglot simplifies it: `1 = 1`, `id = 3 OR true`.

    What sqlglot cannot decide is taken for a condition.
    """
    try:
        words = [token.word for token in tokenize(condition, "condition") if token.is_identifier]
    except NotSql:
        return False
    if "OR" not in words and not _OF_CONSTANTS.issuperset(words):
        return False  # sqlglot takes longer to import than a history to read
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.simplify import simplify

    try:
        simplified = simplify(parse_one(condition, read="postgres"))
    except (SqlglotError, RecursionError):
        return False
    return isinstance(simplified, exp.Boolean) and bool(simplified.this)


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
