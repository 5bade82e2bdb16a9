"""`safemigrate release`: ends the hold that a rollback put on a migration."""

from __future__ import annotations

import time

from safemigrate.db import session
from safemigrate.errors import HistoryError
from safemigrate.execute import journal
from safemigrate.model import AppliedState, MigrationOutcome, Outcome, Result
from safemigrate.workflow.request import Request
from safemigrate.workflow.resolve import Resolved, Target, opened, require_writable, resolve


def release(request: Request, migration: str) -> Outcome:
    """Let a rolled-back migration be applied again. Raises HistoryError where it is not on hold."""
    began = time.perf_counter()
    resolved = resolve(request)
    with opened(resolved) as target:
        hold = next((one for one in target.holds if one.migration == migration), None)
        if hold is None:
            raise _not_held(resolved, target, migration)
        require_writable(resolved, target)
        try:
            journal.release(target.connection, migration)
        except session.SqlError as error:
            raise HistoryError(
                f"the hold on {migration} could not be ended in database {resolved.url.database}",
                session.Refusal.of(error).message,
                ("safemigrate doctor   # says which rights are missing",),
            ) from error
    file = next((one for one in resolved.migrations if one.name == migration), None)
    detail = f"on hold since {hold.since:%Y-%m-%d %H:%M}, released now"
    return Outcome(
        "release",
        Result.OK,
        str(resolved.url),
        (MigrationOutcome(migration, hold.checksum, "pending" if file else "released", detail=detail),),
        notes=() if file else (f"its folder is not in {resolved.project.migrations}, so nothing will apply it",),
        next=("safemigrate apply",) if file else ("safemigrate status",),
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
        f"migration {migration} is not on hold in database {resolved.url.database}",
        f"{why} {on_hold}",
        tuple(f"safemigrate release {name}" for name in held) or ("safemigrate status",),
    )
