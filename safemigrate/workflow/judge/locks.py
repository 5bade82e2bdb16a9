"""Locks: the rehearsal confirms what a rule foresaw or clears it, and what no rule foresaw is a finding too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from safemigrate.db.catalog import Identity
from safemigrate.db.postgres import quote
from safemigrate.lint import RULES
from safemigrate.lint.rule import SMALL
from safemigrate.model import Confirmation, Finding, Measured, Severity
from safemigrate.shadow.trace import LOCKS, Observation
from safemigrate.sql.actions import Truncate, flatten
from safemigrate.workflow.judge.evidence import STRONG, Evidence, names

SEEN = "seen-lock"
_ROWS = ("INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH")  # they take no lock themselves that readers wait for
_OF_LOCKS = {rule.name: rule for rule in RULES if rule.family == "lock" and rule.shows != "nothing"}


def confirmed(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """Return the findings, those of locks with the rehearsal's verdict; what it cleared is a notice."""
    places = {one.statement.span: (number, kept) for number, one, kept in evidence.statements}
    judged = []
    for finding in findings:
        if finding.rule in _OF_LOCKS and finding.span in places:
            number, kept = places[finding.span]
            judged.append(_judged(finding, evidence, number, kept=kept))
        else:
            judged.append(finding)
    return judged


def seen(findings: Sequence[Finding], evidence: Evidence) -> Iterator[Finding]:
    """Yield what no finding named: whole tables read or rewritten under a strong lock, and locks that no text shows."""
    said: set[Identity] = set()
    for number, one, transactional in evidence.statements:
        if not transactional:
            continue
        here = [finding for finding in findings if finding.span == one.statement.span and _speaks(finding)]
        empties = any(isinstance(action, Truncate) for action in flatten(one.statement.actions))
        for table, measured in evidence.measured(number).items():
            name = evidence.called(table).name
            small = measured.target_rows is not None and measured.target_rows < SMALL
            named = any(names(finding, name) for finding in here)
            if measured.lock not in STRONG or small or named or table not in one.after:
                continue
            own = evidence.traces[number].locks.get(measured.table, "")
            if measured.works and not empties:
                yield _works(one, measured, evidence, own)
            elif own in STRONG and name not in one.statement.sql and table not in said:
                yield _hidden(one, measured, evidence)
            else:
                continue
            said.add(table)


def _speaks(finding: Finding) -> bool:
    """Whether nothing need be added: it is of a lock, or the statement fails on a table with rows anyway."""
    return finding.rule in _OF_LOCKS or finding.severity is Severity.ERROR


def _works(one: Observation, measured: Measured, evidence: Evidence, own: str) -> Finding:
    what = "is rewritten" if measured.rewritten else "is read from end to end"
    # A rewrite takes the strongest lock itself.
    earlier = not measured.rewritten and _rank(own) < _rank(measured.lock)
    since = "; an earlier statement of the transaction holds the lock" if earlier else ""
    moves = earlier and one.statement.kind.split(" ")[0] in _ROWS
    way_out = "move the statement to the next migration, where the lock is gone" if moves else ""
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


def _rank(lock: str) -> int:
    return LOCKS.index(lock) if lock else -1


def _who(lock: str) -> str:
    return "reads and writes" if lock == "AccessExclusiveLock" else "writes"


def _judged(finding: Finding, evidence: Evidence, number: int, *, kept: bool) -> Finding:
    """Judge a finding of statement `number`, whose locks are `kept` to be seen where it runs in a transaction."""
    by_name = {evidence.called(table).name: one for table, one in evidence.measured(number).items()}
    subject = [one for name, one in by_name.items() if quote(name) in finding.subject]
    own = evidence.traces[number].locks
    meant = (
        subject
        or [one for name, one in by_name.items() if names(finding, name)]
        or [one for one in by_name.values() if one.table in own or one.works]
        or list(by_name.values())
    )
    worst = max(meant, key=lambda one: (one.lock in STRONG, one.works, _rank(one.lock)), default=None)
    shows = _OF_LOCKS[finding.rule].shows
    if shows == "rows":
        return _of_rows(finding, evidence, number, worst)
    if not kept:  # a statement that refuses a transaction has let go of its locks by then
        return replace(finding, verdict=Confirmation.CONFIRMED, measured=worst) if worst and worst.works else finding
    if worst is None or worst.lock not in STRONG:
        return _cleared(finding, "no lock is taken there that writes wait for", None)
    if shows == "work" and not worst.works:
        return _cleared(finding, "nothing is rewritten or read from end to end, the lock is over at once", worst)
    return replace(finding, verdict=Confirmation.CONFIRMED, measured=worst)


def _of_rows(finding: Finding, evidence: Evidence, number: int, measured: Measured | None) -> Finding:
    """Judge a finding of row locks: they are as many as the rows changed, where the target's own were there."""
    one = evidence.seen.observations[number]
    if any(sum(counts) for counts in evidence.traces[number].rows.values()):
        return replace(finding, verdict=Confirmation.CONFIRMED, measured=measured)
    written = {evidence.name(table) for oid in one.written if (table := evidence.old(oid))}
    return _cleared(finding, "no row is changed", None) if written and written <= evidence.real else finding


def _cleared(finding: Finding, because: str, measured: Measured | None) -> Finding:
    severity = Severity.NOTICE if finding.severity is Severity.WARNING and not finding.loses else finding.severity
    return replace(finding, severity=severity, verdict=Confirmation.CLEARED, because=because, measured=measured)
