"""Allow comments: `-- safemigrate: allow drop-column nobody has read it since June`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from safemigrate.model import Finding, Span
from safemigrate.model.value import dataclass
from safemigrate.sql import Comment, Statement

# At the start of a comment or of a line in it, where people also put an asterisk.
_ALLOW = re.compile(r"^[\s*]*safemigrate\s*:\s*allow\b", re.MULTILINE)
_RULES = re.compile(r"\s*(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)?(?P<reason>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Allow:
    """What a comment allows. `reach` is the span of its statement, or None for the whole file."""

    rule: str
    reason: str
    span: Span
    reach: Span | None

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is what the comment speaks of."""
        return finding.rule == self.rule and (self.reach is None or self.reach == finding.span)


def allows(statements: Sequence[Statement]) -> list[Allow]:
    """Every allow comment of a file; one that lists several rules counts once for each.

    One above, in or behind a statement is for that statement. One before the first statement, with an empty line
    between, is for the file.
    """
    found = []
    for number, statement in enumerate(statements):
        for place, comment in enumerate(statement.comments):
            for rule, reason in _read(comment.text):
                whole_file = number == 0 and _stands_apart(statement, place)
                found.append(Allow(rule, reason, comment.span, None if whole_file else statement.span))
    return found


def _read(text: str) -> Iterator[tuple[str, str]]:
    for said in _ALLOW.split(text)[1:]:
        match = _RULES.match(said)
        assert match  # it matches anything
        reason = " ".join(match["reason"].replace("\n *", "\n").split()).lstrip(":,-–— ")
        for rule in (match["rules"] or "").split(","):
            yield rule.strip(), reason


def _stands_apart(statement: Statement, place: int) -> bool:
    below: list[Comment] = [c for c in statement.comments[place:] if c.span.end <= statement.span.start]
    lines = [*(comment.span for comment in below), statement.span]
    return bool(below) and any(lower.line - upper.end_line > 1 for upper, lower in pairwise(lines))


def apply(findings: Sequence[Finding], allowed: Sequence[Allow]) -> list[Finding]:
    """The findings, with the reasons of the comments that allow them."""
    return [
        replace(finding, allowed=next((a.reason for a in allowed if a.reason and a.covers(finding)), ""))
        for finding in findings
    ]
