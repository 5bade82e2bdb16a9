"""Outcomes: what a workflow returns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from safemigrate.model.conflict import Conflict, Settled
from safemigrate.model.diagram import SchemaChange
from safemigrate.model.finding import Finding, Severity
from safemigrate.model.plan import Kept, Proof, Trace
from safemigrate.model.value import dataclass


class Result(StrEnum):
    """How a workflow ended when it could do its job."""

    NOTHING = "nothing to do"
    APPLIED = "applied"
    REHEARSED = "rehearsed"  # --dry-run: nothing written
    BLOCKED = "blocked"
    ROLLED_BACK = "rolled back"
    PRUNED = "pruned"
    ERASED = "erased"
    ADOPTED = "adopted"
    UNDONE = "undone"
    CONFLICTS = "conflicts"  # rollback stopped: before anything changed, or in the middle of one that goes in stages
    OK = "ok"
    NOT_OK = "not ok"
    INCOMPLETE = "incomplete"  # some of what was to be read could not be


@dataclass(frozen=True, slots=True)
class MigrationOutcome:
    """What a workflow did, or would do, with one migration.

    `down` is the path of its down.sql; `returns` says in words what a rollback brings back or brought back.
    `detail` says in words how it stands, where its state alone does not. `path` is the file as the user would
    name it, and `text` what the spans of its findings point into. `transactions` are how many of its traced
    statements ran in each: locks are held to the end of one. None are told where nobody looked.
    """

    name: str
    checksum: str
    state: str
    findings: tuple[Finding, ...] = ()
    traces: tuple[Trace, ...] = ()
    proof: Proof | None = None
    down: str = ""
    returns: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    script: str = ""
    detail: str = ""
    path: str = ""
    text: str = ""
    transactions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotOutcome:
    """A snapshot as users meet it. `bytes` is its size on disk; `tables` those whose rows it holds."""

    id: str
    path: str
    scope: str
    bytes: int
    tables: tuple[str, ...]
    verified: bool
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class KeptOutcome:
    """A kept object as it lies in the database: for which migration, since when, its age in days, its size in bytes.

    `returned` says that a rollback has used it, so that nothing but a second look needs it. `due` says that it is
    older than the project's retention. `pruned` says that its rows are gone. An orphan has no migration and no date:
    no run knows it. `loss` says what can no longer come back once it is pruned.
    """

    kept: Kept
    migration: str
    since: datetime | None
    bytes: int
    returned: bool
    days: int = 0
    due: bool = False
    pruned: bool = False
    loss: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of `doctor`: what was looked at, how it stands, and the fix where it does not."""

    subject: str
    ok: bool
    detail: str
    fix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule as users meet it. `bad` and `good` are SQL, "" without; `allowable` says that a comment can allow it."""

    name: str
    family: str
    severity: Severity
    summary: str
    page: str
    bad: str = ""
    good: str = ""
    allowable: bool = True

    @property
    def allow(self) -> str:
        """The comment that allows it."""
        return f"-- safemigrate: allow {self.name} REASON"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a workflow returns; every report is made from this alone.

    `database` is redacted. `next` are commands that lead on. `seconds` is the whole run. `change` is what the
    migrations do to the schema, None where nobody looked. `base` says what a branch was compared with, "" without one;
    `findings` are those of the project as a whole, of no migration.
    """

    command: str
    result: Result
    database: str = ""
    migrations: tuple[MigrationOutcome, ...] = ()
    snapshots: tuple[SnapshotOutcome, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    seconds: float = 0.0
    kept: tuple[KeptOutcome, ...] = ()
    settled: tuple[Settled, ...] = ()
    rules: tuple[RulePage, ...] = ()
    change: SchemaChange | None = None
    base: str = ""
    findings: tuple[Finding, ...] = ()
