"""Where a finding is shown: an ALTER TABLE may have many actions, each on a line of its own."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.model import Finding


def line_of(finding: Finding, lines: Sequence[str]) -> int:
    """The first line of the statement that names what the finding speaks of, of a file's `lines`; 0 without a place."""
    span = finding.span
    if span is None:
        return 0
    name = finding.subject.rpartition(".")[2].strip('"')
    within = range(span.line, min(span.end_line, len(lines)) + 1)
    return next((number for number in within if name and name in lines[number - 1]), span.line)


def place_of(finding: Finding) -> str:
    """The file and line of a finding that names its own file, "" for any other."""
    if not finding.path:
        return ""
    return f"{finding.path}:{finding.span.line}" if finding.span else finding.path
