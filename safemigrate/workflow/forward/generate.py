"""Writing the migration that schema.prisma asks for, with the project's own Prisma CLI and the history in a shadow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from safemigrate import git
from safemigrate.errors import ProjectError
from safemigrate.model import Migration, Progress
from safemigrate.prisma import command
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.on_target.resolve import Resolved
from safemigrate.workflow.rehearsal.shadows import HISTORY, replayed
from safemigrate.workflow.request import Request


def generate(request: Request, resolved: Resolved, shadow: Shadow, name: str | None) -> Migration | None:
    """Replay the history into an empty shadow database and let Prisma say what schema.prisma asks for beyond it.

    The history is the base, not the target: drift in the target must not be dropped by a migration that nobody wrote.
    Returns None where there is nothing to generate. Raises ProjectError without a name, HistoryError for a history that
    does not replay, PrismaError from the CLI.
    """
    with replayed(
        shadow,
        resolved.migrations,
        request.on_progress,
        purpose="Without that nobody can say what schema.prisma asks for beyond it.",
        fix=("safemigrate apply --no-generate   # applies the pending migrations as they are",),
    ):
        request.on_progress(Progress("generate", "asking Prisma what schema.prisma needs"))
        sql = command.diff(resolved.project, shadow.url(HISTORY))
    if not sql:
        return None
    chosen = name or (request.ask_name("change") if request.ask_name else None)
    if not chosen:
        raise ProjectError(
            "schema.prisma has changes that no migration has, and the new migration has no name",
            fix=("safemigrate apply --generate --name NAME", "safemigrate apply --no-generate"),
        )
    return command.write(resolved.project, sql, command.folder_name(chosen, datetime.now(UTC)))


def git_state(resolved: Resolved) -> dict[str, Any] | None:
    """Say for the manifest which commit the project stood at; None outside a repository."""
    state = git.describe(resolved.project.root)
    return {"commit": state.commit, "branch": state.branch, "dirty": state.dirty} if state else None
