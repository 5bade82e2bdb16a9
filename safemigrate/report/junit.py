"""Findings as JUnit XML, which Jenkins, GitLab, CircleCI and Azure read: one test case a migration."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from safemigrate.errors import SafemigrateError
from safemigrate.model import Finding, MigrationOutcome, Outcome, Result, Verdict
from safemigrate.report import CONTROL
from safemigrate.report.ending import fails
from safemigrate.report.told import FAILED
from safemigrate.report.words import many, said, worst_first


def render(outcome: Outcome) -> str:
    """Write a test case a migration, and one for the project where something is found of it as a whole.

    What makes the command fail is a failure, one a case, for some consumers read no second; the rest is its output.
    """
    suite = _suite(outcome.command)
    if outcome.findings:
        _case(suite, "project", "", outcome.findings, outcome)
    for migration in outcome.migrations:
        case = _case(suite, migration.name, migration.path, migration.findings, outcome)
        seconds = sum(trace.seconds for trace in migration.traces)
        case.set("time", f"{seconds:.3f}")
        if migration.state == "unreadable":
            _add(case, "error", "cannot be read", migration.detail or "cannot be read")
        elif outcome.command == "prove" and outcome.result is Result.NOT_OK and (reasons := _unproven(migration)):
            _add(case, "failure", "rollback", reasons)
    return _document(suite, outcome.seconds)


def render_error(command: str, error: SafemigrateError) -> str:
    """Write what stopped the command, as an error of the one test case there is."""
    suite = _suite(command)
    case = ElementTree.SubElement(suite, "testcase", classname=suite.get("name", ""), name=command)
    _add(case, "error", FAILED, "\n".join(part for part in (error.summary, error.why, *error.fix) if part))
    return _document(suite, 0)


def _suite(command: str) -> ElementTree.Element:
    return ElementTree.Element("testsuite", name=f"safemigrate {command}")


def _case(
    suite: ElementTree.Element, name: str, path: str, findings: Iterable[Finding], outcome: Outcome
) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=suite.get("name", ""), name=_xml(name))
    if path:
        case.set("file", _xml(path))
    failing = [one for one in worst_first(findings) if fails(outcome, one)]
    others = [one for one in worst_first(findings) if one not in failing]
    if failing:
        rules = ", ".join(dict.fromkeys(one.rule for one in failing))
        title = failing[0].message if len(failing) == 1 else many(len(failing), "finding")
        _add(case, "failure", rules, "\n\n".join(map(_words, failing)), title)
    if others:
        ElementTree.SubElement(case, "system-out").text = _xml("\n\n".join(map(_words, others)))
    return case


def _add(case: ElementTree.Element, tag: str, kind: str, text: str, title: str = "") -> None:
    """Add a failure or error, before the case's output: JUnit's schema has an order."""
    problem = ElementTree.Element(tag, message=_xml(title or text.partition("\n")[0]), type=_xml(kind))
    problem.text = _xml(text)
    case.insert(0, problem)


def _words(finding: Finding) -> str:
    place = f"line {finding.span.line}: " if finding.span else ""
    lines = [f"{place}{finding.severity} {finding.rule}: {finding.message}"]
    lines += [part for part in (said(finding), finding.allowed and f"allowed: {finding.allowed}") if part]
    return "\n  ".join([*lines, *([finding.help] if finding.help and not finding.allowed else [])])


def _unproven(migration: MigrationOutcome) -> str:
    if migration.proof is None:
        return migration.detail or migration.state
    if migration.proof.verdict is Verdict.EXACT:
        return ""
    return "\n".join((f"rollback is {migration.proof.verdict}", *migration.proof.reasons))


def _document(suite: ElementTree.Element, seconds: float) -> str:
    cases = list(suite)
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
        "time": f"{seconds:.3f}",
    }
    for name, value in counts.items():
        suite.set(name, value)
    suites = ElementTree.Element("testsuites", counts)
    suites.append(suite)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _xml(text: str) -> str:
    return text.translate(CONTROL)
