"""What a journal says, whatever database it lies in: runs, how far they got, holds, and what is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from safemigrate.model import Kept, Plan, Verdict

SCHEMA = "safemigrate"  # where it lies


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


def last_applied(known: Iterable[Run], migration: str) -> Run | None:
    """Return the run, of these, oldest first, that applied a migration, where that stands."""
    found = [one for one in known if one.migration == migration and one.state is RunState.APPLIED]
    return found[-1] if found else None


def weakened(plan: Plan, reasons: Iterable[str]) -> Plan:
    """Return a plan whose proof says what its rollback cannot bring back any more."""
    proof = plan.proof
    verdict = Verdict.LOSSY if proof.verdict is Verdict.EXACT else proof.verdict
    said = tuple(dict.fromkeys((*proof.reasons, *reasons)))
    return replace(plan, proof=replace(proof, verdict=verdict, reasons=said))


@dataclass(frozen=True, slots=True)
class Rollback:
    """The runs that one rollback took back, oldest first, and those that applied the same migrations since."""

    runs: tuple[Run, ...]
    redone: tuple[Run, ...]

    @property
    def undone(self) -> bool:
        """Whether all that it took back was applied again."""
        return {one.migration for one in self.runs} <= {one.migration for one in self.redone}

    @property
    def left(self) -> str:
        """The fingerprint of the schema that it left."""
        return self.runs[0].fingerprint_before

    @property
    def begun(self) -> Collection[str]:
        """The migrations that came back already, where its undoing was stopped between two."""
        return ()

    @property
    def names(self) -> str:
        """The migrations that it took back."""
        return ", ".join(one.migration for one in self.runs)


@dataclass(frozen=True, slots=True)
class Hold:
    """A migration that was rolled back and must not be applied again until it is released."""

    migration: str
    checksum: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class KeptObject:
    """A kept object of a run, with its size in bytes.

    `returned` once a rollback has used it, or has been undone where the rollback left it; `pruned` once it was emptied.
    """

    kept: Kept
    run: int
    migration: str
    since: datetime
    bytes: int
    returned: bool
    pruned: bool
