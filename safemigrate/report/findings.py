"""Findings of a migration that was rehearsed, the worst first, each with what the rehearsal says of it."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.model import Confirmation, Finding, Severity
from safemigrate.report.page import BAD, GOOD, MORE, WARN, Page
from safemigrate.report.words import many, said, worst_first

SEVERITY = {Severity.ERROR: BAD, Severity.WARNING: WARN, Severity.NOTICE: MORE}


def write(page: Page, findings: Sequence[Finding], *, verbose: bool) -> None:
    """Write findings; those that the rehearsal cleared are a number, unless `verbose`."""
    folded = [one for one in findings if one.verdict is Confirmation.CLEARED and not verbose]
    for finding in worst_first(findings):
        if finding not in folded:
            _finding(page, finding)
    if folded:
        page.line(f"{many(len(folded), 'finding')} cleared by the rehearsal; -v lists what and why", GOOD, indent=2)


def _finding(page: Page, finding: Finding) -> None:
    mark = ("· ", "dim") if finding.allowed else SEVERITY[finding.severity]
    subject = "" if finding.subject in finding.message else f"  {finding.subject}"
    consent = ["takes consent"] if finding.loses and not finding.allowed else []
    end = [*consent, *([f"line {finding.span.line}"] if finding.span else [])]
    page.line(finding.rule + subject, mark, indent=2, end=", ".join(end))
    page.line(finding.message, indent=4)
    if verdict := said(finding):
        page.line(verdict, indent=4, style="dim")
    if finding.allowed:
        page.line(f"allowed: {finding.allowed}", indent=4, style="dim")
    elif finding.help:
        page.line(finding.help, ("→ ", "cyan"), indent=4)
