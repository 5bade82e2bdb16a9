"""Locks: the rehearsal confirms what a rule foresaw or clears it, and what no rule foresaw is a finding too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from safemigrate.db.catalog import Identity
from safemigrate.db.postgres import quote
from safemigrate.lint import RULES
from safemigrate.lint.rule import SMALL
from safemigrate.model import Confirmation, Finding, Measured, Severity, Span
from safemigrate.shadow.trace import LOCKS, Observation
from safemigrate.sql.actions import Truncate, flatten
from safemigrate.workflow.judge.evidence import STRONG, Evidence, names

SEEN = "seen-lock"
_OF_LOCKS = {rule.name: rule for rule in RULES if rule.family == "lock" or rule.works}


def confirmed(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """Return the findings, those of locks with the rehearsal's verdict; what it cleared is a notice.

    A statement that refuses a transaction has let go of its locks when it is over, so nothing is said of it.
    """
    measured = _by_span(evidence)
    return [
        _judged(finding, evidence, measured[finding.span])
        if finding.rule in _OF_LOCKS and finding.span in measured
        else finding
        for finding in findings
    ]


def seen(findings: Sequence[Finding], evidence: Evidence) -> Iterator[Finding]:
    """Yield what no finding named: whole tables read or rewritten under a strong lock, and locks that no text shows."""
    said: set[Identity] = set()
    for number, one, transactional in evidence.statements:
        if not transactional:
            continue
        here = [finding for finding in findings if finding.span == one.statement.span and finding.rule in _OF_LOCKS]
        empties = any(isinstance(action, Truncate) for action in flatten(one.statement.actions))
        for table, measured in evidence.measured(number).items():
            name = evidence.called(table).name
            small = measured.target_rows is not None and measured.target_rows < SMALL
            named = any(names(finding, name) for finding in here)
            if measured.lock not in STRONG or small or named or table not in one.after:
                continue
            if measured.works and not empties:
                yield _works(one, measured, evidence, evidence.traces[number].locks.get(measured.table, ""))
            elif name not in one.statement.sql and table not in said:
                yield _hidden(one, measured, evidence)
            said.add(table)


def _works(one: Observation, measured: Measured, evidence: Evidence, own: str) -> Finding:
    what = "is rewritten" if measured.rewritten else "is read from end to end"
    earlier = not own or LOCKS.index(own) < LOCKS.index(measured.lock)
    since = "; an earlier statement of the transaction holds the lock" if earlier else ""
    way_out = "move the statement to the next migration, where the lock is gone" if earlier else ""
    message = f"{measured.table} {what} while {_who(measured.lock)} wait{since}"
    return _finding(one, evidence, measured, Severity.WARNING, message, way_out)


def _hidden(one: Observation, measured: Measured, evidence: Evidence) -> Finding:
    message = f"{measured.table} is locked, which the statement does not name; {_who(measured.lock)} wait until COMMIT"
    return _finding(one, evidence, measured, Severity.NOTICE, message, "")


def _finding(
    one: Observation, evidence: Evidence, measured: Measured, severity: Severity, message: str, way_out: str
) -> Finding:
    return Finding(
        SEEN,
        severity,
        message,
        evidence.seen.migration.name,
        one.statement.span,
        measured.table,
        way_out,
        verdict=Confirmation.SEEN,
        measured=measured,
    )


def _who(lock: str) -> str:
    return "reads and writes" if lock == "AccessExclusiveLock" else "writes"


def _by_span(evidence: Evidence) -> dict[Span | None, dict[Identity, Measured]]:
    return {one.statement.span: evidence.measured(number) for number, one, kept in evidence.statements if kept}


def _judged(finding: Finding, evidence: Evidence, tables: dict[Identity, Measured]) -> Finding:
    by_name = {evidence.called(table).name: one for table, one in tables.items()}
    subject = [one for name, one in by_name.items() if quote(name) in finding.subject]
    meant = subject or [one for name, one in by_name.items() if names(finding, name)] or list(by_name.values())
    strong = [one for one in meant if one.lock in STRONG]
    if not strong:
        return _cleared(finding, "no lock is taken there that writes wait for", None)
    worst = max(strong, key=lambda one: (one.works, LOCKS.index(one.lock)))
    if _OF_LOCKS[finding.rule].works and not worst.works:
        return _cleared(finding, "nothing is rewritten or read from end to end, the lock is over at once", worst)
    return replace(finding, verdict=Confirmation.CONFIRMED, measured=worst)


def _cleared(finding: Finding, because: str, measured: Measured | None) -> Finding:
    severity = Severity.NOTICE if finding.severity is Severity.WARNING and not finding.loses else finding.severity
    return replace(finding, severity=severity, verdict=Confirmation.CLEARED, because=because, measured=measured)
