"""Findings as annotations: GitHub Actions reads them from a job's output and shows them at the line."""

from __future__ import annotations

from safemigrate.errors import SafemigrateError
from safemigrate.model import Outcome, Severity
from safemigrate.report import CONTROL
from safemigrate.report.told import Told, told
from safemigrate.report.words import many, rank

# docs.github.com, "Workflow commands": what a step annotates beyond ten of a kind is dropped, silently.
LIMIT = 10


def render(outcome: Outcome, folder: str = "") -> str:
    """One line for each finding that no comment allows, the worst first; the tenth of a kind says how many more.

    `folder` is where paths begin, as seen from the top of the repository.
    """
    found = [one for one in told(outcome, folder) if not one.finding.allowed]
    worst = sorted(found, key=lambda one: rank(one.finding))
    lines = []
    for severity in Severity:
        mine = [one for one in worst if one.finding.severity is severity]
        shown = mine if len(mine) <= LIMIT else mine[: LIMIT - 1]
        lines += [_annotation(one) for one in shown]
        if rest := len(mine) - len(shown):
            more = f"{many(rest, severity)} more than GitHub shows at once; the job's output has them all"
            lines.append(_line(severity, f"and {rest:,} more", more))
    return "".join(f"{line}\n" for line in lines)


def render_error(_command: str, error: SafemigrateError) -> str:
    """One line for what stopped the command."""
    return _line("error", error.summary, "\n".join((error.why, *error.fix)).strip() or error.summary) + "\n"


def _annotation(one: Told) -> str:
    finding = one.finding
    message = "\n".join(part for part in (finding.message, finding.help, finding.edit) if part)
    place: dict[str, str | int] = {"file": one.path} if one.path else {}
    if one.line and one.path:
        place |= {"line": one.line, "endLine": one.line}  # it is shown below the last, which may be another action's
    return _line(finding.severity, finding.rule, message, **place)


def _line(level: str, title: str, message: str, **place: str | int) -> str:
    # toolkit/packages/core/src/command.ts: what the runner unescapes, and in properties `:` and `,` too.
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in {**place, "title": title}.items())
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.translate(CONTROL).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
