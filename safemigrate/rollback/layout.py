"""Long lines of SQL broken where a person would break them. Only white space between tokens changes."""

from __future__ import annotations

from textwrap import indent

from safemigrate.errors import NotSql
from safemigrate.sql.tokens import Token, tokenize

WIDTH = 110
# A clause that starts with one of these may start a line.
_CLAUSES = "AND OR FROM WHERE USING WHEN THEN ELSE JOIN LEFT UNION ON REFERENCES CHECK SELECT INCLUDE"
_BEFORE = frozenset(_CLAUSES.split(" "))


def laid_out(sql: str) -> str:
    """Break every line longer than WIDTH before a clause or behind a comma, as far out of parentheses as can be.

    Text that cannot be read as SQL stays as it is, and so does a line with nowhere to break.
    """
    if all(len(line) <= WIDTH for line in sql.split("\n")):
        return sql
    try:
        tokens = tokenize(sql, "the inverse")
    except NotSql:
        return sql
    places = _places(sql, tokens)
    inside = [(token.start, token.end) for token in tokens if "\n" in sql[token.start : token.end]]
    lines: list[str] = []
    start = 0
    for line in sql.split("\n"):
        end = start + len(line)
        if len(line) > WIDTH and not any(first < end and start < last for first, last in inside):
            lines += _broken(line, [(at - start, depth) for at, depth in places if start < at < end])
        else:
            lines.append(line)
        start = end + 1
    return "\n".join(lines)


def indented(sql: str) -> str:
    """Indent every line, unless a string or a name goes over several: they would no longer be the same."""
    try:
        several = any("\n" in sql[token.start : token.end] for token in tokenize(sql, "the inverse"))
    except NotSql:
        return sql
    return sql if several else indent(sql, "    ")


def _places(sql: str, tokens: list[Token]) -> list[tuple[int, int]]:
    """Where a line may be broken, as the offset of the token that begins the next, and how deep it is nested."""
    found: list[tuple[int, int]] = []
    depth = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.word in (")", "]", "END"):
            depth -= 1
        if before and sql[before.end : token.start].isspace() and (before.word == "," or token.word in _BEFORE):
            found.append((token.start, depth))
        if token.word in ("(", "[", "CASE"):
            depth += 1
    return found


def _broken(line: str, places: list[tuple[int, int]]) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    deeper = f"{indent}    "
    lines: list[str] = []
    start = 0
    while len(line) - start + (len(deeper) if lines else 0) > WIDTH:
        end = start + WIDTH - (len(deeper) if lines else 0)
        ahead = [one for one in places if one[0] > start + len(deeper)]
        reach = [one for one in ahead if one[0] <= end]
        if not ahead:
            break
        at, _ = min(reach, key=lambda one: (one[1], -one[0])) if reach else ahead[0]
        lines.append((deeper if lines else "") + line[start:at].rstrip())
        start = at
    return [*lines, (deeper if lines else "") + line[start:]]
