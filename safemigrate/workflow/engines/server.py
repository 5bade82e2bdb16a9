"""PostgreSQL: the target and its shadow are databases of servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.errors import MigrationFailed, Restored, ShadowError
from safemigrate.execute import run, stages
from safemigrate.execute import way_back as stopped
from safemigrate.execute.runs import Run
from safemigrate.model import Conflict, Diagnosis, KeptOutcome, Migration, Outcome, Plan
from safemigrate.rollback.there import there
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.back import as_migration, conflicts, half_done, in_stages, obstacles
from safemigrate.workflow.back.questions import ServerQuestions, answer
from safemigrate.workflow.back.reached import HalfDone
from safemigrate.workflow.back.settle import needed
from safemigrate.workflow.back.take_back import take_back
from safemigrate.workflow.engines import server_erase
from safemigrate.workflow.engines.server_kept import end
from safemigrate.workflow.engines.server_snapshot import restore_into as restore_into
from safemigrate.workflow.engines.server_snapshot import take_snapshot
from safemigrate.workflow.engines.server_snapshot import verify_snapshot as verify_snapshot
from safemigrate.workflow.engines.server_undo import undo
from safemigrate.workflow.engines.server_way import ServerWay, aim_of, server_way
from safemigrate.workflow.fitness import Check, Seen, check_disk, check_history, check_snapshots
from safemigrate.workflow.forward import carry_out
from safemigrate.workflow.on_server import fitness
from safemigrate.workflow.on_server.resolve import ServerTarget, refused
from safemigrate.workflow.on_server.resolve import opened as connected
from safemigrate.workflow.on_server.resolve import sweep as sweep
from safemigrate.workflow.options import ApplyOptions, EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.taken import Taken
from safemigrate.workflow.target import Resolved
from safemigrate.workflow.ways import Found

if TYPE_CHECKING:  # one command each: the others need not wait for them
    from safemigrate.prisma.project import Project
    from safemigrate.workflow.adopt.adoption import Adoption
    from safemigrate.workflow.adopt.on_server import ServerAdopter
    from safemigrate.workflow.engines.server_proving import ServerProving
    from safemigrate.workflow.options import ProveOptions


@dataclass(frozen=True, slots=True)
class ServerBack:
    """The way back on a server; see `Back`."""

    request: Request
    options: RollbackOptions
    target: ServerTarget

    @property
    def _ask(self) -> ServerQuestions:
        return ServerQuestions(self.target.connection, self.target.resolved.url)

    @property
    def _aim(self) -> run.Target:
        return aim_of(self.request, self.options, self.target, "rollback")

    def answer(self, chosen: Sequence[Run]) -> None:
        """Let the server's session know what --fill and --map say."""
        answer(self.target.connection, self.options, chosen)

    def conflicts(self, plan: Plan) -> list[Conflict]:
        """Ask the plan's questions, but for those that --fill answers."""
        if obstacles.drifted(self.target, plan):
            plan, stands = obstacles.cleared(self._ask, plan, there(read(self.target.connection)), self.options, [])
            if stands and (self.options.dry_run or all(one.keep_new for one in stands)):
                return stands
            if stands:  # the server itself decides, in the transaction
                return []
        return conflicts.find(self._ask, plan, self.options, conflicts.answered(plan, self.options))

    def going(self, plan: Plan, unit: str = "") -> list[str]:
        """Say what was written since into things that go."""
        return conflicts.going(self._ask, plan, unit)

    def large(self, chosen: Sequence[Run]) -> list[str]:
        """Say of what has many rows to bring back whether they come in batches."""
        connection, options = self.target.connection, self.options
        found = []
        for one in chosen:
            cut = [stage for stage in stages.cut(connection, one.plan, options.batch_rows) if stage.place]
            how = f"{options.batch_rows:,} at a time, each time in a transaction of its own; constraints come last"
            if cut and needed(self._ask, one.plan, options):
                how = "in one transaction, and its locks last as long: conflicts are settled in it"
            refilled = dict.fromkeys((stage.subject, stage.rows) for stage in cut)
            found += [f"{rows:,} rows of {subject} go back {how}" for subject, rows in refilled]
            found += stages.whole(connection, one.plan, options.batch_rows)
        return found

    def foresee(self, chosen: Sequence[Run]) -> None:
        """Ask only: a copy of a server's rows takes as long as its snapshot."""

    def take_back(self, chosen: Sequence[Run]) -> Taken:
        """Run the proven inverses."""
        return take_back(self.options, self._aim, self.target.resolved, self.target, chosen)

    def standing(self, run: Run) -> str:
        """Say how far a rollback got that was stopped."""
        return in_stages.standing(stopped.read(self.target.connection, run.id))

    def go_on(self, run: Run) -> Taken:
        """Go on with it, on the terms it was begun with."""
        return in_stages.go_on(self.options, self._aim, self.target.resolved, run)

    def take_back_interrupted(self, interrupted: Run) -> None:
        """Take back the groups that committed."""
        with run.exclusive(self.target.connection):
            try:
                carry_out.take_back(self._aim, self.target.resolved, interrupted)
            except MigrationFailed as error:
                raise Restored(
                    f"the rollback failed and changed nothing: {error.summary}", error.why, ("safemigrate apply",)
                ) from error

    def reached(self) -> HalfDone:
        """Replay the history in a shadow, and compare."""
        try:
            return half_done.locate(self.request, self.target.resolved, self.target, self.options.shadow)
        except session.SqlError as error:
            raise ShadowError(
                f"the server refused a query: {session.Refusal.of(error).message}", fix=("safemigrate doctor",)
            ) from error

    def take_back_failed(self, began: float) -> Outcome:
        """Take back what plain Prisma left, by comparing."""
        return half_done.take_back(self.request, self.options, self.target.resolved, self.target, self._aim, began)

    def as_migration(self, chosen: Sequence[Run], began: float) -> Outcome:
        """Write the way back as a migration."""
        return as_migration.write(self.request, self.options, self.target.resolved, self.target, chosen, began)

    def undo(self, began: float) -> Outcome:
        """Run again what was taken back."""
        return undo(self.request, self.options, self.target, began)


