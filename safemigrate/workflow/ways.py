"""What is done with a database that is open: tried in a shadow, carried out, taken back; each kind has its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from safemigrate.execute.runs import Run
from safemigrate.lint.facts import Facts
from safemigrate.model import Conflict, Finding, KeptOutcome, Migration, MigrationOutcome, Outcome, Plan, SchemaChange
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.options import ApplyOptions, EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.script import Script
from safemigrate.workflow.taken import Taken
from safemigrate.workflow.target import Target


class Tried(Protocol):
    """Migrations that were tried in a shadow, each with its plan and proof, and not yet in the target."""

    @property
    def plans(self) -> tuple[Plan, ...]:
        """One for each migration."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What only the rehearsal as a whole shows."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot that was taken for it."""

    @property
    def change(self) -> SchemaChange | None:
        """What the migrations do to the schema."""

    def judged(self, findings: Sequence[Finding]) -> list[Finding]:
        """Hold the text's findings against what was seen, each migration's against its own."""

    def require_room(self, limit: int | None) -> None:
        """Raise HistoryError where keeping is estimated to take more than `limit` bytes; None is no limit."""

    def carry_out(self, migrations: Sequence[Migration]) -> None:
        """Apply the plans in order. Raises Restored or NotRestored where one fails."""


class Way(Protocol):
    """Where migrations go: an open target, and a shadow to try them in."""

    @property
    def target(self) -> Target:
        """The target."""

    @property
    def facts(self) -> Facts:
        """What the rules may know of the target."""

    def difference(self) -> str:
        """Return the SQL that leads from the history's end to schema.prisma, "" where it is there. Asks Prisma."""

    def unfit(self, script: str) -> str:
        """Say why a team's own down.sql cannot be run here, "" if it can."""

    def rehearse(self, scripts: Sequence[Script]) -> Tried:
        """Trace, snapshot, rehearse, prove; the target is only read. Raises MigrationFailed."""


class Reached(Protocol):
    """A failed migration, as far as it got."""

    @property
    def said(self) -> str:
        """How far, in words."""

    @property
    def lost(self) -> tuple[str, ...]:
        """What its statements dropped, and nobody kept."""


class Back(Protocol):
    """How migrations that were applied are taken back."""

    def answer(self, chosen: Sequence[Run]) -> None:
        """Take what --fill and --map say. Raises RollbackError for what no column or enum takes."""

    def conflicts(self, plan: Plan) -> list[Conflict]:
        """Return the rows of today that cannot go back as they are."""

    def going(self, plan: Plan, unit: str = "") -> list[str]:
        """Say what was written since into things that go; of one `unit`, where that is given."""

    def large(self, chosen: Sequence[Run]) -> list[str]:
        """Say of what has many rows to bring back whether they come in batches."""

    def foresee(self, chosen: Sequence[Run]) -> Taken | None:
        """Try it beside the target; None where no copy is made for that. Raises RollbackError where it would fail."""

    def take_back(self, chosen: Sequence[Run]) -> Taken:
        """Take them back, newest first. Raises Restored where that failed and everything is as it was."""

    def standing(self, run: Run) -> str:
        """Say how far a rollback got that was stopped."""

    def go_on(self, run: Run) -> Taken:
        """Go on with a rollback that was stopped."""

    def take_back_interrupted(self, run: Run) -> None:
        """Take back what an interrupted run of ours had done. Raises Restored."""

    def reached(self) -> Reached:
        """Find out how far the migration got that another tool left half done. Raises HistoryError, ShadowError."""

    def take_back_failed(self, began: float) -> Outcome:
        """Take back what another tool left half done."""

    def as_migration(self, chosen: Sequence[Run], began: float) -> Outcome:
        """Write the way back as a migration."""

    def undo(self, began: float) -> Outcome:
        """Take the last rollback back."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place where rows of a table are kept, and the condition that finds one row there, "" where nothing can.

    `rows` counts what it finds.
    """

    place: str
    what: str
    where: str = ""
    values: tuple[str, ...] = ()
    rows: int = 0


class Opened(Protocol):
    """An open target, and what can be done with it."""

    @property
    def target(self) -> Target:
        """The target as it stood when it was opened."""

    def way(self, request: Request, options: ApplyOptions, pending: Sequence[Migration]) -> AbstractContextManager[Way]:
        """Give a shadow beside the target, in which these migrations can run."""

    def finish(self, request: Request, options: ApplyOptions) -> None:
        """Finish the run that was interrupted between two groups. Raises Restored or NotRestored."""

    def snapshot(self, request: Request, scope: str, shadow: str | None, *, compact: bool = False) -> Snapshot:
        """Take a snapshot of that scope; `compact` leaves out what a file has to spare. Raises SnapshotError."""

    def end_kept(
        self, request: Request, options: PruneOptions, chosen: Callable[[], Sequence[KeptOutcome]]
    ) -> Sequence[KeptOutcome]:
        """End what is chosen once nobody else can use it: empty what a rollback still names, drop the rest."""

    def called(self, table: str) -> str:
        """Write the name of a table as what is kept of it has it."""

    def find_kept(self, table: str, key: Mapping[str, str]) -> Sequence[Found]:
        """Look for a row wherever rows of its table, as it is `called`, are kept."""

    def erase(self, request: Request, options: EraseOptions) -> None:
        """Delete what `find_kept` finds, in one transaction. Raises Restored."""

    def back(self, request: Request, options: RollbackOptions) -> Back:
        """Give the way back."""


class Proving(Protocol):
    """Where a history is proven, migration by migration."""

    @property
    def history(self) -> Sequence[Migration]:
        """The migrations that are not there from the beginning."""

    def proven(self, wanted: Sequence[int]) -> dict[int, MigrationOutcome]:
        """Prove the migrations of these numbers, each on what all before it made."""
