"""Findings as annotations: GitHub Actions reads them from a job's output and shows them at the line."""

from __future__ import annotations

import posixpath

from safemigrate.errors import SafemigrateError
from safemigrate.model import Finding, Outcome


def render(outcome: Outcome, folder: str = "") -> str:
    """One line for each finding that no comment allows, and for each file that could not be read.

    `folder` is where paths begin, as seen from the top of the repository.
    """
    lines = []
    for migration in outcome.migrations:
        path = posixpath.normpath(posixpath.join(folder, migration.path)) if migration.path else ""
        lines += [_finding(path, finding) for finding in migration.findings if not finding.allowed]
        if migration.state == "unreadable":
            lines.append(_line("error", "cannot be read", migration.detail, file=path))
    return "".join(f"{line}\n" for line in lines)


def render_error(error: SafemigrateError) -> str:
    """One line for what stopped the command."""
    return _line("error", error.summary, "\n".join((error.why, *error.fix)).strip() or error.summary) + "\n"


def _finding(path: str, finding: Finding) -> str:
    message = "\n".join(part for part in (finding.message, finding.help) if part)
    place: dict[str, str | int] = {"file": path} if path else {}
    if finding.span and path:
        place |= {"line": finding.span.line, "endLine": finding.span.end_line}
    return _line(finding.severity, finding.rule, message, **place)


def _line(level: str, title: str, message: str, **place: str | int) -> str:
    # toolkit/packages/core/src/command.ts: what the runner unescapes, and in properties `:` and `,` too.
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in {**place, "title": title}.items())
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
