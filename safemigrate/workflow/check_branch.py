"""`safemigrate check` without a file: what a branch does to the history, against its base."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from safemigrate.config import Levels
from safemigrate.db.url import DatabaseUrl
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.lint.baseline import Baseline
from safemigrate.lint.policy import Policy
from safemigrate.model import Migration, MigrationOutcome, Outcome, Result
from safemigrate.prisma.migrations import migrations, passed_over
from safemigrate.prisma.project import Project, find
from safemigrate.prisma.settings import OWN_VARIABLE
from safemigrate.sql import statements_of
from safemigrate.workflow.check import FAILS, about, without
from safemigrate.workflow.gate import ci, history
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.gate.live import Live
from safemigrate.workflow.gate.look import Effort, look
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.request import Request


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
    settings = request.settings
    policy = Policy((*settings.rules, *([options.levels] if options.levels else ())), str(settings.path or ""))
    project = find(request.project, request.schema, settings.migrations)
    found, notes = _changes(project, migrations(project), options)
    url = request.url or os.environ.get(OWN_VARIABLE)
    live = Live.at(DatabaseUrl.parse(url)) if url else None
    seen = look(project, found, options.effort, request.on_progress, live=live, version=settings.postgres)
    outcomes = _outcomes(project, policy, found, seen.outcomes)
    if path := options.baseline or settings.baseline:
        baseline = Baseline.read(path)
        outcomes = [without(one, baseline) for one in outcomes]
        notes += about(baseline, outcomes)
    whole = tuple(policy.judge(seen.findings, (), project.schema))
    told = [*whole, *(finding for one in outcomes for finding in one.findings)]
    failing = [each for each in told if each.severity in FAILS[options.fail_on] and not each.allowed]
    rules = [rule for rule, _ in Counter(finding.rule for finding in failing).most_common(3)]
    result = Result.BLOCKED if failing else Result.OK if outcomes or whole else Result.NOTHING
    if not seen.complete or any(one.state == "unreadable" for one in outcomes):
        result = Result.INCOMPLETE
    return Outcome(
        "check",
        result,
        str(live.url) if live else "",
        tuple(outcomes),
        notes=(*notes, *seen.notes, *passed_over(project)),
        next=(*seen.fixes, *(f"safemigrate explain {rule}" for rule in rules)),
        seconds=time.monotonic() - began,
        base=found.base,
        findings=whole,
    )


def _outcomes(
    project: Project, policy: Policy, found: Changes, tried: Sequence[MigrationOutcome]
) -> list[MigrationOutcome]:
    """All migrations that the branch did something to, with the findings of their place in the history."""
    known = history.facts(found, project.provider)
    placed = [
        replace(one, findings=(*history.of_new(migration, found, known), *one.findings))
        for migration, one in zip(found.new, tried, strict=True)
    ]
    files = {one.name: one for one in (*found.new, *found.edited, *found.deleted)}
    outcomes = []
    for one in (*placed, *history.of_others(found, known)):
        path = files[one.name].path
        statements = statements_of(files[one.name]) if one.text else ()
        judged = tuple(policy.judge(one.findings, statements, path))
        outcomes.append(replace(one, findings=judged, path=str(shown(path))))
    return sorted(outcomes, key=lambda one: one.name.encode(errors="surrogateescape"))


def _changes(project: Project, here: Sequence[Migration], options: BranchOptions) -> tuple[Changes, list[str]]:
    named = Named((options.base, f"origin/{options.base}")) if options.base else ci.named(os.environ)
    try:
        return changes(project, here, named), []
    except NoBase as error:
        why = f"Compared with nothing, so every migration counts as new: {error.summary}."
        return Changes("", (), tuple(here)), [f"{why} --base names what to compare with."]
