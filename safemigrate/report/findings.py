"""Findings of a migration that was rehearsed, the worst first, each with what the rehearsal says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from safemigrate.model import Confirmation, Finding, Measured, Severity
from safemigrate.report.page import BAD, GOOD, MORE, WARN, Page, many

SEVERITY = {Severity.ERROR: BAD, Severity.WARNING: WARN, Severity.NOTICE: MORE}


def write(page: Page, findings: Sequence[Finding], *, verbose: bool) -> None:
    """Write findings; those that the rehearsal cleared are a number, unless `verbose`."""
    folded = [one for one in findings if one.verdict is Confirmation.CLEARED and not verbose]
    for finding in sorted(findings, key=_order):
        if finding not in folded:
            _finding(page, finding)
    if folded:
        page.line(f"{many(len(folded), 'finding')} cleared by the rehearsal; -v lists what and why", GOOD, indent=2)


def _order(finding: Finding) -> tuple[bool, int, int]:
    return (not finding.blocks, list(Severity).index(finding.severity), finding.span.line if finding.span else 0)


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


def said(finding: Finding) -> str:
    """Write the verdict and what it rests on; "" without one."""
    if finding.verdict is None:
        return ""
    facts = [finding.because] if finding.because else []
    if finding.measured and finding.verdict is not Confirmation.CLEARED:
        facts += _facts(finding.measured)
    word = "seen in the rehearsal" if finding.verdict is Confirmation.SEEN else f"{finding.verdict} by the rehearsal"
    return f"{word}: {', '.join(facts)}" if facts else word


def _facts(measured: Measured) -> list[str]:
    facts = [f"{lock_words(measured.lock)} lock"] if measured.lock else []
    if measured.rewritten:
        facts.append("rewritten")
    elif measured.scans is not None:
        facts.append("read from end to end")
    if not measured.works:
        return [*facts, "over at once"]
    if not measured.rows:
        here = f"; {many(measured.target_rows, 'row')} in the target" if measured.target_rows else ""
        return [*facts, f"without rows, so not timed{here}"]
    took = f"{measured.seconds:.{1 if measured.seconds >= 1 else 3}f} s"
    if measured.estimate is None or measured.target_rows is None:
        return [*facts, f"{took} for {many(measured.rows, 'row')}"]
    rows = many(measured.target_rows, "row")
    return [*facts, f"about {_about(measured.estimate)} at the target's {rows}; measured {took} on {measured.rows:,}"]


def _about(seconds: float) -> str:
    """Write a time no more exactly than an estimate is."""
    if seconds < 120:
        return f"{seconds:.{0 if seconds >= 10 else 1}f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def lock_words(mode: str) -> str:
    """Write a lock as SQL does: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
