"""The way back of a SQLite file: tried in a copy as it is now, and only then run in the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.compare import fingerprint
from safemigrate.db.sqlite.connection import Connection, quote
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.foreign_keys import Violations, foreign_keys
from safemigrate.db.sqlite.rows import differences
from safemigrate.db.sqlite.standstill import standstill
from safemigrate.db.sqlite.written import touched, writes
from safemigrate.errors import MigrationFailed, Restored, RollbackError
from safemigrate.execute.runs import Run
from safemigrate.execute.sqlite import journal, run
from safemigrate.model import Conflict, Group, Kept, Outcome, Plan, Progress, Proof, Step, Verdict
from safemigrate.prisma import sqlite_history as history
from safemigrate.rollback.sqlite.dangling import dangling
from safemigrate.rollback.sqlite.derive import Derived, key_of
from safemigrate.rollback.sqlite.prove import way_back
from safemigrate.rollback.sqlite.since import Since, put_back, since
from safemigrate.rollback.sqlite.there import there
from safemigrate.rollback.sqlite.undo import undo as derive_undo
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.workflow.back import conflicts, obstacles
from safemigrate.workflow.back.conflicts import Unanswerable
from safemigrate.workflow.back.reached import HalfDone
from safemigrate.workflow.back.settle import settle
from safemigrate.workflow.engines.file_undo import undo
from safemigrate.workflow.on_file import half_done
from safemigrate.workflow.on_file.as_tried import AsTried
from safemigrate.workflow.on_file.questions import FileQuestions, answer
from safemigrate.workflow.on_file.room import copies_in, read_through, require_free
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.on_file.trial import attached
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.taken import Taken

_NOW, _TAKEN, _OURS, _SIDE = "now", "taken", "ours", "kept"
_ROUNDS = 3  # for whom an application writes to all the time


@dataclass(frozen=True, slots=True)
class FileBack:
    """The way back of a file; see `Back`."""

    request: Request
    options: RollbackOptions
    target: FileTarget

    def _ask(self, connection: Connection) -> FileQuestions:
        return FileQuestions(connection, self.target.path, self.target.side, [])

    def answer(self, chosen: Sequence[Run]) -> None:
        """Write what --fill and --map say where the questions and the inverses read it."""
        answer(self.target, conflicts.answers(self.options, [one.plan for one in chosen]))

    def conflicts(self, plan: Plan) -> list[Conflict]:
        """Ask the plan's questions, but for those that --fill answers."""
        ask = self._ask(self.target.connection)
        if obstacles.drifted(self.target, plan):
            plan, stands = obstacles.cleared(ask, plan, there(read(self.target.connection)), self.options, [])
            if stands:
                return stands
        return conflicts.find(ask, plan, self.options, conflicts.answered(plan, self.options))

    def going(self, plan: Plan, unit: str = "") -> list[str]:
        """Say what was written since into things that go."""
        return conflicts.going(self._ask(self.target.connection), plan, unit)

    def large(self, _chosen: Sequence[Run]) -> list[str]:
        """Say nothing: there is one writer to a file, and one transaction."""
        return []

    def foresee(self, chosen: Sequence[Run]) -> Taken:
        """Take them back in copies of the file."""
        found = Taken()
        with copies_in(self.target.resolved.store) as made:
            try:
                self._tried(made, chosen, found)
            except MigrationFailed as error:
                raise RollbackError(
                    f"the rollback would fail: {error.summary}", error.why, error.fix or ("safemigrate snapshot list",)
                ) from error
        return found

    def take_back(self, chosen: Sequence[Run]) -> Taken:
        """Try it in a copy of the file as it is now, keep what goes, and then run it in the file."""
        for rounds in reversed(range(_ROUNDS)):
            found = Taken()
            with copies_in(self.target.resolved.store) as made:
                version = self.target.version
                try:
                    tried = self._tried(made, chosen, found)
                except MigrationFailed as error:
                    raise self._restored(error, chosen) from error
                if tried:
                    if rounds and self.target.version != version:
                        continue  # somebody writes to the file
                    self._carry_out(made, tried, chosen, found, version)
            return found
        raise AssertionError(_ROUNDS)

    def _restored(self, error: MigrationFailed, chosen: Sequence[Run]) -> Restored:
        drifted = self.target.fingerprint != chosen[0].fingerprint_after
        why = "Something else changed the schema since apply: the rollback may need what it renamed or took away."
        return Restored(
            f"the rollback failed, and {self.target.path.name} is as it was: {error.summary}",
            f"{error.why}\n{why}" if drifted else error.why,
            error.fix or ("safemigrate rollback --dry-run", *(("safemigrate snapshot list",) if drifted else ())),
        )

    def _tried(self, made: Copies, chosen: Sequence[Run], found: Taken) -> _Tried | None:
        """Take them back in copies, each in one of its own, to undo each by itself; None where a conflict stops it."""
        target, moment, way = self.target, datetime.now(UTC), list[_Way]()
        self.request.on_progress(Progress("snapshot", "the whole file"))
        needed = (1 + len(chosen)) * target.bytes + target.side.stat().st_size
        require_free({target.resolved.store: needed}, "to try the rollback in copies")
        backup(target.path, made.path(_NOW))
        backup(target.side, made.path(_SIDE))
        with read_through(made.path(_NOW), target.path):
            for number, one in enumerate(chosen):
                self.request.on_progress(Progress("rollback", one.migration, number, len(chosen)))
                back = self._one(made, _NOW if not way else way[-1].name, one, number, moment, found)
                if back is None:
                    return None
                way.append(back)
        if any(one.drifted for one in way):
            found.notes.append(
                "The schema was changed by something else since apply, so its fingerprint could not be compared; "
                "every statement of the proven rollback ran."
            )
        own, last = any(one.plan.down for one in chosen), way[-1]
        if own:
            found.notes += _unlike_ours(made, last.name, chosen, moment)
        reasons = tuple(reason for one in way for reason in one.undo.reasons)
        undone = tuple(Group(one.undo.steps) for one in reversed(way))
        undo = Plan(
            "rollback", fingerprint(last.after), undone, Proof(Verdict.LOSSY if reasons else Verdict.EXACT, reasons)
        )
        # A team's own down.sql is watched otherwise, so that of it nothing is known.
        reached = None if own else touched(way[0].before, last.after, {table for one in way for table in one.wrote})
        left = tuple(
            kept for one in way for kept in (*one.left, *(kept for step in one.undo.steps for kept in step.kept))
        )
        return _Tried(tuple(one.run for one in way), made.path(last.name), last.after, left, undo, moment, reached)

    def _one(self, made: Copies, source: str, one: Run, number: int, moment: datetime, found: Taken) -> _Way | None:
        name = f"{_TAKEN}_{number}"
        made.copy(source, name)
        with made.opened(name) as connection, attached(connection, made.path(source), made.path(_SIDE)):
            before, ask = read(connection), self._ask(connection)
            made_since, ran = self._since(one, before), list[str]()
            still = standstill(connection, moment, "")  # before a statement of FTS5 runs
            with still, foreign_keys(connection, on=False), connection.transaction(), writes(connection) as wrote:
                if made_since:
                    plan, stands = obstacles.cleared(ask, one.plan, there(before), self.options, found.notes)
                    found.conflicts += stands
                    if stands:
                        return None
                    one = replace(one, plan=plan)  # without what is about things that are gone
                for sql in made_since.first if made_since else ():
                    ask.execute(sql)
                settlement = settle(ask, one.plan, self.options)
                if number or settlement.settled:
                    found.conflicts += conflicts.find(ask, one.plan, self.options, settlement.done)
                    if found.conflicts:
                        return None
                found.settled += settlement.settled.values()
                found.notes += _going(ask, one.plan)
                ways = [sql for sql in ask.done if not _beside(sql)]
                inverse = [(settlement.replaced(sql), line) for sql, line in way_back(one.plan)]
                with standstill(connection, moment, one.checksum):
                    script.take_back(connection, inverse, own=bool(one.plan.down))
                if made_since:
                    ran, said = put_back(connection, made_since, before, read(connection))
                    found.notes += said
            after, written = read(connection), {table for _, table in wrote}
            if not made_since and fingerprint(after) != one.fingerprint_before:
                raise Restored(
                    f"the schema after the rollback would not be the one before {one.migration}",
                    "That showed in a copy. The file was only read.",
                    ("safemigrate status",),
                )
            key = f"{one.id} {number} {len(journal.rollbacks(self.target.connection))}"
            reached = None if one.plan.down else touched(before, after, written)
            undo = derive_undo(connection, "rollback", key, [one.plan], before, after, reached)
        run = _with(one, ways, [*(sql for sql, _ in inverse), *ran])
        left = (*settlement.kept, *(made_since.kept if made_since else ()))
        return _Way(name, run, before, after, left, undo, written, drifted=made_since is not None)

    def _since(self, one: Run, now: Catalog) -> Since | None:
        """Find what was made since a run by something else; None where the schema is as the run left it."""
        if fingerprint(now) == one.fingerprint_after:
            return None
        numbers = count(1)
        return since(one.plan, now, lambda: quote("safemigrate", f"left_{one.id}_{next(numbers)}"))

    def _carry_out(self, made: Copies, tried: _Tried, chosen: Sequence[Run], found: Taken, version: int) -> None:
        target, options = self.target, self.options
        connection = target.connection
        aim = run.Target(
            connection, target.side, options.lock_timeout, options.retries, self.request.on_progress, step="rollback"
        )
        again = options.again
        tried_as = AsTried(target, version, tried.path, tried.after, tried.touched, "the rollback", again)

        def record() -> None:
            for one in chosen:
                history.mark_rolled_back(connection, one.migration)
            if options.guard:
                names = ", ".join(one.migration for one in chosen)
                history.raise_guard(connection, f"{names} is on hold: safemigrate status")

        pointing: Violations = Counter()
        for one in chosen:
            pointing |= dangling(connection, key_of(one.migration, one.checksum))
        try:
            with tried_as.beside():
                run.take_back(
                    aim,
                    tried.runs,
                    run.Hooks(tried_as.require_unwritten, tried_as.require_same, record),
                    rehearsed=made.path(_SIDE),
                    left=tried.left,
                    undo=tried.undo,
                    fill=conflicts.answers(options, [one.plan for one in chosen]),
                    dangling=pointing,
                    moment=tried.moment,
                    touched=tried.touched,
                )
        except MigrationFailed as error:
            raise self._restored(error, chosen) from error
        found.done += chosen

    def standing(self, run: Run) -> str:
        """Say how far a rollback got: one of a file is never in between."""
        return f"{run.migration} is {run.state.value}"

    def go_on(self, run: Run) -> Taken:
        """A rollback of a file is one transaction."""
        raise AssertionError(run)

    def take_back_interrupted(self, run: Run) -> None:
        """A run of a file is one transaction."""
        raise AssertionError(run)

    def reached(self) -> HalfDone:
        """Replay the history in a copy, the failed migration statement by statement, and compare."""
        return half_done.locate(self.target)

    def take_back_failed(self, began: float) -> Outcome:
        """Take back what plain Prisma left, by comparing."""
        return half_done.take_back(self.request, self.options, self.target, began)

    def as_migration(self, chosen: Sequence[Run], began: float) -> Outcome:  # noqa: ARG002 what a server's takes
        """Refuse: what is kept lies beside the file, where no migration of Prisma's can read it."""
        raise RollbackError(
            f"the way back of {chosen[0].migration} cannot be a migration on SQLite",
            f"It reads what was kept in {self.target.side}, and Prisma opens the file alone.",
            ("safemigrate rollback   # takes it back in this file",),
        )

    def undo(self, began: float) -> Outcome:
        """Run what takes the last rollback back, tried and proven as a migration is."""
        return undo(self.request, self.options, self.target, began)


