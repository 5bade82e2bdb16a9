"""Findings as SARIF 2.1.0 (OASIS), which code scanning and editors read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from safemigrate import __version__
from safemigrate.errors import SafemigrateError
from safemigrate.model import Outcome, RulePage, Severity, Span
from safemigrate.report import CONTROL
from safemigrate.report.told import Told, told

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def render(outcome: Outcome, folder: str = "", rules: Mapping[str, RulePage] | None = None) -> str:
    """Write every finding, allowed ones as suppressed; `rules` are the pages of those known, by name."""
    found = list(told(outcome, folder))
    names = sorted({one.finding.rule for one in found})
    return _document(
        outcome.command,
        [_rule(name, (rules or {}).get(name)) for name in names],
        [_result(one, names.index(one.finding.rule)) for one in found],
    )


def render_error(command: str, error: SafemigrateError) -> str:
    """Write that the command could not do its job: no results then say nothing of the migrations."""
    words = "\n".join(part for part in (error.summary, error.why, *error.fix) if part)
    return _document(command, [], [], [{"level": "error", "message": {"text": words}}])


def _document(
    command: str,
    rules: list[dict[str, Any]],
    results: list[dict[str, Any]],
    failures: list[dict[str, Any]] | None = None,
) -> str:
    invocation: dict[str, Any] = {"executionSuccessful": not failures}
    if failures:
        invocation["toolExecutionNotifications"] = failures
    driver = {"name": "safemigrate", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"safemigrate/{command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, page: RulePage | None) -> dict[str, Any]:
    if page is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": page.summary},
        "help": {"text": page.page, "markdown": _help(page)},
        "defaultConfiguration": {"level": _LEVEL[page.severity]},
        "properties": {"tags": ["postgresql", "migration", page.family]},
    }


def _help(page: RulePage) -> str:
    parts = [page.page]
    for title, sql in (("It finds", page.bad), ("It has nothing against", page.good)):
        if sql:
            parts += [f"{title}:", f"```sql\n{sql}\n```"]
    if page.allowable:
        parts += ["Where it is meant, say why above the statement:", f"```sql\n{page.allow}\n```"]
    return "\n\n".join(parts)


def _result(one: Told, index: int) -> dict[str, Any]:
    finding = one.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": {"text": "\n".join(part for part in (finding.message, finding.help, finding.edit) if part)},
        "locations": [_location(one.path, finding.span)],
        # GitHub follows an alert by the second alone, and makes it from the line where it is missing.
        "partialFingerprints": {
            "safemigrate/v1": one.fingerprint,
            "primaryLocationLineHash": f"{one.fingerprint[:16]}:1",
        },
    }
    if finding.allowed:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.allowed}]
    return result


def _location(path: str, span: Span | None) -> dict[str, Any]:
    # GitHub takes no result without a place: one of no file stands at the repository's top.
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(path.translate(CONTROL)) or ".", "uriBaseId": "%SRCROOT%"}
    }
    if span and path:
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return {"physicalLocation": physical}
