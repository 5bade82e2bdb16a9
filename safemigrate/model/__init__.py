"""What the rooms say to each other: frozen values, no behaviour beyond their own meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
from safemigrate.model.measured import Confirmation as Confirmation
from safemigrate.model.measured import Measured as Measured


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


# Reading


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: lines and columns are 1-based and count characters; `start` and `end` are 0-based offsets."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class Severity(StrEnum):
    """How bad a finding is; the three levels of GitHub's annotations. ERROR blocks."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule, the trace or the data said about a migration.

    `subject` is the object as users write it: `"User"."bio"`. `count` is what stands to be lost or to fail, in the
    unit the message names; None where nobody counted. `allowed` is the reason of an allow comment, "" without one.
    `loses` says that it takes consent: data goes, whether or not a rollback can bring it back. `verdict` is what the
    rehearsal said of it, None without one; `because` is why, where it cleared it; `measured` what it rests on.
    """

    rule: str
    severity: Severity
    message: str
    migration: str
    span: Span | None = None
    subject: str = ""
    help: str = ""
    count: int | None = None
    allowed: str = ""
    loses: bool = False
    verdict: Confirmation | None = None
    because: str = ""
    measured: Measured | None = None

    @property
    def blocks(self) -> bool:
        """Whether this alone stops an apply."""
        return self.severity is Severity.ERROR and not self.allowed


# History


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


# The plan: what runs, what is kept, what takes it back


class KeptKind(StrEnum):
    """What a kept object holds."""

    TABLE = "table"  # a dropped table, moved
    TYPE = "type"  # a dropped type, moved
    COLUMN = "column"  # old values of a dropped or retyped column, by key
    ROWS = "rows"  # rows that statements changed, by key
    SEQUENCE = "sequence"  # where a dropped sequence stood
    LEFT = "left"  # what a rollback dropped or changed, for taking the rollback back


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that a migration would lose and that stays in the target.

    `subject` is the object as users write it; `place` the schema-qualified, quoted name of the kept object.
    """

    kind: KeptKind
    subject: str
    place: str


@dataclass(frozen=True, slots=True)
class Parting:
    """Something that a step's inverse drops or changes and that users may have written since: it is kept before.

    `count` asks how many there are, `keep` are the statements that copy them to `place`. `unit` is what goes, "rows"
    of a table or "values" of a column; "" where nothing goes and it is kept only for taking the rollback back: then
    `first` runs before the migration does again, and `back` puts it back after the step, or after step number `at` of
    the plan. `alone`: that takes a transaction of its own, for a label just added cannot be used before COMMIT.
    """

    subject: str
    place: str
    count: str
    keep: tuple[str, ...]
    unit: str = "values"
    back: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    at: int = -1
    alone: bool = False

    @property
    def always(self) -> bool:
        """Whether it is kept even where it is empty."""
        return self.count == "SELECT 1"


@dataclass(frozen=True, slots=True)
class Refill:
    """A part of a step's inverse, from its statement number `at` on, that gives kept rows back to the table `subject`.

    `before` and `after` surround the others, silencing triggers. `statements` read the kept table as `place AS k`: they
    may as well read a part of it at a time, each in a transaction of its own. `rest` is for rows written since. `whole`
    says why the statements cannot be run for a part, "" where they can.
    """

    subject: str
    place: str
    statements: tuple[str, ...]
    rest: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    whole: str = ""
    at: int = 0

    @property
    def sql(self) -> tuple[str, ...]:
        """All of it, as the inverse has it."""
        return (*self.before, *self.statements, *self.rest, *self.after)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a migration with everything that surrounds it.

    Forward, in one transaction: `before`, `run`, `after`. `run` is the statement as written, except where it drops a
    table or a type: those are moved, so `run` holds the moves. Back: `inverse`, which finds its kept data in the places
    named in `kept`; `refills` are those parts of it that give rows back.
    """

    sql: str
    line: int
    run: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    kept: tuple[Kept, ...] = ()
    partings: tuple[Parting, ...] = ()
    refills: tuple[Refill, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that commit together; `transactional` is False for a single statement that refuses a transaction block."""

    steps: tuple[Step, ...]
    transactional: bool = True


class Verdict(StrEnum):
    """How good a rollback is proven to be."""

    EXACT = "exact"
    LOSSY = "lossy"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence that up, down, compared, up again is the identity. `reasons` say what is not, in the reader's words."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    tables: int = 0
    rows: int = 0
    server_version: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """What one statement did in the shadow.

    `locks` maps a table to the strongest lock taken on it (PostgreSQL docs 13.3 names); `rewrites` are tables whose
    storage was replaced; `rows` maps a table to (inserted, updated, deleted) rows; `scans` a table that was read from
    end to end to how many rows that were.
    """

    line: int
    sql: str
    seconds: float
    locks: dict[str, str] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()
    rows: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    scans: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is needed to apply one migration and to take it back; it survives as JSON in the journal.

    `down` is the team's own down.sql, where it takes the place of the steps' inverses; `proof` is of what is used, and
    `generated` then of those. `refused` says why a down.sql of their own is not used.
    """

    migration: str
    checksum: str
    groups: tuple[Group, ...]
    proof: Proof
    traces: tuple[Trace, ...] = ()
    down: str = ""
    generated: Proof | None = None
    refused: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in forward order."""
        return tuple(step for group in self.groups for step in group.steps)


# Outcomes: what a workflow returns


class Result(StrEnum):
    """How a workflow ended when it could do its job."""

    NOTHING = "nothing to do"
    APPLIED = "applied"
    REHEARSED = "rehearsed"  # --dry-run: nothing written
    BLOCKED = "blocked"
    ROLLED_BACK = "rolled back"
    PRUNED = "pruned"
    ERASED = "erased"
    CONFLICTS = "conflicts"  # rollback stopped: before anything changed, or in the middle of one that goes in stages
    OK = "ok"
    NOT_OK = "not ok"
    INCOMPLETE = "incomplete"  # some of what was to be read could not be


@dataclass(frozen=True, slots=True)
class MigrationOutcome:
    """What a workflow did, or would do, with one migration.

    `down` is the path of its down.sql; `returns` says in words what a rollback brings back or brought back.
    `detail` says in words how it stands, where its state alone does not. Of one only read, `path` is the file as the
    user would name it, and `text` what the spans of its findings point into.
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

    `database` is redacted. `next` are commands that lead on. `seconds` is the whole run.
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
