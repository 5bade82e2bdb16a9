"""Taking the last rollback of a SQLite file back: what it dropped and changed returns, what was written since stays."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.errors import RollbackError
from safemigrate.execute.sqlite import journal
from safemigrate.model import Outcome, Result
from safemigrate.prisma import sqlite_history
from safemigrate.workflow.back import undoing
from safemigrate.workflow.carry import carry
from safemigrate.workflow.engines.file_way import file_way
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.request import Request


def undo(request: Request, options: RollbackOptions, target: FileTarget, began: float) -> Outcome:
    """Run the plan that takes the last rollback back, as `apply` runs a migration; the migrations are applied again.

    Raises RollbackError where that is not possible, with what is; else what `apply` raises.
    """
    target.require_writable()
    connection = target.connection
    last, _ = undoing.last_of(target, journal.rollbacks(connection))
    if last.undo is None:
        raise RollbackError(f"what the rollback of {last.names} left is not known", fix=undoing.anew(target, last))
    migrations, applying = undoing.files(target, last), undoing.applying(request, options)
    with file_way(request, applying, target) as way:
        instead = {
            one.name: tuple(sql for step in reversed(group.steps) for sql in step.inverse)
            for one, group in zip(migrations, last.undo.groups, strict=True)
        }
        outcome = carry(request, applying, replace(way, instead=instead), migrations, began)
    applied = outcome.result is Result.APPLIED
    lowered = applied and not journal.holds(connection) and sqlite_history.lower_guard(connection)
    return undoing.told(outcome, lowered=lowered)
