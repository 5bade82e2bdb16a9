"""`safemigrate rollback --as-migration`: the way back as a new migration, so that every environment takes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from safemigrate.errors import HistoryError, RollbackError, word
from safemigrate.execute.runs import Run
from safemigrate.model import MigrationOutcome, Outcome, Result, Step
from safemigrate.prisma import command, history
from safemigrate.rollback import as_migration
from safemigrate.rollback.derive import derive
from safemigrate.workflow.back import conflicts
from safemigrate.workflow.back.outcome import outcome_of
from safemigrate.workflow.back.questions import ServerQuestions, answer
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.shadow import shadow_for
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.rehearsal.plan import script_of
from safemigrate.workflow.rehearsal.shadows import replayed
from safemigrate.workflow.rehearsal.trace import trace
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved


def write(
    request: Request,
    options: RollbackOptions,
    resolved: Resolved,
    target: ServerTarget,
    chosen: Sequence[Run],
    began: float,
) -> Outcome:
    """Write the migration that takes `chosen` back, newest first; the database is only read.

    Raises HistoryError where dropped tables must be made anew and the history does not say how.
    """
    answer(target.connection, options, chosen)
    found = conflicts.find(ServerQuestions(target.connection, resolved.url), chosen[0].plan, options)
    again = (
        _again(request, options, resolved, target, chosen)
        if any(as_migration.moves(one.plan) for one in chosen)
        else {}
    )
    sql = "\n".join(as_migration.compose(one.plan, again.get(one.migration, ()), options.fill) for one in chosen)
    folder = _folder(resolved, options.name or _name(chosen), datetime.now(UTC))
    names = ", ".join(one.migration for one in chosen)
    notes = [f"schema.prisma must be as it was before {chosen[-1].migration}, or the next migration brings it again"]
    if found or options.dry_run:
        result = Result.CONFLICTS if found else Result.REHEARSED
        outcome = MigrationOutcome(folder, "", "not written", script=sql)
        follow: tuple[str, ...] = ()
    else:
        written = command.write(resolved.project, sql, folder)
        result = Result.OK
        outcome = MigrationOutcome(
            folder, written.checksum, "pending", script=sql, detail=f"{written.path} takes back {names}"
        )
        notes.append("it is a migration like any other: other environments take it with the next deploy")
        follow = ("safemigrate apply   # rehearses, proves and applies it here",)
    return outcome_of(resolved, result, (outcome,), began, found, notes, follow)


def _name(chosen: Sequence[Run]) -> str:
    bare = re.sub(r"^\d+_", "", chosen[0].migration)
    return f"rollback_of_{bare}" + (f"_and_{len(chosen) - 1}_more" if chosen[1:] else "")


def _folder(resolved: Resolved, name: str, now: datetime) -> str:
    """Name the folder; it must come after every other, for Prisma goes by names."""
    folder = command.folder_name(name, now)
    newest = max((one.name for one in resolved.migrations), key=str.encode, default="")
    if folder.encode() <= newest.encode():
        ahead = re.match(r"(\d{14})_", newest)
        if ahead is None:
            raise RollbackError(
                f"a migration named {folder} would come before {newest}, and Prisma goes by names",
                "Nothing was written.",
            )
        folder = f"{int(ahead[1]) + 1}{folder[14:]}"
    return folder


def _again(
    request: Request,
    options: RollbackOptions,
    resolved: Resolved,
    target: ServerTarget,
    chosen: Sequence[Run],
) -> dict[str, tuple[Step, ...]]:
    """Derive the steps once more from the history in a shadow, with nothing moved: what makes dropped tables anew."""
    back = [one.migration for one in reversed(chosen)]
    files = {one.name: one for one in resolved.migrations}
    for one in chosen:
        if one.migration not in files or not history.matches(files[one.migration].sql, one.checksum):
            raise HistoryError(
                f"{one.migration} is not on disk as it was applied, and it drops what must be made anew",
                "From its text and those before it follows how the tables were.",
                (
                    f"git log --all -- {word(f'*{one.migration}/migration.sql')}",
                    "safemigrate rollback   # needs no file",
                ),
            )
    applied = {one.name for one in target.state.applied}
    earlier = [one for one in resolved.migrations if one.name in applied and one.name not in back]
    again = [files[name] for name in back]
    with (
        shadow_for(request, resolved, target, options.shadow, again) as server,
        replayed(
            server,
            earlier,
            request.on_progress,
            purpose="Without that nobody can say how the dropped tables are made anew.",
            fix=("safemigrate rollback   # needs no history",),
        ) as connection,
    ):
        traced = trace(connection, [script_of(migration) for migration in again], request.on_progress)
    return {
        migration.name: derive(migration.name, migration.checksum, seen.observations, moves=False).steps
        for migration, seen in zip(again, traced, strict=True)
    }
