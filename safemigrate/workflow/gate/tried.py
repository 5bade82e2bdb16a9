"""What the trial of a new migration says of it as a whole, beside its statements."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.model import Finding, MigrationOutcome, Severity, Verdict
from safemigrate.workflow.gate.ground import Ground
from safemigrate.workflow.proving import BROKEN, REQUIRED


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
