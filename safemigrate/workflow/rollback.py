"""`safemigrate rollback`: takes back what apply did, with its data, and keeps what was written since.

It needs no Prisma, no Node and no shadow: the proven inverse and the kept data lie in the target itself. Only for a
migration that plain Prisma left half done is a shadow needed, to find out how far it got.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from safemigrate.errors import ConsentRequired, MigrationFailed, Restored, RollbackError
from safemigrate.execute import journal, run
from safemigrate.model import AppliedState, Conflict, MigrationOutcome, Outcome, Progress, Result, Verdict
from safemigrate.rollback import down
from safemigrate.workflow import carry_out, conflicts, half_done
from safemigrate.workflow.request import Request
from safemigrate.workflow.resolve import Resolved, Target, opened, resolve, sweep
from safemigrate.workflow.take_back import take_back


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """The flags of `rollback`. `fill` gives values to rows written since, by the column they need one for.

    `guard` makes plain `prisma migrate deploy` stop too, until what is put on hold is released.
    """

    last: int | None = None
    to: str | None = None
    failed: bool = False
    dry_run: bool = False
    lock_timeout: float = 3.0
    retries: int = 5
    shadow: str | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    guard: bool = False


def rollback(request: Request, options: RollbackOptions) -> Outcome:
    """Take migrations back, newest first, in one transaction; conflicts are found before anything is changed.

    Raises RollbackError where that is not possible as asked, Restored where it failed and everything is as it was.
    """
    began = time.perf_counter()
    sweep()
    resolved = resolve(request)
    request.on_progress(Progress("resolve", f"{resolved.url}, from {resolved.source}"))
    with opened(resolved) as target:
        aim = run.Target(target.connection, resolved.url, options.lock_timeout, options.retries, request.on_progress)
        if options.failed:
            return _failed(request, options, resolved, target, aim, began)
        if target.interrupted or target.state.failed:
            name = target.interrupted.migration if target.interrupted else target.state.failed[-1].name
            raise RollbackError(
                f"migration {name} is half done; it must be taken back or finished first",
                fix=("safemigrate rollback --failed", "safemigrate apply   # finishes one that safemigrate began"),
            )
        chosen = _chosen(options, target)
        return _take_back(request, options, resolved, target, aim, chosen, began)


def _chosen(options: RollbackOptions, target: Target) -> list[journal.Run]:
    """Return the runs to take back, newest first: each must be the newest applied migration when its turn comes."""
    runs = {one.migration: one for one in target.runs if one.state is journal.RunState.APPLIED}
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
        raise RollbackError(f"{options.to} is the newest applied migration; nothing is above it")
    chosen = []
    for name in reversed(names):
        if name not in runs:
            raise RollbackError(
                f"migration {name} was not applied by safemigrate, so nothing was kept to take it back with",
                "Prisma has no rollback. A snapshot from before it, or the backup of your provider, has the data.",
                ("safemigrate snapshot list", "safemigrate snapshot restore ID --into NEW_DATABASE"),
            )
        chosen.append(runs[name])
        if chosen[-1].plan.proof.verdict is Verdict.IMPOSSIBLE:
            raise RollbackError(
                f"migration {name} cannot be taken back: {'; '.join(chosen[-1].plan.proof.reasons)}",
                "This was said, and agreed to, when it was applied. Its snapshot has everything as it was.",
                (f"safemigrate snapshot restore {chosen[-1].snapshot or 'ID'} --into NEW_DATABASE",),
            )
    return chosen


def _take_back(
    request: Request,
    options: RollbackOptions,
    resolved: Resolved,
    target: Target,
    aim: run.Target,
    chosen: Sequence[journal.Run],
    began: float,
) -> Outcome:
    losses = [
        f"{one.migration} is not exact: {reason}"
        for one in chosen
        if one.plan.proof.verdict is Verdict.LOSSY
        for reason in one.plan.proof.reasons
    ]
    conflicts.fill_is_asked_for(options.fill, chosen, _flags(options))
    found = conflicts.find(target.connection, chosen[0].plan, options.fill)
    outcomes = tuple(_described(one) for one in chosen)
    if found or options.dry_run:
        result = Result.CONFLICTS if found else Result.REHEARSED
        more = (
            () if len(chosen) == 1 else ("Conflicts of the older migrations are looked for once the newer are back.",)
        )
        follow = () if found else (f"safemigrate rollback{_flags(options)}",)
        going = conflicts.going(target.connection, chosen[0].plan)
        return _outcome(resolved, result, outcomes, began, found, (*going, *more, *losses), follow)
    losses += [said for one in chosen for said in conflicts.going(target.connection, one.plan, "rows")]
    if losses and not request.consent(resolved.url.database, losses):
        raise ConsentRequired(
            f"nobody agreed to this rollback of database {resolved.url.database}",
            "\n".join(losses),
            (
                f"safemigrate rollback --confirm {resolved.url.database}",
                f"safemigrate snapshot restore {chosen[0].snapshot} --into NEW_DATABASE",
            ),
        )
    taken = take_back(options, aim, resolved, target, chosen)
    if taken.conflicts:
        return _outcome(resolved, Result.CONFLICTS, outcomes, began, taken.conflicts)
    request.on_progress(Progress("rollback", "done", len(chosen), len(chosen)))
    names = ", ".join(one.migration for one in chosen)
    return _outcome(
        resolved,
        Result.ROLLED_BACK,
        tuple(replace(one, state=journal.RunState.ROLLED_BACK.value) for one in outcomes),
        began,
        notes=(
            *taken.notes,
            f"plain `prisma migrate deploy` stops too, until {names} is released"
            if options.guard or target.guarded
            else f"plain `prisma migrate deploy` knows of no hold: it would apply {names} again",
        ),
        follow=(
            "safemigrate status",
            *(f"safemigrate release {one.migration}   # when it may be applied again" for one in chosen),
        ),
    )


def _flags(options: RollbackOptions) -> str:
    """Return the flags that choose the same migrations again."""
    if options.to:
        return f" --to {options.to}"
    return f" --last {options.last}" if options.last else ""


def _failed(
    request: Request, options: RollbackOptions, resolved: Resolved, target: Target, aim: run.Target, began: float
) -> Outcome:
    """Take back what is half done: our own interrupted run by its journal, or what plain Prisma left by comparing."""
    if interrupted := target.interrupted:
        outcome = _described(interrupted)
        if options.dry_run:
            return _outcome(resolved, Result.REHEARSED, (outcome,), began, follow=("safemigrate rollback --failed",))
        with run.exclusive(target.connection):
            try:
                carry_out.take_back(aim, resolved, interrupted)
            except MigrationFailed as error:
                raise Restored(
                    f"the rollback failed and changed nothing: {error.summary}", error.why, ("safemigrate apply",)
                ) from error
        return _outcome(resolved, Result.ROLLED_BACK, (outcome,), began, follow=("safemigrate status",))
    if not target.state.failed:
        raise RollbackError("no migration has failed or is half done", fix=("safemigrate status",))
    return half_done.take_back(request, options, resolved, target, aim, began)


def _described(one: journal.Run) -> MigrationOutcome:
    kept = tuple(kept for step in one.plan.steps for kept in step.kept)
    return MigrationOutcome(
        one.migration,
        one.checksum,
        one.state.value,
        proof=one.plan.proof,
        returns=tuple(dict.fromkeys(f"{kept.kind.value} {kept.subject}" for kept in kept)),
        kept=kept,
        script=down.render(one.plan),
    )


def _outcome(
    resolved: Resolved,
    result: Result,
    migrations: tuple[MigrationOutcome, ...],
    began: float,
    conflicts: Sequence[Conflict] = (),
    notes: Sequence[str] = (),
    follow: Sequence[str] = (),
) -> Outcome:
    return Outcome(
        "rollback",
        result,
        str(resolved.url),
        migrations,
        conflicts=tuple(conflicts),
        notes=tuple(notes),
        next=tuple(follow),
        seconds=time.perf_counter() - began,
    )
