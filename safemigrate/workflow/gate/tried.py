"""The new migrations of a branch, each rehearsed and proven on the end of its base's history, with generated rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress, Severity, Verdict
from safemigrate.workflow.gate.ground import Ground
from safemigrate.workflow.proving import BROKEN, REQUIRED, Terms
from safemigrate.workflow.proving.proven import proven
from safemigrate.workflow.proving.remember import Memory

_FEW = 8  # below, starting processes takes longer than they save


def tried(
    ground: Ground,
    before: Sequence[Migration],
    new: Sequence[Migration],
    terms: Terms,
    on_progress: OnProgress,
    *,
    cache: bool = True,
    alone: bool = False,
) -> list[MigrationOutcome]:
    """Try each after all that come before it; what was tried before on the same ground is remembered.

    `alone` says that nobody else needs the ground as it is.
    """
    history = [*before, *new]
    memory = Memory(ground.shadow.describe, terms, None) if cache else None  # the same as that of `prove`
    wanted = range(len(before), len(history))
    jobs = 0 if len(new) > _FEW else 1
    found = proven(ground.shadow, history, wanted, terms, memory, on_progress, jobs=jobs, at=len(before), spend=alone)
    return [found[number] for number in wanted]


def findings(outcome: MigrationOutcome, ground: Ground, require: str) -> list[Finding]:
    """What the rehearsal as a whole says of a migration, beside its statements."""
    if outcome.state == BROKEN:
        blame = Severity.WARNING if ground.failed else Severity.ERROR  # whose fault it is, nobody can say then
        return [
            Finding(
                "does-not-run",
                blame,
                outcome.detail.partition("\n")[0],
                outcome.name,
                subject=outcome.name,
                help="safemigrate prove has the whole history tried" if ground.failed else "",
            )
        ]
    proof = outcome.proof
    if proof is None or (proof.verdict in REQUIRED[require] and proof.verdict is not Verdict.IMPOSSIBLE):
        return []
    return [
        Finding(
            "no-way-back",
            Severity.WARNING if proof.verdict in REQUIRED[require] else Severity.ERROR,
            "; ".join([f"a rollback is {proof.verdict}", *proof.reasons]),
            outcome.name,
            subject=outcome.name,
        )
    ]


def shortened(outcome: MigrationOutcome) -> MigrationOutcome:
    """A migration whose detail is told by a finding."""
    return replace(outcome, detail="\n".join(outcome.detail.splitlines()[1:])) if outcome.state == BROKEN else outcome
