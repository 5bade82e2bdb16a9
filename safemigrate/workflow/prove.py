"""`safemigrate prove`: a history in a shadow, and of each of its migrations whether it can be taken back exactly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ProjectError
from safemigrate.lint.policy import Policy
from safemigrate.model import AppliedState, Migration, MigrationOutcome, Outcome, Progress, Result
from safemigrate.prisma import history as prisma_history
from safemigrate.prisma.migrations import migrations, passed_over
from safemigrate.prisma.pair import side
from safemigrate.shadow.provider import shadow_server
from safemigrate.snapshot import store
from safemigrate.snapshot.restore import restore
from safemigrate.sql import statements_of
from safemigrate.workflow import snapshot as snapshots
from safemigrate.workflow.on_target.resolve import require_server, sweep
from safemigrate.workflow.proving import BEGIN, BROKEN, REQUIRED, Terms
from safemigrate.workflow.proving.proven import proven
from safemigrate.workflow.proving.remember import Memory
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.rehearsal.shadows import ensure_schema
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class ProveOptions:
    """The flags of `prove`. Without `names`, `last` and `since` it is the whole history; `jobs` 0 is one a core.

    `snapshot` is the id of one to begin with, instead of an empty database: its rows, and what it has not applied yet.
    """

    names: tuple[str, ...] = ()
    last: int | None = None
    since: str | None = None
    rows: int = 5
    seed: int = 1
    require: str = "exact"
    shadow: str | None = None
    jobs: int = 0
    cache: bool = True
    snapshot: str | None = None


def prove(request: Request, options: ProveOptions) -> Outcome:
    """Prove the migrations on disk that were asked for, each after all that come before it; no target is needed.

    Raises ProjectError for a project or a migration that is not there, ShadowError without a shadow.
    """
    began = time.perf_counter()
    sweep()
    project = side(request.project, request.schema, request.settings)
    require_server(project)
    history = migrations(project)
    snapshot = store.find(snapshots.store_of(request), options.snapshot) if options.snapshot else None
    terms = Terms(0 if snapshot else options.rows, options.seed)
    with shadow_server(
        options.shadow,
        target_server=snapshots.origin(snapshot) if snapshot else None,
        target_url=None,
        roles=snapshot.manifest.roles if snapshot else (),
        on_progress=request.on_progress,
    ) as shadow:
        begin = shadow.create(BEGIN)
        if snapshot:
            request.on_progress(Progress("restore", f"snapshot {snapshot.id} into the shadow"))
            restore(snapshot, begin, shadow=True)
            applied = _applied(begin)
            history = [one for one in history if one.name not in applied]
        ensure_schema(begin)
        wanted = _selected(history, options)
        ground = (shadow.describe, terms, snapshot and snapshot.manifest.sha256)
        memory = Memory(*ground) if options.cache else None
        found = proven(shadow, history, wanted, terms, memory, request.on_progress, jobs=options.jobs)
    policy = Policy(request.settings.rules, str(request.settings.path or ""))
    outcomes = tuple(_at_levels(policy, history[number], found[number]) for number in wanted)
    notes = passed_over(project)
    if not wanted:
        return Outcome("prove", Result.NOTHING, notes=notes, seconds=time.perf_counter() - began)
    below = [one for one in outcomes if not _satisfies(one, options.require)]
    return Outcome(
        "prove",
        Result.NOT_OK if below else Result.OK,
        migrations=outcomes,
        notes=notes,
        seconds=time.perf_counter() - began,
    )


def _at_levels(policy: Policy, migration: Migration, outcome: MigrationOutcome) -> MigrationOutcome:
    outcome = replace(outcome, path=str(shown(migration.path)), text=migration.sql)
    if not outcome.findings:
        return outcome
    levelled = policy.judge(outcome.findings, statements_of(migration), migration.path, asks=True)
    return replace(outcome, findings=tuple(levelled))


def _applied(url: DatabaseUrl) -> set[str]:
    with connect(url) as connection:
        rows = prisma_history.read(connection, url.schema) or ()
    return {row.name for row in rows if row.state is AppliedState.APPLIED}


def _satisfies(outcome: MigrationOutcome, require: str) -> bool:
    if outcome.state == BROKEN:
        return require == "any"
    return outcome.proof is not None and outcome.proof.verdict in REQUIRED[require]


def _selected(history: Sequence[Migration], options: ProveOptions) -> list[int]:
    names = [one.name for one in history]
    for name in (*options.names, *([options.since] if options.since else [])):
        if name not in names:
            close = [each for each in names if name in each]
            raise ProjectError(
                f"there is no migration {name}",
                "Names are the folders' names.",
                tuple(f"safemigrate prove {each}" for each in close[:5]),
            )
    if options.names:
        return [number for number, name in enumerate(names) if name in options.names]
    first = names.index(options.since) if options.since else 0
    return list(range(len(names)))[first:][-options.last if options.last else 0 :]
