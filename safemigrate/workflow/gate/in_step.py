"""What `check` of a branch says of a project's two schemas."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.errors import ProjectError
from safemigrate.git import Named
from safemigrate.prisma.pair import pair
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.seen import Seen
from safemigrate.workflow.pair.findings import findings
from safemigrate.workflow.pair.in_step import commands, compared
from safemigrate.workflow.request import Request


def with_pair(seen: Seen, request: Request, project: Project, named: Named | None) -> Seen:
    """Add where the schemas are out of step. Raises ProjectError for settings that name no pair."""
    sides = pair(request.project, request.settings, project)
    if sides is None:
        return seen
    try:
        found = compared(sides, named)
    except ProjectError as error:
        said = f"The two schemas are not compared: {error.summary}. {error.why}"
        return replace(seen, notes=(*seen.notes, said), fixes=(*seen.fixes, *error.fix), complete=False)
    told = (*seen.findings, *findings(found))
    return replace(seen, findings=told, fixes=(*seen.fixes, *commands(found, sides)))
