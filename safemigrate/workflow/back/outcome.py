"""What `rollback` answers."""

from __future__ import annotations

import time
from collections.abc import Sequence

from safemigrate.model import Conflict, MigrationOutcome, Outcome, Result, Settled
from safemigrate.workflow.target import Resolved

GO_ON = "safemigrate rollback   # goes on"


def outcome_of(
    resolved: Resolved,
    result: Result,
    migrations: tuple[MigrationOutcome, ...],
    began: float,
    conflicts: Sequence[Conflict] = (),
    notes: Sequence[str] = (),
    follow: Sequence[str] = (),
    settled: Sequence[Settled] = (),
) -> Outcome:
    """Say what came of it; `began` is when, on the clock of `time.perf_counter`."""
    return Outcome(
        "rollback",
        result,
        str(resolved.url),
        migrations,
        conflicts=tuple(conflicts),
        notes=tuple(notes),
        next=tuple(follow),
        seconds=time.perf_counter() - began,
        settled=tuple(settled),
    )
