"""The way into a PostgreSQL database, with a shadow on another server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate import proc
from safemigrate.db.catalog import Catalog, read
from safemigrate.execute import run
from safemigrate.lint import Facts
from safemigrate.model import Finding, Migration, Plan, Progress, SchemaChange
from safemigrate.prisma import command
from safemigrate.rollback import own
from safemigrate.shadow.provider import Shadow
from safemigrate.snapshot.store import Snapshot
from safemigrate.sql import executable
from safemigrate.workflow.forward import carry_out, generate
from safemigrate.workflow.judge import Evidence, judge
from safemigrate.workflow.on_server.facts import facts, sizes
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.room import require_room
from safemigrate.workflow.on_server.shadow import shadow_for
from safemigrate.workflow.options import ApplyOptions, EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.rehearsal.change import change_of
from safemigrate.workflow.rehearsal.estimate import estimated
from safemigrate.workflow.rehearsal.rehearse import Rehearsal, Source, rehearse_all
from safemigrate.workflow.rehearsal.shadows import HISTORY, replayed
from safemigrate.workflow.request import Request
from safemigrate.workflow.script import Script


@dataclass(frozen=True, slots=True)
class ServerWay:
    """A target with a shadow beside it; see `Way`.

    `amend` may add to proven plans, which then write to the tables `also` without anybody keeping what was there.
    """

    request: Request
    options: ApplyOptions
    target: ServerTarget
    shadow: Shadow
    scratch: Path
    amend: Callable[[Rehearsal], Rehearsal] = lambda rehearsal: rehearsal
    also: Collection[str] = ()

    @property
    def facts(self) -> Facts:
        """What the rules may know of the target."""
        return facts(self.target, self.target.resolved.url.schema)

    def difference(self) -> str:
        """Replay the history into an empty shadow database, and ask Prisma.

        The history is the base, not the target: drift in the target must not be dropped by a migration that nobody
        wrote. Raises HistoryError for a history that does not replay, PrismaError from the CLI.
        """
        resolved, on_progress = self.target.resolved, self.request.on_progress
        with replayed(
            self.shadow,
            resolved.migrations,
            on_progress,
            purpose="Without that nobody can say what schema.prisma asks for beyond it.",
            fix=("safemigrate apply --no-generate   # applies the pending migrations as they are",),
        ):
            on_progress(Progress("generate", "asking Prisma what schema.prisma needs"))
            return command.diff(resolved.project, self.shadow.url(HISTORY))

    def unfit(self, script: str) -> str:
        """Ask whether it runs in one transaction."""
        return own.unfit(script)

    def rehearse(self, scripts: Sequence[Script]) -> ServerTried:
        """Try the migrations on the bare schema, and then on a restored snapshot."""
        scripts = [replace(one, statements=tuple(executable(one.migration, one.statements))) for one in scripts]
        resolved, options = self.target.resolved, self.options
        store = self.scratch if options.dry_run else resolved.store
        source = Source(resolved.url, self.target.server, store, options.snapshot, generate.git_state(resolved.project))
        seen = read(self.target.connection)
        rehearsal = self.amend(rehearse_all(source, self.shadow, scripts, self.request.on_progress))
        counted = sizes(self.facts)
        evidence = [replace(one, target=counted) for one in rehearsal.evidence]
        return ServerTried(
            self, rehearsal, seen, tuple(estimated(evidence, source, self.shadow, self.request.on_progress))
        )


@dataclass(frozen=True, slots=True)
class ServerTried:
    """What was rehearsed on the way; `seen` is the target's catalog from before. See `Tried`."""

    way: ServerWay
    rehearsal: Rehearsal
    seen: Catalog
    evidence: tuple[Evidence, ...]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """One for each migration."""
        return self.rehearsal.plans

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What only the rehearsal as a whole shows."""
        return self.rehearsal.findings

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return self.rehearsal.notes

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot that was restored into the shadow."""
        return self.rehearsal.snapshot

    @property
    def change(self) -> SchemaChange | None:
        """What the migrations do to the schema."""
        return change_of(self.rehearsal.catalogs[0], self.rehearsal.catalogs[-1])

    def judged(self, findings: Sequence[Finding]) -> list[Finding]:
        """Hold the text's findings against the evidence, each migration's against its own."""
        judged = [one for one in findings if one.migration not in {each.seen.migration.name for each in self.evidence}]
        for evidence in self.evidence:
            judged += judge([one for one in findings if one.migration == evidence.seen.migration.name], evidence)
        return judged

    def require_room(self, limit: int | None) -> None:
        """Raise HistoryError where keeping takes more bytes."""
        require_room(self.way.target.connection, self.plans, limit)

    def carry_out(self, migrations: Sequence[Migration]) -> None:
        """Apply the plans in order."""
        way = self.way
        carry_out.carry_out(
            aim_of(way.request, way.options, way.target, "apply"),
            way.target.resolved,
            way.target,
            migrations,
            self.rehearsal,
            seen=self.seen,
            owners=way.shadow.own,
            also=way.also,
        )


@contextmanager
def server_way(
    request: Request, options: ApplyOptions, target: ServerTarget, pending: Sequence[Migration]
) -> Iterator[ServerWay]:
    """Start a shadow like the target."""
    with (
        proc.scratch() as scratch,
        shadow_for(request, target.resolved, target, options.shadow, pending) as shadow,
    ):
        yield ServerWay(request, options, target, shadow, scratch)


def aim_of(
    request: Request,
    options: ApplyOptions | RollbackOptions | PruneOptions | EraseOptions,
    target: ServerTarget,
    step: str,
) -> run.Target:
    """The database as `execute` takes it."""
    return run.Target(
        target.connection,
        target.resolved.url,
        options.lock_timeout,
        options.retries,
        request.on_progress,
        step=step,
    )