@dataclass(frozen=True, slots=True)
class _Way:
    """A run that was taken back in a copy of this name, as it is to be taken back, with what takes that back.

    `drifted`: something else had changed the schema since.
    """

    name: str
    run: Run
    before: Catalog
    after: Catalog
    left: tuple[Kept, ...]
    undo: Derived
    wrote: set[str]
    drifted: bool


@dataclass(frozen=True, slots=True)
class _Tried:
    """A rollback that ran in copies, of which `path` is the last: the runs as they are to be taken back, the way out.

    `undo` has a group for each, the oldest first. `moment` is the time that it was, and is to be again in the file
    itself. `touched` are the tables that are not certain to be as before, None for all.
    """

    runs: tuple[Run, ...]
    path: Path
    after: Catalog
    left: tuple[Kept, ...]
    undo: Plan
    moment: datetime
    touched: set[str] | None


def _with(one: Run, ways: Sequence[str], inverse: Sequence[str]) -> Run:
    """Take conflicts out of the way first, by a step of its own behind the others: the last is taken back first."""
    steps = one.plan.steps
    first = replace(steps[0], inverse=tuple(inverse))
    rest = (replace(step, inverse=()) for step in steps[1:])
    return replace(one, plan=replace(one.plan, groups=(Group((first, *rest, Step("", 0, (), inverse=tuple(ways)))),)))


