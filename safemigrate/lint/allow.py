"""Allow comments: `-- safemigrate: allow drop-column nobody has read it since June`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from safemigrate.model import Finding, Severity, Span
from safemigrate.sql import Comment, Statement

UNUSED = "unused-allow"
_ALLOW = re.compile(r"\s*safemigrate\s*:\s*allow\b[ \t]*(?P<rule>\S*)[ \t]*(?P<reason>.*)")


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
    """Every allow comment of a file.

    One above, in or behind a statement is for that statement. One before the first statement, with an empty line
    between, is for the file.
    """
    found = []
    for number, statement in enumerate(statements):
        for place, comment in enumerate(statement.comments):
            match = _ALLOW.match(comment.text)
            if match:
                whole_file = number == 0 and _stands_apart(statement, place)
                reach = None if whole_file else statement.span
                found.append(Allow(match["rule"], match["reason"].strip(), comment.span, reach))
    return found


def _stands_apart(statement: Statement, place: int) -> bool:
    below: list[Comment] = [c for c in statement.comments[place:] if c.span.end <= statement.span.start]
    lines = [*(comment.span for comment in below), statement.span]
    return any(lower.line - upper.end_line > 1 for upper, lower in pairwise(lines))


def apply(findings: Sequence[Finding], allowed: Sequence[Allow]) -> list[Finding]:
    """The findings, with the reasons of the comments that allow them."""
    return [
        replace(finding, allowed=next((a.reason for a in allowed if a.reason and a.covers(finding)), ""))
        for finding in findings
    ]


def unused(
    allowed: Sequence[Allow], findings: Sequence[Finding], known: Sequence[str], migration: str
) -> list[Finding]:
    """A finding for every comment that allows nothing, has no reason, or names no rule."""
    found = []
    for allow in allowed:
        if allow.rule not in known:
            message = f"allows {allow.rule or 'nothing'}, which is no rule"
            way_out = f"rules: {', '.join(known)}"
        elif not allow.reason:
            message = f"allows {allow.rule} without a reason, so it does not count"
            way_out = f"-- safemigrate: allow {allow.rule} why it is all right here"
        elif not any(allow.covers(finding) for finding in findings):
            message = f"allows {allow.rule}, which does not occur here"
            way_out = "remove the comment"
        else:
            continue
        found.append(Finding(UNUSED, Severity.WARNING, message, migration, allow.span, allow.rule, way_out))
    return found
