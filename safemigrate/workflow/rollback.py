"""`safemigrate rollback`: takes back what apply did, with its data, and keeps what was written since.

It needs no Prisma, no Node and no shadow: the proven inverse and the kept data lie in the target itself. Only for a
migration that plain Prisma left half done is a shadow needed, to find out how far it got.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safemigrate.errors import ConsentRequired, RollbackError, word
from safemigrate.execute.runs import SCHEMA, Run, RunState
from safemigrate.model import AppliedState, MigrationOutcome, Outcome, Progress, Result, Verdict
from safemigrate.rollback import down
from safemigrate.workflow.back.outcome import GO_ON, outcome_of
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.release import may_be_applied
from safemigrate.workflow.request import Request
from safemigrate.workflow.taken import Taken
from safemigrate.workflow.target import Target, require_no_rollback_under_way, resolve
from safemigrate.workflow.ways import Back


def rollback(request: Request, options: RollbackOptions) -> Outcome:
    """Take migrations back, newest first; conflicts are found before anything is changed.

    Raises RollbackError where that is not possible as asked, Restored where it failed and everything is as it was.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    engine = engine_of(resolved.project.provider)
    engine.sweep()
    with engine.opened(resolved) as opened:
        target, back = opened.target, opened.back(request, options)
        if options.undo:
            return back.undo(began)
        if options.failed:
            return _failed(options, target, back, began)
        if target.interrupted or target.state.failed:
            name = target.interrupted.migration if target.interrupted else target.state.failed[-1].name
            raise RollbackError(
                f"migration {name} is half done; it must be taken back or finished first",
                fix=("safemigrate rollback --failed", "safemigrate apply   # finishes one that safemigrate began"),
            )
        if target.rolling_back:
            if options.as_migration:
                require_no_rollback_under_way(target)
            return _go_on(request, options, target, back, target.rolling_back, began)
        chosen = _chosen(options, target)
        if options.as_migration:
            return back.as_migration(chosen, began)
        return _take_back(request, options, target, back, chosen, began)


def _chosen(options: RollbackOptions, target: Target) -> list[Run]:
    """Return the runs to take back, newest first: each must be the newest applied migration when its turn comes."""
    beside = word(target.resolved.url.restored)
    runs = {one.migration: one for one in target.runs if one.state is RunState.APPLIED}
    rows = [row for row in target.rows if row.state is AppliedState.APPLIED]
    applied = [row.name for row in sorted(rows, key=lambda row: (row.started_at, row.name.encode()))]
    if not applied:
        raise RollbackError("no migration is applied; there is nothing to take back", fix=("safemigrate status",))
    if options.to is not None:
        if options.to not in applied:
            raise RollbackError(
                f"migration {options.to} is not applied", fix=("safemigrate status   # names those that are",)
            )
        names = applied[applied.index(options.to) + 1 :]
    else:
        names = applied[-(options.last or 1) :]
    if not names:
        raise RollbackError(
            f"{options.to} is the newest applied migration; nothing is above it", fix=("safemigrate status",)
        )
    chosen = []
    for name in reversed(names):
        if name not in runs:
            raise RollbackError(
                f"nothing is kept to take migration {name} back with",
                "It was applied without safemigrate, or what was kept is gone. Prisma has no rollback. "
                "A snapshot or a backup from before it has the data.",
                ("safemigrate snapshot list", f"safemigrate snapshot restore ID --into {beside}"),
            )
        plan = runs[name].plan
        if options.generated and plan.generated:
            plan = replace(plan, down="", proof=plan.generated, generated=None)
        chosen.append(replace(runs[name], plan=plan))
        if chosen[-1].plan.proof.verdict is Verdict.IMPOSSIBLE:
            raise RollbackError(
                f"migration {name} cannot be taken back: {'; '.join(chosen[-1].plan.proof.reasons)}",
                "This was said, and agreed to, when it was applied. Its snapshot has everything as it was.",
                (f"safemigrate snapshot restore {chosen[-1].snapshot or 'ID'} --into {beside}",),
            )
    return chosen


