"""`safemigrate prove`: a history in a shadow, and of each of its migrations whether it can be taken back exactly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safemigrate.errors import ProjectError, word
from safemigrate.lint.policy import Policy
from safemigrate.model import Migration, MigrationOutcome, Outcome, Result
from safemigrate.prisma.migrations import migrations, passed_over
from safemigrate.prisma.pair import side
from safemigrate.snapshot import store
from safemigrate.sql import Dialect, statements_of
from safemigrate.workflow import snapshot as snapshots
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.options import ProveOptions
from safemigrate.workflow.proving import BROKEN, REQUIRED
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.request import Request


def prove(request: Request, options: ProveOptions) -> Outcome:
    """Prove the migrations on disk that were asked for, each after all that come before it; no target is needed.

    Raises ProjectError for a project or a migration that is not there, ShadowError without a shadow.
    """
    began = time.perf_counter()
    project = side(request.project, request.schema, request.settings)
    engine = engine_of(project.provider)
    engine.sweep()
    snapshot = store.find(snapshots.store_of(request), options.snapshot) if options.snapshot else None
    with engine.proving(request, options, migrations(project), snapshot) as proving:
        history = proving.history
        wanted = _selected(history, options)
        found = proving.proven(wanted)
    policy = Policy(request.settings.rules, str(request.settings.path or ""))
    outcomes = tuple(_at_levels(policy, project.provider, history[number], found[number]) for number in wanted)
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


def _at_levels(policy: Policy, dialect: Dialect, migration: Migration, outcome: MigrationOutcome) -> MigrationOutcome:
    outcome = replace(outcome, path=str(shown(migration.path)), text=migration.sql)
    if not outcome.findings:
        return outcome
    levelled = policy.judge(outcome.findings, statements_of(migration, dialect), migration.path, asks=True)
    return replace(outcome, findings=tuple(levelled))


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
                tuple(f"safemigrate prove {word(each)}" for each in close[:5]),
            )
    if options.names:
        return [number for number, name in enumerate(names) if name in options.names]
    first = names.index(options.since) if options.since else 0
    return list(range(len(names)))[first:][-options.last if options.last else 0 :]
