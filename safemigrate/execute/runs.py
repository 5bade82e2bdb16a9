"""What a journal says, whatever database it lies in: runs, how far they got, and holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from safemigrate.model import Plan


class RunState(StrEnum):
    """How far a run got."""

    RUNNING = "running"
    APPLIED = "applied"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Run:
    """One apply of one migration; `groups_done` counts the plan's groups that committed."""

    id: int
    migration: str
    checksum: str
    state: RunState
    plan: Plan
    fingerprint_before: str
    fingerprint_after: str
    snapshot: str
    started_at: datetime
    finished_at: datetime | None
    groups_done: int
    group_started: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """A migration that was rolled back and must not be applied again until it is released."""

    migration: str
    checksum: str
    reason: str
    since: datetime
