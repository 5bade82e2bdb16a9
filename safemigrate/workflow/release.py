"""`safemigrate release`: ends the hold that a rollback put on a migration, and the guard with the last hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from safemigrate.db import session
from safemigrate.errors import HistoryError
from safemigrate.execute import journal
from safemigrate.model import AppliedState, MigrationOutcome, Outcome, Result
from safemigrate.prisma import history
from safemigrate.workflow.on_target.resolve import Resolved, Target, opened, require_writable, resolve
from safemigrate.workflow.request import Request


def release(request: Request, migration: str) -> Outcome:
    """Let a rolled-back migration be applied again, and plain `prisma migrate deploy` go on once nothing is held.

    `migration` may be the guard's own row, as Prisma prints it: then the guard goes and the holds stay. Raises
    HistoryError where there is nothing to release.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    with opened(resolved) as target:
        if migration == history.GUARD and target.guarded:
            return _unguarded(resolved, target, began)
        hold = next((one for one in target.holds if one.migration == migration), None)
        if hold is None:
            raise _not_held(resolved, target, migration)
        others = [one.migration for one in target.holds if one.migration != migration]
        with _writing(resolved, target, f"the hold on {migration}"):
            journal.release(target.connection, migration)
            lowered = not others and history.lower_guard(target.connection, resolved.url.schema)
    notes = ["plain `prisma migrate deploy` no longer stops"] if lowered else []
    if target.guarded and others:
        notes.append(f"plain `prisma migrate deploy` still stops, for {', '.join(others)} is on hold")
    file = next((one for one in resolved.migrations if one.name == migration), None)
    if file is None:
        notes.append(f"its folder is not in {resolved.project.migrations}, so nothing will apply it")
    detail = f"on hold since {hold.since:%Y-%m-%d %H:%M}, released now"
    return Outcome(
        "release",
        Result.OK,
        str(resolved.url),
        (MigrationOutcome(migration, hold.checksum, "pending" if file else "released", detail=detail),),
        notes=tuple(notes),
        next=("safemigrate apply",) if file else ("safemigrate status",),
        seconds=time.perf_counter() - began,
    )


def _unguarded(resolved: Resolved, target: Target, began: float) -> Outcome:
    with _writing(resolved, target, "the guard"):
        history.lower_guard(target.connection, resolved.url.schema)
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


@contextmanager
def _writing(resolved: Resolved, target: Target, what: str) -> Iterator[None]:
    """Run the block in one transaction; what the server refuses is said of `what`."""
    require_writable(resolved, target)
    try:
        with target.connection.transaction():
            yield
    except session.SqlError as error:
        raise HistoryError(
            f"{what} could not be ended in database {resolved.url.database}",
            session.Refusal.of(error).message,
            ("safemigrate doctor   # says which rights are missing",),
        ) from error


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
        f"migration {migration} is not on hold in database {resolved.url.database}",
        f"{why} {on_hold}",
        tuple(f"safemigrate release {name}" for name in held) or ("safemigrate status",),
    )
