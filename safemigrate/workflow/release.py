"""`safemigrate release`: ends the hold that a rollback put on a migration, and the guard with the last hold."""

from __future__ import annotations

import time
from collections.abc import Sequence

from safemigrate.errors import HistoryError, word
from safemigrate.model import AppliedState, MigrationOutcome, Outcome, Result
from safemigrate.prisma import history
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, Target, resolve


def release(request: Request, *migrations: str) -> Outcome:
    """Let rolled-back migrations be applied again, and plain `prisma migrate deploy` go on once nothing is held.

    The guard's own row, as Prisma prints it, may be named alone: then the guard goes and the holds stay. Raises
    HistoryError where one of them is not held; then none is released.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    with engine_of(resolved.project.provider).opened(resolved) as opened:
        target = opened.target
        if migrations == (history.GUARD,) and target.guarded:
            return _unguarded(resolved, target, began)
        held = {one.migration: one for one in target.holds}
        missing = next((name for name in migrations if name not in held), None)
        if missing is not None:
            raise _not_held(resolved, target, missing)
        others = [name for name in held if name not in migrations]
        target.require_writable()
        lowered = target.release(migrations, guard=not others)
    notes = ["plain `prisma migrate deploy` no longer stops"] if lowered else []
    if target.guarded and others:
        notes.append(f"plain `prisma migrate deploy` still stops, for {', '.join(others)} is on hold")
    files = {one.name for one in resolved.migrations}
    notes += [
        f"the folder of {name} is not in {resolved.project.migrations}, so nothing will apply it"
        for name in migrations
        if name not in files
    ]
    released = tuple(
        MigrationOutcome(
            name,
            held[name].checksum,
            "pending" if name in files else "released",
            detail=f"on hold since {held[name].since:%Y-%m-%d %H:%M}, released now",
        )
        for name in dict.fromkeys(migrations)
    )
    return Outcome(
        "release",
        Result.OK,
        str(resolved.url),
        released,
        notes=tuple(notes),
        next=("safemigrate apply",) if files & set(migrations) else ("safemigrate status",),
        seconds=time.perf_counter() - began,
    )


def may_be_applied(names: Sequence[str]) -> str:
    """Say beside the command when to release these."""
    return f"when {'it' if len(names) == 1 else 'they'} may be applied again"


def _unguarded(resolved: Resolved, target: Target, began: float) -> Outcome:
    target.require_writable()
    target.release((), guard=True)
    return Outcome(
        "release",
        Result.OK,
        str(resolved.url),
        notes=(
            "plain `prisma migrate deploy` no longer stops",
            *(f"{one.migration} stays on hold for safemigrate, and deploy would apply it" for one in target.holds),
        ),
        next=("safemigrate status",),
        seconds=time.perf_counter() - began,
    )


def _not_held(resolved: Resolved, target: Target, migration: str) -> HistoryError:
    held = [one.migration for one in target.holds]
    row = next((one for one in reversed(target.rows) if one.name == migration), None)
    if row and row.state is not AppliedState.ROLLED_BACK:
        why = f"It is {row.state.value}."
    elif row or any(one.name == migration for one in resolved.migrations):
        why = "It is pending, and apply will take it."
    else:
        why = "Nothing of that name is in the project or in the database."
    on_hold = f"On hold: {', '.join(held)}." if held else "No migration is on hold."
    return HistoryError(
        f"migration {migration} is not on hold in database {resolved.url.name}",
        f"{why} {on_hold}",
        (f"safemigrate release {' '.join(map(word, sorted(held)))}" if held else "safemigrate status",),
    )
