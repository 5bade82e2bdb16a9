"""The way into a SQLite file, with copies of it beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from uuid import uuid4

from safemigrate import __version__
from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import fingerprint
from safemigrate.db.sqlite.copy import backup, require_undamaged
from safemigrate.db.sqlite.standstill import standstill
from safemigrate.errors import HistoryError, MigrationFailed, Restored
from safemigrate.execute.sqlite import run
from safemigrate.lint import Facts
from safemigrate.model import Finding, KeptKind, Migration, Plan, Progress, SchemaChange, Verdict
from safemigrate.prisma import command
from safemigrate.prisma import sqlite_history as history
from safemigrate.rollback.sqlite import own
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.shadow.sqlite.replay import replay
from safemigrate.snapshot.store import Snapshot
from safemigrate.sql import split, statements_of
from safemigrate.sql.actions import CreateIndex
from safemigrate.workflow.engines.file_snapshot import take_snapshot
from safemigrate.workflow.on_file.as_tried import AsTried
from safemigrate.workflow.on_file.change import change_of
from safemigrate.workflow.on_file.facts import facts
from safemigrate.workflow.on_file.judge import judged
from safemigrate.workflow.on_file.rehearsal import SIDE, FileRehearsal, rehearse_all
from safemigrate.workflow.on_file.room import copies_in, require_free
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.on_file.trial import Trial
from safemigrate.workflow.options import ApplyOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.script import Script

_HISTORY, _BEFORE = "history", "before"
_ROUNDS = 3  # for whom an application writes to all the time


@dataclass(frozen=True, slots=True)
class FileWay:
    """A file with copies of it; see `Way`.

    `instead` are statements to run in the place of a migration's own: what takes its rollback back.
    """

    request: Request
    options: ApplyOptions
    target: FileTarget
    copies: Copies
    instead: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """What the rules may know of the file."""
        connection, state = self.target.connection, self.target.state
        # Of what is run again by other statements the text says nothing.
        again = [one for one in self.target.resolved.migrations if one.name in self.instead]
        applied = {one.name: one.checksum for one in (*state.applied, *again)}
        return facts(connection, read(connection), applied, made=_indexes(self.target.resolved.migrations))

    def difference(self) -> str:
        """Run the history in an empty file, and ask Prisma."""
        project, on_progress = self.target.resolved.project, self.request.on_progress
        with self.copies.opened(_HISTORY) as connection:
            replay(
                connection,
                self.target.resolved.migrations,
                on_progress,
                purpose="Without that nobody can say what schema.prisma asks for beyond it.",
                fix=("safemigrate apply --no-generate   # applies the pending migrations as they are",),
            )
        on_progress(Progress("generate", "asking Prisma what schema.prisma needs"))
        return command.diff(project, self.copies.url(_HISTORY))

    def unfit(self, script: str) -> str:
        """Ask whether it runs in one transaction."""
        return own.unfit(script)

    def rehearse(self, scripts: Sequence[Script]) -> FileTried:
        """Try the migrations in copies of the file, with every row."""
        version = self.target.version
        require_free({self.target.resolved.store: self.target.bytes * (1 + len(scripts))}, "to try it in copies")
        before, snapshot = self._before(scripts[-1].migration)
        if self.instead:
            if self.target.side.exists():
                self.copies.path(SIDE).unlink(missing_ok=True)  # what the try before left
                backup(self.target.side, self.copies.path(SIDE))
            scripts = [self._given(one) for one in scripts]
        known = _indexes([*self.target.resolved.migrations, *(one.migration for one in scripts)])
        rehearsal = rehearse_all(before, self.copies, scripts, known, self.request.on_progress)
        return FileTried(self, tuple(scripts), version, rehearsal, snapshot)

    def _given(self, script: Script) -> Script:
        said = ";\n".join(
            ("PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON", *self.instead[script.migration.name])
        )
        return replace(script, statements=tuple(split(said, dialect="sqlite")), takes_back=True)

    def _before(self, migration: Migration) -> tuple[Path, Snapshot | None]:
        """The file as it is now, which nobody writes to: a snapshot of it, where one is wanted."""
        if self.options.dry_run or self.options.snapshot == "none":
            before = self.copies.path(_BEFORE)
            backup(self.target.path, before)
            require_undamaged(before, self.target.path)  # as a snapshot is looked at
            return before, None
        taken = take_snapshot(self.request, self.target, migration.name)
        return taken.archive, taken


@dataclass(frozen=True, slots=True)
class FileTried:
    """What was tried on the way, of the file as it was at this `version`; see `Tried`."""

    way: FileWay
    scripts: tuple[Script, ...]
    version: int
    rehearsal: FileRehearsal
    snapshot: Snapshot | None

    @property
    def plans(self) -> tuple[Plan, ...]:
        """One for each migration."""
        return tuple(one.plan for one in self.rehearsal.trials)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What only the trial shows; `judged` has said it."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was put back."""
        return self.rehearsal.notes

    @property
    def change(self) -> SchemaChange:
        """What the migrations do to the schema."""
        trials = self.rehearsal.trials
        observed = [seen for one in trials for seen in one.seen.observations]
        return change_of(trials[0].seen.before, trials[-1].after, observed)

    def judged(self, findings: Sequence[Finding]) -> list[Finding]:
        """Hold the text's findings against what was seen, each migration's against its own."""
        trials = self.rehearsal.trials
        names = {one.seen.migration.name for one in trials}
        found = [one for one in findings if one.migration not in names]
        for trial, before in zip(trials, self.rehearsal.states, strict=False):
            mine = [one for one in findings if one.migration == trial.seen.migration.name]
            found += judged(mine, trial, before, self.rehearsal.side)
        return found

    def require_room(self, limit: int | None) -> None:
        """Raise HistoryError where what is kept takes more bytes, ShadowError where a disk has them not.

        It is there already, beside the copy.
        """
        size, target = self.rehearsal.side.stat().st_size, self.way.target
        grows = max(one.stat().st_size for one in self.rehearsal.states[1:]) - target.bytes
        require_free(
            {target.side.parent: size, target.path.parent: max(grows, 0)}, "to keep what goes, and to change it"
        )
        if limit is not None and size > limit:
            raise HistoryError(
                f"keeping what this change would lose takes {size:,} bytes beside the file",
                f"The setting keep_limit_bytes allows {limit:,}. Nothing was changed.",
                (
                    "raise keep_limit_bytes in safemigrate.toml, or remove it",
                    "safemigrate prune --returned --dry-run   # frees what no rollback needs any more",
                ),
            )

    def carry_out(self, migrations: Sequence[Migration]) -> None:
        """Apply the plans in order, each in one transaction.

        Where somebody wrote to the file meanwhile, all is tried again; it goes on as long as the same would be lost.
        """
        tried = self
        for _ in range(_ROUNDS):
            if self.way.target.version == tried.version:
                break
            again = self.way.rehearse(self.scripts)
            if again._losses != self._losses:
                break
            tried = again
        tried._run(migrations)

    @property
    def _losses(self) -> list[tuple[Verdict, frozenset[tuple[KeptKind, str]]]]:
        """What was agreed to, rows and values uncounted."""
        return [(plan.proof.verdict, frozenset((kept.kind, kept.subject) for kept in plan.kept)) for plan in self.plans]

    def _run(self, migrations: Sequence[Migration]) -> None:
        target, on_progress = self.way.target, self.way.request.on_progress
        aim = run.Target(
            target.connection, target.side, self.way.options.lock_timeout, self.way.options.retries, on_progress
        )
        for number, (migration, trial) in enumerate(zip(migrations, self.rehearsal.trials, strict=True)):
            on_progress(Progress("apply", migration.name, number, len(migrations)))
            self._one(aim, migration, trial, self.rehearsal.states[number + 1])
        on_progress(Progress("apply", migrations[-1].name, len(migrations), len(migrations)))

    def _one(self, aim: run.Target, migration: Migration, trial: Trial, reached: Path) -> None:
        connection, row, name = aim.connection, str(uuid4()), migration.name
        again = self.way.options.again
        tried = AsTried(self.way.target, self.version, reached, trial.after, trial.touched, name, again)

        def record() -> None:
            history.create_table(connection)
            history.record_applied(connection, migration, row)

        try:
            with tried.beside(), standstill(connection, trial.moment, migration.checksum):
                run.apply(
                    aim,
                    trial.plan,
                    run.Hooks(tried.require_unwritten, tried.require_same, record),
                    row=row,
                    foreign_keys=trial.seen.foreign_keys,
                    rehearsed=self.rehearsal.side,
                    before=fingerprint(trial.seen.before),
                    after=fingerprint(trial.after),
                    snapshot=self.snapshot.id if self.snapshot else "",
                    version=__version__,
                    touched=trial.touched,
                )
        except MigrationFailed as error:
            raise Restored(
                f"{name} failed, and {connection.path.name} is as it was before it: {error.summary}",
                error.why,
                error.fix or ("safemigrate status",),
            ) from error


@contextmanager
def file_way(request: Request, options: ApplyOptions, target: FileTarget) -> Iterator[FileWay]:
    """Make a folder for copies."""
    with copies_in(target.resolved.store) as made:
        yield FileWay(request, options, target, made)


def _indexes(migrations: Sequence[Migration]) -> set[str]:
    """Name the indexes that the history makes."""
    return {name for one in migrations for name in _made(one)}


@cache
def _made(migration: Migration) -> frozenset[str]:
    actions = (action for statement in statements_of(migration, "sqlite") for action in statement.actions)
    return frozenset(action.name for action in actions if isinstance(action, CreateIndex))