@dataclass(frozen=True, slots=True)
class ServerOpened:
    """An open target; see `Opened`."""

    target: ServerTarget

    def way(
        self, request: Request, options: ApplyOptions, pending: Sequence[Migration]
    ) -> AbstractContextManager[ServerWay]:
        """Start a shadow like the target."""
        return server_way(request, options, self.target, pending)

    def finish(self, request: Request, options: ApplyOptions) -> None:
        """Finish the run that was interrupted; its plan and proof are in the journal."""
        assert self.target.interrupted is not None
        carry_out.finish(aim_of(request, options, self.target, "apply"), self.target.resolved, self.target.interrupted)

    def snapshot(
        self,
        request: Request,
        scope: str,
        shadow: str | None,
        *,
        compact: bool = False,  # noqa: ARG002 a dump has no free pages
    ) -> Snapshot:
        """Take a snapshot."""
        return take_snapshot(request, self.target, scope, shadow)

    def end_kept(
        self, request: Request, options: PruneOptions, chosen: Callable[[], Sequence[KeptOutcome]]
    ) -> Sequence[KeptOutcome]:
        """End it under Prisma's lock."""
        return end(aim_of(request, options, self.target, "prune"), chosen)

    def called(self, table: str) -> str:
        """Quote a table's name, with its schema."""
        return server_erase.called(table, self.target.resolved.url.schema)

    def find_kept(self, table: str, key: Mapping[str, str]) -> Sequence[Found]:
        """Look in the schema safemigrate."""
        return list(server_erase.find(self.target, table, key))

    def erase(self, request: Request, options: EraseOptions) -> None:
        """Delete it under Prisma's lock."""
        places = self.find_kept(self.called(options.table), options.key)
        server_erase.erase(aim_of(request, options, self.target, "erase"), places)

    def back(self, request: Request, options: RollbackOptions) -> ServerBack:
        """Give the way back."""
        return ServerBack(request, options, self.target)


@contextmanager
def opened(resolved: Resolved, *, make: bool = False) -> Iterator[ServerOpened]:  # noqa: ARG001 a file can be made
    """Connect to the target."""
    with connected(resolved) as target:
        yield ServerOpened(target)


def checks(stack: ExitStack) -> Sequence[tuple[str, Check]]:
    """Return what `doctor` asks of a server."""
    from safemigrate.workflow.adopt import gaps

    return [
        ("connection", _answered(partial(fitness.check_connection, stack))),
        ("server", _answered(fitness.check_server)),
        ("rights", _answered(fitness.check_rights)),
        ("ownership", _answered(fitness.check_ownership)),
        ("history", _answered(check_history)),
        ("pg_dump", fitness.check_programs),
        ("shadow", _answered(fitness.check_shadow)),
        ("shadowDatabaseUrl", gaps.check_prisma_shadow),
        ("snapshots", check_snapshots),
        ("backups", _answered(gaps.check_backups)),
        ("disk", check_disk),
    ]


def _answered(check: Check) -> Check:
    """Tell what a server refuses to a check."""

    def asked(request: Request, seen: Seen, shadow: str | None) -> Iterator[Diagnosis]:
        try:
            yield from check(request, seen, shadow)
        except session.SqlError as error:
            assert seen.url  # else there was nobody to ask
            raise refused(seen.url, error) from error

    return asked


@contextmanager
def adopter(request: Request, resolved: Resolved, shadow: str | None) -> Iterator[ServerAdopter]:
    """Open the database."""
    from safemigrate.workflow.adopt.on_server import ServerAdopter

    with connected(resolved) as target:
        yield ServerAdopter(request, target, shadow)


def without_database(request: Request, project: Project, shadow: str | None) -> Adoption:
    """Take a project in that has no database yet."""
    from safemigrate.workflow.adopt import on_server

    return on_server.without_database(request, project, shadow)


def proving(
    request: Request, options: ProveOptions, history: Sequence[Migration], snapshot: Snapshot | None
) -> AbstractContextManager[ServerProving]:
    """Start a shadow for a history."""
    from safemigrate.workflow.engines import server_proving

    return server_proving.proving(request, options, history, snapshot)
