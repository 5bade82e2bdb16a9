"""A migration that another tool left half done: how far it got, and what is told of taking that part back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safemigrate.errors import HistoryError, MigrationFailed, Restored, word
from safemigrate.model import (
    Conflict,
    Group,
    Migration,
    MigrationOutcome,
    Outcome,
    Plan,
    Proof,
    Result,
    Step,
    Verdict,
)
from safemigrate.sql import Statement
from safemigrate.sql.actions import CreateTable, Delete, Insert, Update
from safemigrate.workflow.back.outcome import outcome_of
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.target import Target


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A failed migration: the first of its statements, `done`, are in the database, and `steps` take them back.

    `lost` names what those statements dropped; nobody kept it. `differences` are left over between target and shadow.
    """

    migration: Migration
    done: Sequence[Statement]
    total: int
    steps: tuple[Step, ...]
    lost: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def said(self) -> str:
        """How far it got, in words."""
        if not self.done:
            return f"none of its {self.total} statements is in the database"
        line = self.done[-1].span.line
        return f"{len(self.done)} of its {self.total} statements are in the database, up to line {line}"

    @property
    def plan(self) -> Plan:
        """What is taken back; nothing of it was kept."""
        reasons = [f"{one} comes back empty" for one in self.lost]
        reasons += [f"what its statements did to the rows of {one} stays" for one in self.written]
        proof = Proof(Verdict.LOSSY if reasons else Verdict.EXACT, tuple(reasons))
        return Plan(self.migration.name, self.migration.checksum, (Group(self.steps),), proof)

    @property
    def inverse(self) -> list[str]:
        """The statements that take it back."""
        return [sql for step in reversed(self.steps) for sql in step.inverse]

    @property
    def written(self) -> list[str]:
        """The tables from before it whose rows those statements insert, update or delete."""
        actions = [action for one in self.done for action in one.actions]
        born = {one.table.name.lower() for one in actions if isinstance(one, CreateTable)}
        wrote = (one.table for one in actions if isinstance(one, Insert | Update | Delete))
        return list(dict.fromkeys(str(table) for table in wrote if table.name.lower() not in born))


def failed(target: Target) -> Migration:
    """Return the migration that failed last. Raises HistoryError where its folder is gone."""
    row = target.state.failed[-1]
    resolved = target.resolved
    migration = next((one for one in resolved.migrations if one.name == row.name), None)
    if migration is None:
        raise HistoryError(
            f"migration {row.name} failed, and its folder is not in {resolved.project.migrations}",
            "Without its SQL nobody can say how far it got.",
            (f"git log --all -- {word(f'*{row.name}/migration.sql')}",),
        )
    return migration


def take_back(
    target: Target,
    options: RollbackOptions,
    found: HalfDone,
    began: float,
    run: Callable[[], None],
    conflicts: Sequence[Conflict] = (),
) -> Outcome:
    """Have `run` take it back, unless it is only to be told, or there are conflicts.

    Raises Restored where that failed and changed nothing.
    """
    name = found.migration.name
    notes = [f"{name}: {found.said}."]
    notes += [f"{one} was dropped by Prisma and comes back empty: nothing was kept" for one in found.lost]
    notes += [f"what it did to the rows of {one} stays: nobody kept what was there" for one in found.written]
    notes += [f"left as it is: {line}" for line in found.differences]
    script = "\n".join(f"{sql};" for sql in found.inverse)
    outcome = MigrationOutcome(name, found.migration.checksum, "failed", proof=found.plan.proof, script=script)
    if conflicts:
        return outcome_of(target.resolved, Result.CONFLICTS, (outcome,), began, conflicts, notes)
    if options.dry_run:
        follow = ("safemigrate rollback --failed",)
        return outcome_of(target.resolved, Result.REHEARSED, (outcome,), began, notes=notes, follow=follow)
    try:
        run()
    except MigrationFailed as error:
        raise Restored(
            f"taking {name} back failed and changed nothing: {error.summary}",
            error.why,
            (
                "safemigrate rollback --failed --dry-run   # shows its statements: mend them, run them by hand, then",
                f"npx prisma migrate resolve --rolled-back {word(name)}",
                "safemigrate snapshot list",
            ),
        ) from error
    follow = ("safemigrate apply   # once the file is mended",)
    return outcome_of(target.resolved, Result.ROLLED_BACK, (outcome,), began, notes=notes, follow=follow)
