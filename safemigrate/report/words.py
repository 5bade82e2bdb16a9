"""Counts, sizes and measures in words, the same in every format; without rich, which takes a tenth of a second."""

from __future__ import annotations

import re
from collections.abc import Iterable

from safemigrate.model import Confirmation, Finding, Measured, Severity, Trace


def many(count: int, noun: str) -> str:
    """Write a count with its noun: 1 row, 2,000 rows."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Write bytes as people do."""
    left = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if left < 1000:
            return f"{left:.0f} B" if unit == "B" else f"{left:.1f} {unit}"
        left /= 1000
    return f"{left:.1f} TB"


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
    return [*facts, f"about {about(measured.estimate)} at the target's {rows}; measured {took} on {measured.rows:,}"]


def about(seconds: float) -> str:
    """Write a time no more exactly than an estimate is."""
    if seconds < 120:
        return f"{seconds:.{0 if seconds >= 10 else 1}f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def lock_words(mode: str) -> str:
    """Write a lock as SQL does: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


def rank(finding: Finding) -> tuple[bool, int, int]:
    """What findings are sorted by, the worst first: by severity, then by line; what is allowed comes last."""
    return (bool(finding.allowed), list(Severity).index(finding.severity), finding.span.line if finding.span else 0)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by `rank`."""
    return sorted(findings, key=rank)


def cut(words: str, room: int) -> str:
    """Cut words to what there is room for."""
    return words if len(words) <= room else f"{words[: room - 1]}…"


def short(name: str) -> str:
    """Write a table as people do: without the schema that goes without saying, nor quotes around a plain name."""
    name = name.removeprefix('"public".')
    return re.sub(r'"([A-Za-z_][A-Za-z0-9_]*)"', r"\1", name)


def did(trace: Trace) -> dict[str, list[str]]:
    """What a statement did to each table: the lock, a rewrite, rows read, rows changed."""
    rewritten = dict.fromkeys(trace.rewrites, "rewritten")
    verbs = ("inserted", "updated", "deleted")
    rows = {
        table: ", ".join(f"{count:,} {verb}" for count, verb in zip(counts, verbs, strict=True) if count)
        for table, counts in trace.rows.items()
    }
    scanned = {table: f"{many(count, 'row')} read" for table, count in trace.scans.items()}
    locks = {table: lock_words(mode) for table, mode in trace.locks.items()}
    tables = dict.fromkeys((*locks, *rewritten, *scanned, *rows))
    return {
        table: [fact for facts in (locks, rewritten, scanned, rows) if (fact := facts.get(table))] for table in tables
    }
