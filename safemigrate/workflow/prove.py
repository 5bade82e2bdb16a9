"""`safemigrate prove`: a history in a shadow, and of each of its migrations whether it can be taken back exactly."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from safemigrate.errors import ProjectError
from safemigrate.model import Migration, MigrationOutcome, Outcome, Progress, Result, Verdict
from safemigrate.prisma.migrations import migrations, without_sql
from safemigrate.prisma.project import find
from safemigrate.shadow.provider import shadow_server
from safemigrate.workflow.lanes import run_lanes
from safemigrate.workflow.request import Request
from safemigrate.workflow.resolve import refuse_other_providers, sweep
from safemigrate.workflow.trial import BROKEN, Terms

# What satisfies --require; a migration that does not run has no verdict, and satisfies `any` alone.
REQUIRED = {
    "exact": {Verdict.EXACT},
    "lossy": {Verdict.EXACT, Verdict.LOSSY},
    "any": set(Verdict),
}


@dataclass(frozen=True, slots=True)
class ProveOptions:
    """The flags of `prove`. Without `names`, `last` and `since` it is the whole history; `jobs` 0 is one a core."""

    names: tuple[str, ...] = ()
    last: int | None = None
    since: str | None = None
    rows: int = 5
    seed: int = 1
    require: str = "exact"
    shadow: str | None = None
    jobs: int = 0


def prove(request: Request, options: ProveOptions) -> Outcome:
    """Prove the migrations on disk that were asked for, each after all that come before it; no target is needed.

    Raises ProjectError for a project or a migration that is not there, ShadowError without a shadow.
    """
    began = time.perf_counter()
    sweep()
    project = find(request.project, request.schema or request.settings.schema)
    refuse_other_providers(project)
    history = migrations(project)
    wanted = _selected(history, options)
    if not wanted:
        return Outcome("prove", Result.NOTHING, seconds=time.perf_counter() - began)
    terms = Terms(options.rows, options.seed)
    with shadow_server(
        options.shadow, None, target_server=None, target_url=None, on_progress=request.on_progress
    ) as shadow:
        found: dict[int, MigrationOutcome] = {}
        request.on_progress(Progress("prove", f"{len(wanted)} migrations", 0, len(wanted)))
        with closing(run_lanes(shadow, history, wanted, terms, options.jobs or _cores())) as lanes:
            for number, outcome in lanes:
                found[number] = outcome
                request.on_progress(Progress("prove", outcome.name, len(found), len(wanted)))
        request.on_progress(Progress("prove", f"{len(wanted)} migrations", len(wanted), len(wanted)))
    outcomes = tuple(found[number] for number in wanted)
    below = [one for one in outcomes if not _satisfies(one, options.require)]
    return Outcome(
        "prove",
        Result.NOT_OK if below else Result.OK,
        migrations=outcomes,
        notes=tuple(f"{path.name} has no migration.sql and was passed over" for path in without_sql(project)),
        seconds=time.perf_counter() - began,
    )


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


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
