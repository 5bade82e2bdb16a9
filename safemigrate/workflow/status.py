"""`safemigrate status`: where the database stands, and the one command that leads on. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from safemigrate.errors import HistoryError, SafemigrateError, word
from safemigrate.execute.runs import Run, RunState
from safemigrate.model import (
    AppliedMigration,
    AppliedState,
    KeptOutcome,
    MigrationOutcome,
    Outcome,
    Result,
    Verdict,
)
from safemigrate.prisma import history
from safemigrate.prisma.migrations import without_sql
from safemigrate.rollback import down
from safemigrate.workflow.back.outcome import GO_ON
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.forward import own_down
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.release import may_be_applied
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, Target, resolve
from safemigrate.workflow.ways import Back

_UNDER_WAY = (RunState.RUNNING, RunState.ROLLING_BACK)
BAD = ("interrupted", "rolling back", "failed", "missing", "edited")


@dataclass(frozen=True, slots=True)
class _Standing:
    """One migration's state, how it stands in words, and what leads out where it is bad."""

    state: str
    detail: str = ""
    way_out: tuple[str, ...] = ()


def status(request: Request, shadow: str | None = None) -> Outcome:
    """Compare the project's migrations with what the database says of them.

    OK means that nothing in the history needs a person; migrations may be pending. Only for a migration that plain
    Prisma left half done a shadow is started, to say how far it got; where none is to be had, that is said.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    engine = engine_of(resolved.project.provider)
    with ExitStack() as stack:
        opened = stack.enter_context(engine.opened(resolved))
        holder = opened.target.holder
        if not holder and _unfinished(opened.target):
            # It may have ended between the two looks: with the lock free, its rows are now final.
            opened = stack.enter_context(engine.opened(resolved))
            holder = opened.target.holder
        target = opened.target
        back = opened.back(request, RollbackOptions(shadow=shadow))
        standings = _standings(resolved, target, back, holder)
        kept = target.kept(request.settings.retention)
        notes, unmanaged = _notes(resolved, target, holder, standings, kept)
        migrations = tuple(
            _described(resolved, target, name, standings[name]) for name in sorted(standings, key=str.encode)
        )
    worst = [standings[one.name].way_out for state in BAD for one in migrations if one.state == state]
    follow = [*unmanaged, *(command for way_out in worst for command in way_out)]
    if not follow:
        follow = _onward(migrations)
        if target.guarded and not any(one.state == "held" for one in migrations):
            names = dict.fromkeys(one.migration for one in target.holds) or (history.GUARD,)
            follow.append(f"safemigrate release {' '.join(map(word, names))}   # lets `prisma migrate deploy` go on")
        if any(one.due for one in kept):
            follow.append("safemigrate prune --dry-run   # what is kept longer than the retention")
        elif any(one.returned for one in kept):
            follow.append("safemigrate prune --returned   # what is kept and no rollback needs any more")
    return Outcome(
        "status",
        Result.NOT_OK if worst or unmanaged else Result.OK,
        str(resolved.url),
        migrations,
        kept=kept,
        notes=tuple(notes),
        next=tuple(dict.fromkeys(follow)),
        seconds=time.perf_counter() - began,
    )


def _unfinished(target: Target) -> list[str]:
    running = [one.migration for one in target.runs if one.state in _UNDER_WAY]
    return [*running, *(row.name for row in target.state.failed)]


def _standings(resolved: Resolved, target: Target, back: Back, holder: str) -> dict[str, _Standing]:
    """Decide the state of every migration that is on disk or in the database; the worst that is true of it wins."""
    state = target.state
    found = {one.name: _Standing("applied") for one in state.applied}
    found |= {one.name: _Standing("pending") for one in state.pending}
    for one in state.out_of_order:
        found[one.name] = _Standing("pending", "older than a migration that is applied already: it would run last")
    for hold in target.holds:
        said = f"on hold since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}"
        if found.get(hold.migration, _Standing("")).state == "pending":
            found[hold.migration] = _Standing("held", said)
        elif hold.migration in found:
            found[hold.migration] = replace(found[hold.migration], detail=f"{said}; it was applied again all the same")
    for file, _row in state.edited:
        found[file.name] = _Standing(
            "edited",
            f"{file.path} is not the file that was applied; put the old text back and write a new migration",
            (f"git log --follow -p -- {word(file.path)}   # has the text that was applied",),
        )
    for row in state.missing:
        ours = _run_of(target, row.name)
        found[row.name] = _Standing(
            "missing",
            f"applied {row.started_at:%Y-%m-%d %H:%M} UTC, and its folder is not in {resolved.project.migrations}: "
            "this checkout is older than the database, or the folder was removed",
            (
                "git pull",
                f"git log --all -- {word(f'*{row.name}/migration.sql')}   # where it was removed",
                *(("safemigrate rollback   # takes it back, where it is the last and not wanted",) if ours else ()),
            ),
        )
    running = {one.migration: one for one in target.runs if one.state in _UNDER_WAY}
    failed = {row.name: row for row in state.failed}
    for name in {**failed, **running}:
        if holder:
            found[name] = _Standing("running", f"running now, by {holder}")
        elif name in running:
            found[name] = _interrupted(back, running[name])
        else:
            found[name] = _failed(target, back, failed[name])
    return found


def _interrupted(back: Back, one: Run) -> _Standing:
    if one.state is RunState.ROLLING_BACK:
        return _Standing(one.state.value, back.standing(one), (GO_ON,))
    groups = one.plan.groups
    said = f"a run of {one.started_at:%Y-%m-%d %H:%M} UTC was stopped: {one.groups_done} of its {len(groups)} parts "
    said += "are in the database"
    rest = [step.line for group in groups[one.groups_done :] for step in group.steps]
    if rest:
        said += f", line {rest[0]} is next" + (" and had been started" if one.group_started else "")
    return _Standing(
        "interrupted", said, ("safemigrate apply   # finishes it", "safemigrate rollback --failed   # takes it back")
    )


def _failed(target: Target, back: Back, row: AppliedMigration) -> _Standing:
    """Describe a migration that plain Prisma began and did not finish; `locate` knows of the newest one only."""
    logs = row.logs.strip() or "Prisma left no reason; it may have been killed"
    said = f"failed {row.started_at:%Y-%m-%d %H:%M} UTC under Prisma: {logs}"
    way_out: tuple[str, ...] = ("safemigrate rollback --failed   # takes back what it did",)
    if row is not target.state.failed[-1]:
        return _Standing("failed", said, way_out)
    try:
        reached = back.reached()
        said += f"\n{reached.said}"
        said += "".join(f"\ndropped, and kept by nobody: {lost}" for lost in reached.lost)
    except HistoryError as error:
        said += f"\nhow far it got cannot be told: {error.summary}"
        way_out = error.fix or way_out
    except SafemigrateError as error:
        said += f"\nhow far it got cannot be told: {error}"
        way_out = ("safemigrate doctor   # says why there is no shadow to find out with", *way_out)
    return _Standing("failed", said, way_out)


def _described(resolved: Resolved, target: Target, name: str, standing: _Standing) -> MigrationOutcome:
    """Add the proof and what a rollback brings back, where safemigrate applied it and that still holds."""
    file = next((one for one in resolved.migrations if one.name == name), None)
    row = next((one for one in reversed(target.rows) if one.name == name), None)
    outcome = MigrationOutcome(
        name, file.checksum if file else row.checksum if row else "", standing.state, detail=standing.detail
    )
    run = _run_of(target, name)
    if run is None or standing.state in ("pending", "held"):
        return outcome
    script = file.path.parent / down.NAME if file else None
    return replace(
        outcome,
        proof=run.plan.proof,
        down=str(script) if script and script.exists() else "",
        returns=run.plan.returns,
    )


def _run_of(target: Target, name: str) -> Run | None:
    mine = [one for one in target.runs if one.migration == name and one.state is not RunState.ROLLED_BACK]
    return mine[-1] if mine else None


def _notes(
    resolved: Resolved,
    target: Target,
    holder: str,
    standings: dict[str, _Standing],
    kept: Sequence[KeptOutcome],
) -> tuple[list[str], tuple[str, ...]]:
    """Say what belongs to no single migration, and what leads on where there is no history to speak of."""
    notes = [f"{folder} holds no SQL and is left alone" for folder in without_sql(resolved.project)]
    if target.guarded:
        held = ", ".join(dict.fromkeys(one.migration for one in target.holds)) or history.GUARD
        notes.append(f"plain `prisma migrate deploy` stops here (P3009) until {held} is released")
    for file in resolved.migrations:
        applied = _run_of(target, file.name)
        if applied and (said := own_down.changed(file, applied.plan)):
            notes.append(said)
    if holder and not any(one.state == "running" for one in standings.values()):
        notes.append(f"Prisma's migration lock is held by {holder}")
    if not target.state.managed:
        if target.has_tables:
            notes.append("the database has tables and no migration history: it lives on `prisma db push`")
            return notes, ("safemigrate init   # takes it in",)
        notes.append("the database has no tables and no migration history yet")
    elif not any(one.state in (*BAD, "running") for one in standings.values()):
        notes += _last(target, kept)
    return notes, ()


def _last(target: Target, kept: Iterable[KeptOutcome]) -> list[str]:
    """Say whether the newest applied migration, the one a plain `rollback` would take, can be taken back."""
    rows = [row for row in target.rows if row.state is AppliedState.APPLIED]
    if not rows:
        return ["no migration is applied"]
    name = max(rows, key=lambda row: (row.started_at, row.name.encode())).name
    run = _run_of(target, name)
    if run is None:
        return [
            f"{name}, the last, was applied without safemigrate, or what was kept is gone: "
            "only a snapshot or backup from before it can take it back"
        ]
    proof = run.plan.proof
    said = f"{name}, the last, can be taken back: {proof.verdict.value}"
    if proof.verdict is Verdict.IMPOSSIBLE:
        said = f"{name}, the last, cannot be taken back"
        said += f"; snapshot {run.snapshot} has everything as it was" if run.snapshot else ""
    notes = [": ".join([said, *proof.reasons])]
    places = {one.kept.place for one in kept}
    gone = {one.place: one.subject for one in run.plan.kept if one.place not in places}
    notes += [f"what was kept of {subject} is gone: {place} does not exist" for place, subject in gone.items()]
    if run.fingerprint_after and target.fingerprint != run.fingerprint_after:
        notes.append(f"something else changed the schema since {name}; a rollback leaves that as it is and says so")
    return notes


def _onward(migrations: Sequence[MigrationOutcome]) -> list[str]:
    """Name what leads on from a sound history."""
    states = {one.state for one in migrations}
    if "running" in states:
        return ["safemigrate status   # once it has ended"]
    held = [one.name for one in migrations if one.state == "held"]
    follow = [f"safemigrate release {' '.join(map(word, held))}   # {may_be_applied(held)}"] if held else []
    if "pending" in states and not held:
        follow.append("safemigrate apply")
    return follow
