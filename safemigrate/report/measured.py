"""What the rehearsal says of a finding, in a line below it."""

from __future__ import annotations

import re

from safemigrate.model import Confirmation, Finding, Measured
from safemigrate.report.page import many


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
    facts.append(f"{measured.seconds:.1f} s for {many(measured.rows, 'row')}")
    if measured.estimate is not None and measured.target_rows is not None:
        facts.append(f"about {measured.estimate:,.0f} s for the target's {measured.target_rows:,}")
    return facts


def lock_words(mode: str) -> str:
    """Write a lock as SQL does: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
