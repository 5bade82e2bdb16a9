"""What the rooms say to each other: frozen values, no behaviour beyond their own meaning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from safemigrate.model.conflict import Check as Check
from safemigrate.model.conflict import Conflict as Conflict
from safemigrate.model.conflict import OnConflict as OnConflict
from safemigrate.model.conflict import Relabel as Relabel
from safemigrate.model.conflict import Settled as Settled
from safemigrate.model.conflict import Way as Way
from safemigrate.model.conflict import counted as counted
from safemigrate.model.diagram import Column as Column
from safemigrate.model.diagram import ColumnChange as ColumnChange
from safemigrate.model.diagram import Detail as Detail
from safemigrate.model.diagram import Fate as Fate
from safemigrate.model.diagram import ForeignKey as ForeignKey
from safemigrate.model.diagram import ForeignKeyChange as ForeignKeyChange
from safemigrate.model.diagram import Key as Key
from safemigrate.model.diagram import SchemaChange as SchemaChange
from safemigrate.model.diagram import TableChange as TableChange
from safemigrate.model.finding import Confirmation as Confirmation
from safemigrate.model.finding import Finding as Finding
from safemigrate.model.finding import Measured as Measured
from safemigrate.model.finding import Severity as Severity
from safemigrate.model.finding import Span as Span
from safemigrate.model.outcome import Diagnosis as Diagnosis
from safemigrate.model.outcome import KeptOutcome as KeptOutcome
from safemigrate.model.outcome import MigrationOutcome as MigrationOutcome
from safemigrate.model.outcome import Outcome as Outcome
from safemigrate.model.outcome import Result as Result
from safemigrate.model.outcome import RulePage as RulePage
from safemigrate.model.outcome import SnapshotOutcome as SnapshotOutcome
from safemigrate.model.plan import Group as Group
from safemigrate.model.plan import Kept as Kept
from safemigrate.model.plan import KeptKind as KeptKind
from safemigrate.model.plan import Parting as Parting
from safemigrate.model.plan import Plan as Plan
from safemigrate.model.plan import Proof as Proof
from safemigrate.model.plan import Refill as Refill
from safemigrate.model.plan import Step as Step
from safemigrate.model.plan import Trace as Trace
from safemigrate.model.plan import Verdict as Verdict
from safemigrate.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One sign of life of long work. `step` is stable within a command; `done` and `total` are 0 where unknown."""

    step: str
    detail: str = ""
    done: int = 0
    total: int = 0


OnProgress = Callable[[Progress], None]


def silent(_progress: Progress) -> None:
    """Take progress and say nothing."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A directory with `migration.sql`. `checksum` is Prisma's: sha256 of the file's bytes, hex."""

    name: str
    path: Path
    sql: str
    checksum: str


class AppliedState(StrEnum):
    """What a row of `_prisma_migrations` says."""

    APPLIED = "applied"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A row of `_prisma_migrations`. FAILED also covers one that is running: Prisma writes both alike."""

    id: str
    name: str
    checksum: str
    state: AppliedState
    started_at: datetime
    finished_at: datetime | None
    rolled_back_at: datetime | None
    applied_steps: int
    logs: str
