"""Taking the last rollback of a SQLite file back: what it dropped and changed returns, what was written since stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from safemigrate.errors import RollbackError
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal
from safemigrate.execute.sqlite.journal import Rollback
from safemigrate.model import Migration, Outcome, Result
from safemigrate.prisma import history, sqlite_history
from safemigrate.workflow.carry import carry
from safemigrate.workflow.engines.file_way import file_way
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request


def undo(request: Request, options: RollbackOptions, target: FileTarget, began: float) -> Outcome:
    """Run the plan that takes the last rollback back, as `apply` runs a migration; the migrations are applied again.

    Raises RollbackError where that is not possible, with what is; else what `apply` raises.
    """
    target.require_writable()
    last = _last(target)
    assert last.undo is not None
    statements = tuple(sql for step in reversed(last.undo.steps) for sql in step.inverse)
    migrations = [_file(target, one.migration, one.checksum) for one in last.runs]
    applying = ApplyOptions(
        dry_run=options.dry_run,
        snapshot=request.settings.snapshot,
        lock_timeout=options.lock_timeout,
        retries=options.retries,
    )
    with file_way(request, applying, target) as way:
        # All of it comes back with the first; the others change nothing more.
        instead = {migrations[0].name: statements, **{one.name: () for one in migrations[1:]}}
        outcome = carry(request, applying, replace(way, instead=instead), migrations, began)
    notes = list(outcome.notes)
    if outcome.result is Result.APPLIED:
        if not journal.holds(target.connection) and sqlite_history.lower_guard(target.connection):
            notes.append("plain `prisma migrate deploy` no longer stops")
        notes.append("what was written before the rollback is back; what was written since it stayed")
    follow = {Result.REHEARSED: ("safemigrate rollback --undo",)}.get(outcome.result, outcome.next)
    return replace(outcome, command="rollback", notes=tuple(notes), next=follow)


def _last(target: FileTarget) -> Rollback:
    """Return the last rollback that is not undone yet, where nothing stands in the way of that."""
    known = journal.rollbacks(target.connection)
    newer = list(takewhile(lambda one: one.undone, known))
    if len(newer) == len(known):
        raise RollbackError("there is no rollback to take back", fix=("safemigrate status",))
    last = known[len(newer)]
    names = ", ".join(one.migration for one in last.runs)
    held = {one.migration for one in target.holds}
    again = [one.migration for one in last.runs if one.migration in held]
    release = (f"safemigrate release {' '.join(again)}   # lets apply run it anew",) if again else ()
    ended = max(one.finished_at for one in last.runs if one.finished_at)
    undone = {one.migration for rollback in newer for one in rollback.runs}
    later = [
        one.migration
        for one in target.runs
        if one.state is RunState.APPLIED and one.started_at > ended and one.migration not in undone
    ]
    if later:
        raise RollbackError(
            f"the rollback of {names} is not the last thing that happened: {', '.join(later)} was applied since",
            "What the rollback left stays beside the file.",
            ("safemigrate rollback   # takes the later one back first", *release),
        )
    if target.fingerprint != last.runs[0].fingerprint_before:
        raise RollbackError(
            f"the schema of {target.path.name} is not the one that the rollback of {names} left",
            "Something else changed it since. What the rollback left stays beside the file.",
            release,
        )
    if last.undo is None:
        raise RollbackError(f"what the rollback of {names} left is not known", fix=release)
    return last


def _file(target: FileTarget, name: str, checksum: str) -> Migration:
    migrations = target.resolved.project.migrations
    found = next((each for each in target.state.pending if each.name == name), None)
    if found is None:
        raise RollbackError(
            f"migration {name} is not pending in {migrations}",
            "With its rollback taken back it is applied again, by its file.",
            (f"git log --all -- '*{name}/migration.sql'   # where it was removed", "safemigrate status"),
        )
    if not history.matches(found.sql, checksum):
        raise RollbackError(
            f"{found.path} is not the file that was rolled back",
            "Only the migration as it was can be applied again with its rows.",
            (f"git log --follow -p -- '{found.path}'", f"safemigrate release {name}   # applies it as it is now"),
        )
    return found
