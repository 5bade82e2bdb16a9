"""`safemigrate apply`: read, rehearse, prove, apply, verify; or leave the database as it was and say why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safemigrate.execute.runs import Run
from safemigrate.model import (
    Migration,
    MigrationOutcome,
    Outcome,
    Progress,
    Result,
)
from safemigrate.prisma.migrations import passed_over, refuse_empty
from safemigrate.workflow.carry import carry, outcome_of
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.forward import generate
from safemigrate.workflow.options import ApplyOptions
from safemigrate.workflow.reading.pending import fixed
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, Target, require_fit_history, resolve


def apply(request: Request, options: ApplyOptions) -> Outcome:
    """Apply what is pending, and first generate what schema.prisma asks for where that was wanted.

    Raises Restored and NotRestored where the change failed on the target, ConsentRequired where data would go and
    nobody agreed, and whatever stopped it before: then the target was only read.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    engine = engine_of(resolved.project.provider)
    engine.sweep()
    with engine.opened(resolved, make=not options.dry_run) as opened:
        target = opened.target
        target.require_writable()
        if target.interrupted and not options.dry_run:
            request.on_progress(Progress("apply", f"going on with {target.interrupted.migration}, it was interrupted"))
            opened.finish(request, options)
            return _finished(resolved, target.interrupted, began)
        require_fit_history(target)
        wanted = options.generate if options.generate is not None else bool(request.ask_name)
        pending: Sequence[Migration] = target.state.pending
        if not pending and not wanted:
            return outcome_of(resolved, Result.NOTHING, began, notes=(*_edited(target), *passed_over(resolved.project)))
        refuse_empty(list(pending))
        with opened.way(request, options, pending) as way:
            if wanted and (sql := way.difference()):
                pending = (*pending, generate.write(request, resolved.project, sql, options.name))
            if not pending:
                return outcome_of(resolved, Result.NOTHING, began)
            notes: list[str] = []
            if options.fix:
                pending, notes = fixed(request, target, way.facts, pending)
            outcome = carry(request, options, way, pending, began)
            return _with_pair(request, resolved, replace(outcome, notes=(*notes, *outcome.notes)))


def _finished(resolved: Resolved, interrupted: Run, began: float) -> Outcome:
    plan = interrupted.plan
    outcome = MigrationOutcome(
        interrupted.migration, interrupted.checksum, "applied", proof=plan.proof, traces=plan.traces
    )
    return Outcome(
        "apply",
        Result.APPLIED,
        str(resolved.url),
        (outcome,),
        notes=("An interrupted run was finished.",),
        next=("safemigrate apply   # for what else is pending", "safemigrate status"),
        seconds=time.perf_counter() - began,
    )


def _with_pair(request: Request, resolved: Resolved, outcome: Outcome) -> Outcome:
    """Propose for the other schema of a pair what this one has now."""
    if not request.settings.pair or outcome.result is not Result.APPLIED:
        return outcome
    from safemigrate.workflow.pair.in_step import behind

    note, command = behind(request, resolved.project)
    return replace(outcome, notes=(*outcome.notes, *note), next=(*outcome.next, *command))


def _edited(target: Target) -> tuple[str, ...]:
    return tuple(
        f"{file.name} was edited after it was applied; see safemigrate status" for file, _ in target.state.edited
    )
