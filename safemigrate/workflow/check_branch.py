"""`safemigrate check` without a file: what a branch does to the history, against its base."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.config import Levels
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ProjectError, ServerProgramError, ShadowError
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.model import Migration, Outcome, Progress
from safemigrate.prisma.migrations import migrations, passed_over, refuse_empty
from safemigrate.prisma.pair import side
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import OWN_VARIABLE, effective_url
from safemigrate.workflow.gate import ci
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.gate.effort import Effort, compares
from safemigrate.workflow.gate.ground import grounds_of
from safemigrate.workflow.gate.in_step import with_pair
from safemigrate.workflow.request import Request

if TYPE_CHECKING:
    from safemigrate.workflow.gate.seen import Seen


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """What `check` of a branch may be told. `base` is None for what CI names, else the usual branch.

    `levels` come behind those of the settings. `fail_on` is "error", "warning" or "never".
    """

    base: str | None = None
    effort: Effort = field(default_factory=Effort)
    levels: Levels | None = None
    fail_on: str = "error"
    baseline: Path | None = None


def check_branch(request: Request, options: BranchOptions) -> Outcome:
    """Say what the migrations of a branch do, what became of those that its base has, and what schema.prisma lacks.

    Where a URL was given, a live database is read beside it. Raises ProjectError for a project or a base that is not
    there, and for migrations that nobody can read.
    """
    began = time.monotonic()
    project = side(request.project, request.schema, request.settings)
    here = migrations(project)
    named = _named(options)
    found, notes = _changes(project, here, named)
    refuse_empty(found.runs)
    live = _live(request, project)
    seen = with_pair(_seen(request, options.effort, project, found, live), request, project, named)
    from safemigrate.workflow.gate.verdict import verdict

    outcome = verdict(project, found, seen, request.settings, options.levels, options.fail_on, options.baseline)
    return replace(
        outcome,
        database=str(live) if live else "",
        notes=(*notes, *outcome.notes, *passed_over(project)),
        seconds=time.monotonic() - began,
    )


def _named(options: BranchOptions) -> Named | None:
    return Named((options.base, f"origin/{options.base}")) if options.base else ci.named(os.environ)


def _changes(project: Project, here: list[Migration], named: Named | None) -> tuple[Changes, list[str]]:
    try:
        return changes(project, here, named), []
    except NoBase as error:
        why = f"Compared with nothing, so every migration counts as new: {error.summary}."
        return Changes("", (), tuple(here)), [f"{why} --base names what to compare with."]


def _live(request: Request, project: Project) -> DatabaseUrl | None:
    """The database to read beside it: only one that somebody named, for the project's own may be out of reach."""
    if not (request.url or os.environ.get(OWN_VARIABLE)):
        return None
    url, source = effective_url(project, url=request.url, environment=os.environ)
    if url.provider != project.provider:
        raise ProjectError(f"{source} is a {url.provider} URL, and the schema's provider is {project.provider}")
    return url


def _seen(request: Request, effort: Effort, project: Project, found: Changes, live: DatabaseUrl | None) -> Seen:
    """Try what is new; where there is no way to do that, read it at least."""
    from safemigrate.workflow.gate.seen import Recollection

    tries = found.runs or compares(project, found, effort) or live
    memory = Recollection(project, found, effort) if tries and not live else None
    if memory and (known := memory.get()):
        count = len(found.runs)
        request.on_progress(Progress("prove", f"{count} migrations, {count} known from before", count, count))
        return known
    with ExitStack() as stack:
        base = refused = None
        if tries:
            ground = grounds_of(project.provider).ground
            try:
                base = stack.enter_context(
                    ground(effort.shadow, found.before, found.runs, request.on_progress, live=live, cache=effort.cache)
                )
            except (ShadowError, ServerProgramError) as error:
                refused = error
        from safemigrate.workflow.gate.look import look, read, unasked

        if base:
            seen = look(project, found, effort, base, request.on_progress, live=live is not None)
            if memory:
                memory.put(seen)
            return seen
        seen = read(project, found, request.settings.postgres)
        if refused:
            said = f"Only read, for there is no shadow to try it in: {refused.summary}. {refused.why}".strip()
            return replace(seen, notes=(said,), fixes=refused.fix, complete=False)
        return replace(seen, findings=unasked(found, effort).findings)
