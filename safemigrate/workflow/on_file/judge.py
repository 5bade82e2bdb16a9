"""Findings of the text held against what the trial of a migration showed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate.db.sqlite.connection import Connection, connect, quote, value
from safemigrate.lint import RULES
from safemigrate.lint.rule import counted
from safemigrate.model import Confirmation, Finding, KeptKind, Plan, Severity
from safemigrate.workflow.on_file.trial import Trial

_DATA_LOSS = frozenset(rule.name for rule in RULES if rule.family == "data-loss")
_KEPT = "rolled back, it comes back"


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a migration took from a table or column, as users write it: how many rows or values."""

    subject: str
    message: str
    count: int
    unit: str
    loses: bool = True


def judged(findings: Sequence[Finding], trial: Trial, before: Path, side: Path, *, own: bool = True) -> list[Finding]:
    """Return what there is to say of a migration once it was tried; `findings` are those of its text.

    `before` is the file as it was, `side` what was kept of it. The rows were the file's `own`, or made, and then they
    say nothing of how many there are, nor that there are none.
    """
    losses = list(_losses(trial.plan, before, side, own=own))
    told = [_confirmed(one, losses, own=own) if one.loses and one.rule in _DATA_LOSS else one for one in findings]
    unnamed = [loss for loss in losses if loss.count and not any(_names(one, loss) for one in told if _speaks(one))]
    return [*told, *(_seen(loss, trial.plan.migration, own=own) for loss in unnamed), *unsaid(findings, trial)]


def unsaid(findings: Sequence[Finding], trial: Trial) -> Iterator[Finding]:
    """Yield what a rebuild loses that nobody can put back, and no rule of the text has named."""
    name = trial.seen.migration.name
    for one in trial.lost.gone:
        if not any(each.rule == one.rule and each.subject.startswith(quote(one.table)) for each in findings):
            yield Finding("seen-loss", Severity.WARNING, one.words, name, subject=one.table, verdict=Confirmation.SEEN)


def _speaks(finding: Finding) -> bool:
    return finding.loses or finding.rule in _DATA_LOSS


def _names(finding: Finding, loss: _Loss) -> bool:
    return loss.subject in (finding.subject, finding.message) or loss.subject in finding.message


def _confirmed(finding: Finding, losses: Sequence[_Loss], *, own: bool) -> Finding:
    meant = [loss for loss in losses if _names(finding, loss)]
    most = max((loss.count for loss in meant), default=0)
    if not own:
        return replace(finding, verdict=Confirmation.CONFIRMED) if most else finding
    if not most:
        because = "with the file's own rows there, none went"
        return replace(
            finding, severity=Severity.NOTICE, loses=False, verdict=Confirmation.CLEARED, because=because, count=0
        )
    if finding.count is not None:
        return replace(finding, verdict=Confirmation.CONFIRMED)
    unit = next(loss.unit for loss in meant if loss.count == most)
    because = f"{counted(most, unit)} {'goes' if most == 1 else 'go'}"
    return replace(finding, verdict=Confirmation.CONFIRMED, because=because, count=most)


def _seen(loss: _Loss, migration: str, *, own: bool) -> Finding:
    return Finding(
        "seen-loss",
        Severity.WARNING if loss.loses else Severity.NOTICE,
        f"{loss.message}; {_KEPT}",
        migration,
        subject=loss.subject,
        count=loss.count if own else None,
        loses=loss.loses,
        verdict=Confirmation.SEEN,
    )


def _losses(plan: Plan, before: Path, side: Path, *, own: bool) -> Iterator[_Loss]:
    if not plan.kept:
        return

    def held(count: int, unit: str) -> str:
        return f"; it held {counted(count, unit)}" if own else ""

    with connect(before, write=False) as former, connect(side, write=False) as beside:
        for one in plan.kept:
            if one.kind is KeptKind.TABLE:
                count = int(value(former, f"SELECT count(*) FROM {one.subject}"))
                yield _Loss(one.subject, f"{one.subject} is dropped{held(count, 'row')}", count, "row")
            elif one.kind is KeptKind.COLUMN:
                table, _, column = one.subject.rpartition('."')
                count = int(value(former, f'SELECT count("{column}) FROM {table}'))
                yield _Loss(one.subject, f"{one.subject} is dropped{held(count, 'value')}", count, "value")
            else:
                yield from _rows(beside, one.subject, one.place, own=own)


def _rows(beside: Connection, table: str, place: str, *, own: bool) -> Iterator[_Loss]:
    """Count the rows that went or changed, as they were kept."""
    name = place.partition(".")[2]
    plain = name[1:-1].replace('""', '"')
    if not value(beside, "SELECT count(*) FROM pragma_table_info(?) WHERE name = 'what'", [plain]):
        return  # no rows, but how many of them pointed nowhere
    for what, word, loses in (("deleted", "deleted", True), ("changed", "changed", False)):
        count = int(value(beside, f"SELECT count(*) FROM {name} WHERE what = '{what}'"))
        if count:
            said = f"{counted(count, 'row')} {word}" if own else f"rows are {word}"
            yield _Loss(table, f"{table}: {said}", count, "row", loses)
