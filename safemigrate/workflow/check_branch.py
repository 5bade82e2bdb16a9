"""`safemigrate check` without a file: what a branch does to the history, against its base."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate.config import Levels
from safemigrate.errors import ServerProgramError, ShadowError
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.lint.baseline import Baseline
from safemigrate.lint.policy import Policy
from safemigrate.model import Finding, Migration, MigrationOutcome, Outcome, Result
from safemigrate.prisma.migrations import migrations, passed_over, refuse_empty
from safemigrate.prisma.project import Project, find
from safemigrate.sql import statements_of
from safemigrate.workflow.check import FAILS, about, without
from safemigrate.workflow.gate import ci, history
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.gate.ground import ground
from safemigrate.workflow.gate.tried import findings, shortened, tried
from safemigrate.workflow.proving.trial import BROKEN, Terms
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.reading.reader import Reader
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class BranchOptions:
    """What `check` of a branch may be told. `base` is None for what CI names, else the usual branch.

    `require` is what a rollback must at least be proven to be: "exact", "lossy" or "any". `rows` are made for each
    table that a migration touches. `levels` come behind those of the settings. `fail_on` is "error", "warning" or
    "never".
    """

    base: str | None = None
    require: str = "any"
    rows: int = 5
    shadow: str | None = None
    cache: bool = True
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
    seen = _tried(request, options, project, found)
    known = history.facts(found, project.provider)
    outcomes = [
        replace(one, findings=(*history.of_new(migration, found, known), *one.findings))
        for migration, one in zip(found.new, seen.outcomes, strict=True)
    ]
    files = {one.name: one for one in (*found.new, *found.edited, *found.deleted)}
    outcomes = [_at_levels(policy, files[one.name], one) for one in (*outcomes, *history.of_others(found, known))]
    outcomes.sort(key=lambda one: one.name.encode(errors="surrogateescape"))
    if path := options.baseline or settings.baseline:
        baseline = Baseline.read(path)
        outcomes = [without(one, baseline) for one in outcomes]
        notes += about(baseline, outcomes)
    notes += [*seen.notes, *passed_over(project)]
    outcome = _outcome(options, outcomes, complete=seen.complete)
    return replace(
        outcome,
        base=found.base,
        notes=tuple(notes),
        next=(*seen.fixes, *outcome.next),
        seconds=time.monotonic() - began,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is new, as far as somebody could look at it; `fixes` lead to what is not `complete`."""

    outcomes: tuple[MigrationOutcome, ...]
    notes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    complete: bool = True


def _tried(request: Request, options: BranchOptions, project: Project, found: Changes) -> _Seen:
    """Rehearse and prove what is new; where there is no way to do that, read it at least."""
    refuse_empty([one for one in found.new if one.name not in found.renamed])
    runs = [one for one in found.new if one.name not in found.renamed]
    renamed = [MigrationOutcome(one.name, one.checksum, "renamed") for one in found.new if one.name in found.renamed]
    if project.provider != "postgresql":
        said = f"The history is for {project.provider}: it is read, and nothing is tried."
        return _Seen(_in_order(found, [*_read(request, found, runs), *renamed]), (said,))
    if not runs:
        return _Seen(_in_order(found, renamed))
    try:
        with ground(options.shadow, found.before, runs, request.on_progress, cache=options.cache) as base:
            outcomes = tried(base, found.before, runs, Terms(options.rows), request.on_progress, cache=options.cache)
    except (ShadowError, ServerProgramError) as error:
        said = f"Only read, for there is no shadow to try it in: {error.summary}. {error.why}".strip()
        return _Seen(_in_order(found, [*_read(request, found, runs), *renamed]), (said,), error.fix, complete=False)
    notes = []
    if base.failed:
        notes.append(f"{found.base}: {', '.join(base.failed)} did not run in an empty database, and was passed over.")
    judged = [
        shortened(replace(one, findings=(*findings(one, base, options.require), *one.findings))) for one in outcomes
    ]
    broken = any(one.state == BROKEN for one in outcomes)
    return _Seen(_in_order(found, [*judged, *renamed]), tuple(notes), complete=not (broken and base.failed))


def _in_order(found: Changes, outcomes: Sequence[MigrationOutcome]) -> tuple[MigrationOutcome, ...]:
    by_name = {one.name: one for one in outcomes}
    return tuple(
        replace(by_name[one.name], path=str(shown(one.path)), text=one.sql if one.name not in found.renamed else "")
        for one in found.new
    )


def _changes(project: Project, here: Sequence[Migration], options: BranchOptions) -> tuple[Changes, list[str]]:
    named = Named((options.base, f"origin/{options.base}")) if options.base else ci.named(os.environ)
    try:
        return changes(project, here, named), []
    except NoBase as error:
        why = f"Compared with nothing, so every migration counts as new: {error.summary}."
        return Changes("", (), tuple(here)), [f"{why} --base names what to compare with."]


def _read(request: Request, found: Changes, new: Sequence[Migration]) -> list[MigrationOutcome]:
    """Read the text of what is new, and of what comes before it."""
    reader = Reader(Policy(()), request.settings.postgres)
    for one in found.before:
        reader.note(one.path)
    return [reader.read(one.path) for one in new]


def _at_levels(policy: Policy, migration: Migration, outcome: MigrationOutcome) -> MigrationOutcome:
    judged = policy.judge(outcome.findings, statements_of(migration) if outcome.text else (), migration.path)
    return replace(outcome, findings=tuple(judged), path=str(shown(migration.path)))


def _outcome(options: BranchOptions, outcomes: Sequence[MigrationOutcome], *, complete: bool) -> Outcome:
    told: list[Finding] = [finding for one in outcomes for finding in one.findings]
    failing = [each for each in told if each.severity in FAILS[options.fail_on] and not each.allowed]
    result = Result.OK if outcomes else Result.NOTHING
    if not complete or any(one.state == "unreadable" for one in outcomes):
        result = Result.INCOMPLETE
    elif failing:
        result = Result.BLOCKED
    rules = [rule for rule, _ in Counter(finding.rule for finding in failing).most_common(3)]
    return Outcome(
        "check", result, migrations=tuple(outcomes), next=tuple(f"safemigrate explain {rule}" for rule in rules)
    )
