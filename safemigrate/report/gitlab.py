"""Findings for GitLab's code quality report, which a merge request shows beside the changed lines."""

from __future__ import annotations

import json
from typing import Any

from safemigrate.errors import SafemigrateError
from safemigrate.model import Finding, Outcome, Severity
from safemigrate.report.told import FAILED, Told, told

# docs.gitlab.com, "Code Quality report format": info, minor, major, critical, blocker.
_SEVERITY = {Severity.ERROR: "blocker", Severity.WARNING: "major", Severity.NOTICE: "info"}


def render(outcome: Outcome, folder: str = "") -> str:
    """Write every finding that no comment allows; one of no file stands at the repository's top."""
    return _document([_issue(one) for one in told(outcome, folder) if not one.finding.allowed])


def render_error(command: str, error: SafemigrateError) -> str:
    """Write what stopped the command: an empty report would say that all is well."""
    words = " ".join(part for part in (error.summary, error.why) if part)
    return _document([_issue(Told(Finding(FAILED, Severity.ERROR, words, ""), "", f"{FAILED}-{command}"))])


def _issue(one: Told) -> dict[str, Any]:
    return {
        "description": _words(one.finding),
        "check_name": one.finding.rule,
        "fingerprint": one.fingerprint,
        "severity": _SEVERITY[one.finding.severity],
        "location": {"path": one.path or ".", "lines": {"begin": one.line or 1}},
    }


def _words(finding: Finding) -> str:
    return ". ".join(part for part in (finding.message, finding.help) if part)


def _document(issues: list[dict[str, Any]]) -> str:
    return json.dumps(issues, indent=2) + "\n"
