"""`safemigrate rollback`: takes back what apply did, with its data, and keeps what was written since.

It needs no Prisma, no Node and no shadow: the proven inverse and the kept data lie in the target itself. Only for a
migration that plain Prisma left half done is a shadow needed, to find out how far it got.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection
from safemigrate.errors import ConsentRequired, Interrupted, MigrationFailed, NotRestored, Restored, RollbackError
from safemigrate.execute import journal, run
from safemigrate.model import AppliedState, Conflict, MigrationOutcome, Outcome, Plan, Progress, Result, Verdict
from safemigrate.prisma import history
from safemigrate.rollback import down
from safemigrate.workflow import carry_out, half_done
from safemigrate.workflow.request import Request
from safemigrate.workflow.resolve import Resolved, Target, opened, resolve, sweep


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


class _Stop(Exception):
    """Leave the transaction without committing: conflicts were found, or only a look was wanted."""


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
    connection = target.connection
    losses = [
        f"{one.migration} is not exact: {reason}"
        for one in chosen
        if one.plan.proof.verdict is Verdict.LOSSY
        for reason in one.plan.proof.reasons
    ]
    _fill_is_asked_for(options, chosen)
    conflicts = _conflicts(connection, chosen[0].plan, options.fill)
    outcomes = tuple(_described(one) for one in chosen)
    if conflicts or options.dry_run:
        result = Result.CONFLICTS if conflicts else Result.REHEARSED
        more = (
            () if len(chosen) == 1 else ("Conflicts of the older migrations are looked for once the newer are back.",)
        )
        follow = () if conflicts else (f"safemigrate rollback{_flags(options)}",)
        going = _going(connection, chosen[0].plan)
        return _outcome(resolved, result, outcomes, began, conflicts, (*going, *more, *losses), follow)
    if losses and not request.consent(resolved.url.database, losses):
        raise ConsentRequired(
            f"nobody agreed to this rollback of database {resolved.url.database}",
            "\n".join(losses),
            (
                f"safemigrate rollback --confirm {resolved.url.database}",
                f"safemigrate snapshot restore {chosen[0].snapshot} --into NEW_DATABASE",
            ),
        )
    notes: list[str] = []
    found: list[Conflict] = []

    def body() -> None:
        notes.clear()
        found.clear()
        for number, one in enumerate(chosen):
            request.on_progress(Progress("rollback", one.migration, number, len(chosen)))
            if number:
                found.extend(_conflicts(connection, one.plan, options.fill))
                if found:
                    raise _Stop
            _run_inverse(connection, one.plan, options.fill, notes)
            history.mark_rolled_back(connection, resolved.url.schema, one.migration)
            journal.rolled_back(connection, one.id)
            journal.hold(connection, one.migration, one.checksum, "rolled back by safemigrate rollback")
        if options.guard:
            history.raise_guard(connection, resolved.url.schema, f"{names} is on hold: safemigrate status")
        _verify(connection, chosen, drifted=drifted, notes=notes)

    names = ", ".join(one.migration for one in chosen)
    session_id = connection.info.backend_pid
    with run.exclusive(connection):
        if tuple(history.read(connection, resolved.url.schema) or ()) != target.rows:
            raise RollbackError(
                f"another session migrated {resolved.url.database} at this moment",
                "Nothing was changed.",
                ("safemigrate status",),
            )
        drifted = fingerprint(read(connection)) != chosen[0].fingerprint_after
        try:
            run.transaction(aim, body)
        except _Stop:
            return _outcome(resolved, Result.CONFLICTS, outcomes, began, found)
        except MigrationFailed as error:
            raise Restored(
                f"the rollback failed, and database {resolved.url.database} is as it was: {error.summary}",
                error.why,
                error.fix
                or (
                    "safemigrate rollback --dry-run",
                    f"safemigrate snapshot restore {chosen[0].snapshot} --into NEW_DATABASE",
                ),
            ) from error
        except session.SqlError as error:
            raise _stopped(aim, session_id, chosen[0], session.Refusal.of(error).message) from error
        except KeyboardInterrupt as error:
            stopped = _stopped(aim, session_id, chosen[0], "It was stopped from outside.")
            raise Interrupted(stopped.summary, stopped.why, stopped.fix) from error
    request.on_progress(Progress("rollback", "done", len(chosen), len(chosen)))
    return _outcome(
        resolved,
        Result.ROLLED_BACK,
        tuple(replace(one, state=journal.RunState.ROLLED_BACK.value) for one in outcomes),
        began,
        notes=(
            *notes,
            f"plain `prisma migrate deploy` stops too, until {names} is released"
            if options.guard or target.guarded
            else f"plain `prisma migrate deploy` knows of no hold: it would apply {names} again",
        ),
        follow=(
            "safemigrate status",
            *(f"safemigrate release {one.migration}   # when it may be applied again" for one in chosen),
        ),
    )


def _fill_is_asked_for(options: RollbackOptions, chosen: Sequence[journal.Run]) -> None:
    """Refuse a --fill that no column takes: it is a typing error, and the rollback would go on without it."""
    checks = [check for one in chosen for step in one.plan.steps for check in step.checks if check.setting]
    columns = list(dict.fromkeys(check.subject for check in checks))
    unknown = [each for each in options.fill if each not in columns]
    if unknown:
        raise RollbackError(
            f"--fill names {', '.join(unknown)}, which takes no value in this rollback",
            f"Nothing was changed. Columns that take one: {', '.join(columns) or 'none'}.",
            (f"safemigrate rollback --dry-run{_flags(options)}",),
        )


def _going(connection: Connection, plan: Plan) -> list[str]:
    """What was written since into things that the rollback drops."""
    found = []
    for parting in (parting for step in reversed(plan.steps) for parting in step.partings):
        try:
            count = session.value(connection, parting.count)
        except session.SqlError:  # about something that only an earlier step of the rollback brings back
            continue
        if count:
            found.append(f"{parting.subject} goes with its {count:,} values of today; they would be kept")
    return found


def _flags(options: RollbackOptions) -> str:
    """Return the flags that choose the same migrations again."""
    if options.to:
        return f" --to {options.to}"
    return f" --last {options.last}" if options.last else ""


def _stopped(aim: run.Target, session_id: int, newest: journal.Run, said: str) -> Restored | NotRestored:
    """End our session, and find out whether its COMMIT happened: the journal says."""
    aim.connection.close()
    with carry_out.reconnected(aim, session_id) as again:
        if again is None:
            return NotRestored(
                f"the connection to {aim.url} broke during the rollback and does not come back",
                f"{said}\nIt was either committed whole or undone whole; safemigrate status will say which.",
                ("safemigrate status",),
            )
        found = next((one for one in journal.runs(again) if one.id == newest.id), newest)
    if found.state is journal.RunState.ROLLED_BACK:
        return NotRestored(
            "the rollback was stopped after it had been committed", f"{said}\nIt is done.", ("safemigrate status",)
        )
    return Restored(
        f"the rollback was stopped, and database {aim.url.database} is as it was", said, ("safemigrate rollback",)
    )


def _conflicts(connection: Connection, plan: Plan, fill: Mapping[str, str]) -> list[Conflict]:
    """Ask the plan's questions; a question about something that is gone has no answer and no conflict."""
    found = []
    for step in reversed(plan.steps):
        for check in step.checks:
            if check.setting and check.subject in fill:
                continue
            count = session.value(connection, check.count)
            if not count:
                continue
            sample = tuple(str(row[0]) for row in session.rows(connection, check.sample)) if check.sample else ()
            message = check.message.replace("{count}", f"{count:,}")
            found.append(Conflict(plan.migration, check.subject, message, count, sample, check.choices))
    return found


def _run_inverse(connection: Connection, plan: Plan, fill: Mapping[str, str], notes: list[str]) -> None:
    for step in reversed(plan.steps):
        for check in step.checks:
            if check.setting and check.subject in fill:
                connection.execute("SELECT set_config(%s, %s, true)", [check.setting, fill[check.subject]])
        for parting in step.partings:
            if count := session.value(connection, parting.count):
                for sql in parting.keep:
                    run.execute(connection, sql)
                notes.append(
                    f"{parting.subject} goes with its {count:,} values of today; they are kept in {parting.place}"
                )
        for sql in step.inverse:
            run.execute(connection, sql)


def _verify(connection: Connection, chosen: Sequence[journal.Run], *, drifted: bool, notes: list[str]) -> None:
    """Compare with the schema before the oldest of the runs.

    After drift there is nothing to compare with, and that is said.
    """
    if drifted:
        notes.append(
            "The schema was changed by something else since apply, so its fingerprint could not be compared; "
            "every statement of the proven rollback ran."
        )
    elif fingerprint(read(connection)) != chosen[-1].fingerprint_before:
        raise MigrationFailed(
            f"the schema after the rollback is not the one before {chosen[-1].migration}",
            "The rollback was undone.",
        )


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