def _take_back(
    request: Request, options: RollbackOptions, target: Target, back: Back, chosen: Sequence[Run], began: float
) -> Outcome:
    resolved = target.resolved
    losses = [
        f"{one.migration} is not exact: {reason}"
        for one in chosen
        if one.plan.proof.verdict is Verdict.LOSSY
        for reason in one.plan.proof.reasons
    ]
    back.answer(chosen)
    plan = chosen[0].plan
    found = back.conflicts(plan)
    stuck = [each for each in found if not each.way(options.on_conflict)]
    outcomes = tuple(_described(one, target.by_hand) for one in chosen)
    if stuck or options.dry_run:
        foreseen = None if stuck else back.foresee(chosen)
        if foreseen:
            stuck, said = foreseen.conflicts, foreseen.notes
            found = stuck or found
        else:
            said = [*back.going(plan), *back.large(chosen)]
            if len(chosen) > 1:
                said.append("Conflicts of the older migrations are looked for once the newer are back.")
        result = Result.CONFLICTS if stuck else Result.REHEARSED
        follow = () if stuck else (options.again,)
        return outcome_of(resolved, result, outcomes, began, found, (*said, *losses), follow)
    target.require_writable()
    losses += [said for one in chosen for said in back.going(one.plan, "rows")]
    if losses and not request.consent(resolved.url.name, losses):
        raise ConsentRequired(
            f"nobody agreed to this rollback of database {resolved.url.name}",
            "\n".join(losses),
            (
                f"{options.again} --confirm {word(resolved.url.name)}",
                f"safemigrate snapshot restore {chosen[0].snapshot or 'ID'} --into {word(resolved.url.restored)}",
            ),
        )
    taken = back.take_back(chosen)
    return _ended(request, options, target, taken, chosen, began)


def _go_on(request: Request, options: RollbackOptions, target: Target, back: Back, one: Run, began: float) -> Outcome:
    """Go on with the rollback that was stopped, and with nothing else: the flags that chose it do not count again."""
    resolved = target.resolved
    back.answer([one])
    if options.dry_run:
        note = f"{one.migration}: {back.standing(one)}"
        return outcome_of(resolved, Result.REHEARSED, (_described(one, target.by_hand),), began, (), (note,), (GO_ON,))
    request.on_progress(Progress("rollback", f"going on with {one.migration}, which was stopped"))
    taken = back.go_on(one)
    return _ended(request, options, target, taken, [one], began)


def _ended(
    request: Request, options: RollbackOptions, target: Target, taken: Taken, chosen: Sequence[Run], began: float
) -> Outcome:
    resolved = target.resolved
    back = [one.migration for one in taken.done]
    outcomes = tuple(
        _back(_described(one, target.by_hand)) if one in taken.done else _described(one, target.by_hand)
        for one in chosen
    )
    names = ", ".join(back)
    notes = list(taken.notes)
    if back:
        notes.append(
            f"plain `prisma migrate deploy` stops too, until {names} is released"
            if options.guard or taken.guard or target.guarded
            else f"plain `prisma migrate deploy` knows of no hold: it would apply {names} again"
        )
    if taken.conflicts:
        if taken.standing:
            stands = replace(outcomes[len(back)], state=RunState.ROLLING_BACK.value)
            outcomes = (*outcomes[: len(back)], stands, *outcomes[len(back) + 1 :])
            notes.append(taken.standing)
        elif back:
            notes.append(f"{names} is rolled back; {chosen[len(back)].migration} is as it was")
        follow = (GO_ON,) if taken.standing else ()
        return outcome_of(resolved, Result.CONFLICTS, outcomes, began, taken.conflicts, notes, follow)
    request.on_progress(Progress("rollback", "done", len(chosen), len(chosen)))
    return outcome_of(
        resolved,
        Result.ROLLED_BACK,
        outcomes,
        began,
        notes=notes,
        follow=("safemigrate status", f"safemigrate release {' '.join(map(word, back))}   # {may_be_applied(back)}"),
        settled=taken.settled,
    )


def _back(one: MigrationOutcome) -> MigrationOutcome:
    """Describe a migration that is rolled back: what was moved out of the way has moved back, copies are still kept."""
    copies = tuple(each for each in one.kept if each.place.startswith(f"{SCHEMA}."))
    return replace(one, state=RunState.ROLLED_BACK.value, kept=copies)


def _failed(options: RollbackOptions, target: Target, back: Back, began: float) -> Outcome:
    """Take back what is half done: our own interrupted run by its journal, or what plain Prisma left by comparing."""
    if interrupted := target.interrupted:
        outcome = _described(interrupted, target.by_hand)
        if options.dry_run:
            follow = ("safemigrate rollback --failed",)
            return outcome_of(target.resolved, Result.REHEARSED, (outcome,), began, follow=follow)
        back.take_back_interrupted(interrupted)
        return outcome_of(target.resolved, Result.ROLLED_BACK, (outcome,), began, follow=("safemigrate status",))
    if not target.state.failed:
        raise RollbackError("no migration has failed or is half done", fix=("safemigrate status",))
    return back.take_back_failed(began)


def _described(one: Run, by_hand: down.ByHand) -> MigrationOutcome:
    return MigrationOutcome(
        one.migration,
        one.checksum,
        one.state.value,
        proof=one.plan.proof,
        returns=one.plan.returns,
        kept=one.plan.kept,
        script=down.render(one.plan, by_hand),
    )
