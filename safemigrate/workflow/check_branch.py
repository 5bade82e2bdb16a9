"""`safemigrate check` without a file: what a branch does to the history, against its base."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate.config import Levels
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.lint.baseline import Baseline
from safemigrate.lint.policy import Policy
from safemigrate.model import Finding, Migration, MigrationOutcome, Outcome, Result
from safemigrate.prisma.migrations import migrations, passed_over, refuse_empty
from safemigrate.prisma.project import Project, find
from safemigrate.workflow.check import FAILS, about, shown, without
from safemigrate.workflow.gate import ci, history
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.reading.reader import Reader
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """What `check` of a branch may be told. `base` is None for what CI names, else the usual branch.

    `levels` come behind those of the settings. `fail_on` is "error", "warning" or "never".
    """

    base: str | None = None
    levels: Levels | None = None
    fail_on: str = "error"
    baseline: Path | None = None


def check_branch(request: Request, options: BranchOptions) -> Outcome:
    """Say what the migrations of a branch do, and what became of those that its base has.

    Raises ProjectError for a project or a base that is not there, and for migrations that nobody can read.
    """
    began = time.monotonic()
    settings = request.settings
    policy = Policy((*settings.rules, *([options.levels] if options.levels else ())), str(settings.path or ""))
    project = find(request.project, request.schema, settings.migrations)
    found, notes = _changes(project, migrations(project), options)
    known = history.facts(found, project.provider)
    new = [one for one in found.new if one.name not in found.renamed]
    refuse_empty(new)
    read = {one.name: one for one in _read(policy, settings.postgres, found, new)}
    outcomes = []
    for one in found.new:
        outcome = read.get(one.name) or MigrationOutcome(one.name, one.checksum, "renamed", path=str(shown(one.path)))
        said = policy.judge(history.of_new(one, found, known), (), one.path)
        outcomes.append(replace(outcome, findings=(*said, *outcome.findings)))
    outcomes += [_at_levels(policy, one, project) for one in history.of_others(found, known)]
    outcomes.sort(key=lambda one: one.name.encode(errors="surrogateescape"))
    if path := options.baseline or settings.baseline:
        baseline = Baseline.read(path)
        outcomes = [without(one, baseline) for one in outcomes]
        notes += about(baseline, outcomes)
    return _outcome(options, found, outcomes, (*notes, *passed_over(project)), time.monotonic() - began)


def _changes(project: Project, here: Sequence[Migration], options: BranchOptions) -> tuple[Changes, list[str]]:
    named = Named((options.base, f"origin/{options.base}")) if options.base else ci.named(os.environ)
    try:
        return changes(project, here, named), []
    except NoBase as error:
        why = f"Compared with nothing, so every migration counts as new: {error.summary}."
        return Changes("", (), tuple(here)), [f"{why} --base names what to compare with."]


def _read(policy: Policy, version: int | None, found: Changes, new: Sequence[Migration]) -> list[MigrationOutcome]:
    """Read the text of what is new."""
    reader = Reader(policy, version)
    for one in found.before if new else ():
        reader.note(one.path)
    return [reader.read(shown(one.path)) for one in new]


def _at_levels(policy: Policy, outcome: MigrationOutcome, project: Project) -> MigrationOutcome:
    path = project.migrations / outcome.name / "migration.sql"
    judged = tuple(policy.judge(outcome.findings, (), path))
    return replace(outcome, findings=judged, path=str(shown(path)))


def _outcome(
    options: BranchOptions, found: Changes, outcomes: Sequence[MigrationOutcome], notes: Sequence[str], seconds: float
) -> Outcome:
    told: list[Finding] = [finding for one in outcomes for finding in one.findings]
    failing = [each for each in told if each.severity in FAILS[options.fail_on] and not each.allowed]
    result = Result.OK if outcomes else Result.NOTHING
    if any(one.state == "unreadable" for one in outcomes):
        result = Result.INCOMPLETE
    elif failing:
        result = Result.BLOCKED
    rules = [rule for rule, _ in Counter(finding.rule for finding in failing).most_common(3)]
    return Outcome(
        "check",
        result,
        migrations=tuple(outcomes),
        notes=tuple(notes),
        next=tuple(f"safemigrate explain {rule}" for rule in rules),
        seconds=seconds,
        base=found.base,
    )
