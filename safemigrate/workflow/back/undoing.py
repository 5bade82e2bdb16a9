"""Before the last rollback is taken back, and after: which one it is, its migrations' files, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from safemigrate.errors import RollbackError, word
from safemigrate.execute.runs import Rollback, Run, RunState
from safemigrate.model import Migration, Outcome, Result
from safemigrate.prisma import history
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Target

R = TypeVar("R", bound=Rollback)


def last_of(target: Target, known: Sequence[R]) -> tuple[R, Sequence[R]]:
    """Return the last rollback that is not undone yet, and those after it, which are; `known` are all, newest first.

    Raises RollbackError where there is none, or something else has happened since.
    """
    newer = list(takewhile(lambda one: one.undone, known))
    if len(newer) == len(known):
        raise RollbackError("there is no rollback to take back", fix=("safemigrate status",))
    last = known[len(newer)]
    ended = max(one.finished_at for one in last.runs if one.finished_at)
    undone = {*last.begun, *(one.migration for rollback in newer for one in rollback.runs)}
    later = [
        one.migration
        for one in target.runs
        if one.state is RunState.APPLIED and one.started_at > ended and one.migration not in undone
    ]
    if later:
        raise RollbackError(
            f"the rollback of {last.names} is not the last thing that happened: {', '.join(later)} was applied since",
            "What the rollback left is kept.",
            ("safemigrate rollback   # takes the later one back first", *anew(target, last)),
        )
    if target.fingerprint != last.left:
        raise RollbackError(
            f"the schema of {target.resolved.url.name} is not the one that the rollback of {last.names} left",
            "Something else changed it since. What the rollback left is kept.",
            anew(target, last),
        )
    return last, newer


def anew(target: Target, last: Rollback) -> tuple[str, ...]:
    """Name the way out where a rollback cannot be taken back: its migrations applied as if for the first time."""
    held = {one.migration for one in target.holds}
    names = [one.migration for one in last.runs if one.migration in held]
    return (f"safemigrate release {' '.join(map(word, names))}   # lets apply run it anew",) if names else ()


def files(target: Target, last: Rollback) -> list[Migration]:
    """Return the migrations that are applied again. Raises RollbackError where a file is gone, or another by now."""
    return [_file(target, one) for one in last.runs]


def _file(target: Target, one: Run) -> Migration:
    found = next((each for each in target.state.pending if each.name == one.migration), None)
    if found is None:
        raise RollbackError(
            f"migration {one.migration} is not pending in {target.resolved.project.migrations}",
            "To take its rollback back it is applied again, by its file.",
            (
                f"git log --all -- {word(f'*{one.migration}/migration.sql')}   # where it was removed",
                "safemigrate status",
            ),
        )
    if not history.matches(found.sql, one.checksum):
        raise RollbackError(
            f"{found.path} is not the file that was rolled back",
            "Only the migration as it was can be applied again and given its rows back.",
            (
                f"git log --follow -p -- {word(found.path)}",
                f"safemigrate release {word(one.migration)}   # applies it as it is now",
            ),
        )
    return found


def applying(request: Request, options: RollbackOptions) -> ApplyOptions:
    """Return the options with which they are applied again."""
    return ApplyOptions(
        dry_run=options.dry_run,
        snapshot=request.settings.snapshot,
        lock_timeout=options.lock_timeout,
        retries=options.retries,
        shadow=options.shadow,
        command="rollback --undo",
    )


def told(outcome: Outcome, *, lowered: bool) -> Outcome:
    """Tell what an apply came to as what `rollback --undo` did; `lowered`: the guard went with the last hold."""
    notes = list(outcome.notes)
    if lowered:
        notes.append("plain `prisma migrate deploy` no longer stops")
    if outcome.result is Result.APPLIED:
        notes.append("what was written before the rollback is back; what was written since it stayed")
    follow = {Result.REHEARSED: ("safemigrate rollback --undo",)}.get(outcome.result, outcome.next)
    return replace(outcome, command="rollback", notes=tuple(notes), next=follow)
