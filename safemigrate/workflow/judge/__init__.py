"""Findings of the text held against what the rehearsal saw: confirmed, cleared, and what only the rehearsal saw."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.lint.allow import allows, apply
from safemigrate.model import Finding
from safemigrate.sql import statements_of
from safemigrate.workflow.judge import locks, losses
from safemigrate.workflow.judge.evidence import Evidence

__all__ = ["Evidence", "judge"]


def judge(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """Return what there is to say of a migration once it was rehearsed; `findings` are those of its text."""
    migration = evidence.seen.migration
    judged = losses.confirmed(locks.confirmed(findings, evidence), evidence)
    more = [*losses.seen(judged, evidence), *locks.seen(judged, evidence)]
    return [*judged, *apply(more, allows(statements_of(migration)))]
