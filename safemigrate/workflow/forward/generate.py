"""Writing the migration that schema.prisma asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from safemigrate import git
from safemigrate.errors import ProjectError
from safemigrate.model import Migration
from safemigrate.prisma import command
from safemigrate.prisma.project import Project
from safemigrate.workflow.request import Request


def write(request: Request, project: Project, sql: str, name: str | None) -> Migration:
    """Write it as a migration. Raises ProjectError without a name."""
    chosen = name or (request.ask_name("change") if request.ask_name else None)
    if not chosen:
        raise ProjectError(
            "schema.prisma has changes that no migration has, and the new migration has no name",
            fix=("safemigrate apply --generate --name NAME", "safemigrate apply --no-generate"),
        )
    return command.write(project, sql, command.folder_name(chosen, datetime.now(UTC)))


def git_state(project: Project) -> dict[str, Any] | None:
    """Say for the manifest which commit the project stood at; None outside a repository."""
    state = git.describe(project.root)
    return {"commit": state.commit, "branch": state.branch, "dirty": state.dirty} if state else None
