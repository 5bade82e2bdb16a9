"""What makes a check fail, and what a baseline says is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.lint.baseline import Baseline
from safemigrate.lint.rule import counted
from safemigrate.model import Finding, MigrationOutcome, Severity

_FAILS = {
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
    "never": (),
}


def fails(finding: Finding, on: str) -> bool:
    """Whether a finding makes a check fail that was told to fail `on` "error", "warning" or "never"."""
    return finding.severity in _FAILS[on] and not finding.allowed


def without(outcome: MigrationOutcome, baseline: Baseline) -> MigrationOutcome:
    """A migration without the findings that are known."""
    return replace(outcome, findings=tuple(baseline.new(outcome.findings, outcome.text)))


def about(baseline: Baseline, read: Sequence[MigrationOutcome]) -> list[str]:
    """What to say of the known findings: how many there were, and those that are gone."""
    stale = baseline.stale([outcome.name for outcome in read])
    notes = [f"The baseline knows {counted(baseline.used, 'finding')}."] if baseline.used else []
    gone = [
        f"{each.migration}: the baseline knows {each.rule} {each.subject}, which is there no more." for each in stale
    ]
    return notes + gone
