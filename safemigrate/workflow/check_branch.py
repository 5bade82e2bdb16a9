"""`safemigrate check` without a file: what a branch does to the history, against its base."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.config import Levels
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ProjectError, ServerProgramError, ShadowError
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.model import Migration, Outcome, Progress, Result
from safemigrate.prisma.migrations import migrations, passed_over, refuse_empty
from safemigrate.prisma.pair import pair, side
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import OWN_VARIABLE, effective_url
from safemigrate.workflow.gate import ci
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.gate.effort import Effort, compares
from safemigrate.workflow.gate.ground import grounds_of
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

    Of a pair both histories, unless --schema names one side. Where a URL was given, a live database is read beside the
    history of its provider. Raises ProjectError for a project or a base that is not there, and for migrations that
    nobody can read.
    """
    began = time.monotonic()
    project = side(request.project, request.schema, request.settings)
    named = _named(options)
    projects = [project, *_others(request, project)]
    live = _live(request, projects)
    outcomes = []
    for one in projects:
        found, notes = _changes(one, migrations(one), named)
        refuse_empty(found.runs)
        seen = _seen(request, options.effort, one, found, live if live and live.provider == one.provider else None)
        if one is project and request.settings.pair:
            from safemigrate.workflow.gate.in_step import with_pair

            seen = with_pair(seen, request, project, named)
        from safemigrate.workflow.gate.verdict import verdict

        outcome = verdict(one, found, seen, request.settings, options.levels, options.fail_on, options.baseline)
        outcomes.append(replace(outcome, notes=(*notes, *outcome.notes, *passed_over(one))))
    return replace(_joined(outcomes), database=str(live) if live else "", seconds=time.monotonic() - began)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """What the histories of a pair come to together; the diagram is of the first that changes its schema."""
    first = outcomes[0]
    worst = max((one.result for one in outcomes), key=_RESULTS.index)
    return replace(
        first,
        result=worst,
        migrations=tuple(each for one in outcomes for each in one.migrations),
        notes=tuple(dict.fromkeys(each for one in outcomes for each in one.notes)),
        next=tuple(dict.fromkeys(each for one in outcomes for each in one.next)),
        findings=tuple(each for one in outcomes for each in one.findings),
        change=next((one.change for one in outcomes if one.change), None),
    )


_RESULTS = (Result.NOTHING, Result.OK, Result.BLOCKED, Result.INCOMPLETE)


def _others(request: Request, project: Project) -> list[Project]:
    """The other side of a pair, where it has a history of its own: one may still live on `db push`."""
    named = request.schema != request.settings.schema
    if named or not (sides := pair(request.project, request.settings, project)):
        return []
    found = (sides.production, sides.development)
    return [one for one in found if one.schema != project.schema and migrations(one)]


def _named(options: BranchOptions) -> Named | None:
    return Named((options.base, f"origin/{options.base}")) if options.base else ci.named(os.environ)


def _changes(project: Project, here: list[Migration], named: Named | None) -> tuple[Changes, list[str]]:
    try:
        return changes(project, here, named), []
    except NoBase as error:
        why = f"Compared with nothing, so every migration counts as new: {error.summary}."
        return Changes("", (), tuple(here)), [f"{why} --base names what to compare with."]


def _live(request: Request, projects: Sequence[Project]) -> DatabaseUrl | None:
    """The database to read beside it: only one that somebody named, for the project's own may be out of reach."""
    if not (request.url or os.environ.get(OWN_VARIABLE)):
        return None
    found = [effective_url(one, url=request.url, environment=os.environ) for one in projects]
    for one, (url, _) in zip(projects, found, strict=True):
        if url.provider == one.provider:
            return url
    url, source = found[0]
    raise ProjectError(f"{source} is a {url.provider} URL, and the schema's provider is {projects[0].provider}")


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
