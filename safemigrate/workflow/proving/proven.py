"""Proofs of a history, those that nobody remembers made anew."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.model import Migration, MigrationOutcome, OnProgress
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.proving import Terms
from safemigrate.workflow.proving.lanes import run_lanes
from safemigrate.workflow.proving.processes import cores
from safemigrate.workflow.proving.remember import Memory, recalled


def proven(
    shadow: Shadow,
    history: Sequence[Migration],
    wanted: Sequence[int],
    terms: Terms,
    memory: Memory | None,
    on_progress: OnProgress,
    *,
    jobs: int = 0,
    at: int = 0,
    spend: bool = False,
) -> dict[int, MigrationOutcome]:
    """Prove the migrations of these numbers, one process a core unless `jobs` says; see `run_lanes`."""
    return recalled(
        history,
        wanted,
        memory,
        on_progress,
        lambda missing: run_lanes(shadow, history, missing, terms, jobs or cores(), at=at, spend=spend),
    )