def _going(ask: FileQuestions, plan: Plan) -> Iterator[str]:
    """Say what is there today of what goes."""
    for parting in (parting for step in reversed(plan.steps) for parting in step.partings if parting.unit):
        try:
            count = int(conflicts.value(ask, parting.count) or 0)
        except Unanswerable:  # something else took it away: nothing of it goes
            continue
        if count:
            yield f"{parting.subject} goes with {conflicts.gone(count, parting.unit)} of today; kept beside the file"


def _unlike_ours(made: Copies, taken: str, chosen: Sequence[Run], moment: datetime) -> Iterator[str]:
    """Say which rows of today a team's own way back leaves otherwise than ours; nothing where ours does not run now."""
    made.copy(_NOW, _OURS)
    with made.opened(_OURS) as connection, attached(connection, made.path(taken), made.path(_SIDE)):
        try:
            with foreign_keys(connection, on=False), connection.transaction():
                for one in chosen:
                    with standstill(connection, moment, one.checksum):
                        script.take_back(connection, way_back(replace(one.plan, down="")), own=False)
        except MigrationFailed:
            return
        for said in differences(connection, "main", "before"):
            yield f"your own down.sql leaves other rows than safemigrate's way back: {said}; --undo takes it back"


def _beside(sql: str) -> bool:
    """Whether a statement only copies into the side database: what it keeps is taken over from the copy's.

    What takes kept rows out runs in the file's own transaction: of two files SQLite commits the first one first, and
    kept rows that were used are no harm.
    """
    return bool(re.match(r'(CREATE TABLE( IF NOT EXISTS)?|INSERT INTO) "safemigrate"\.', sql))
