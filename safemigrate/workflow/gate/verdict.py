"""What it all comes to: every finding at the level of the project, and whether the check fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from safemigrate.config import Levels, Settings
from safemigrate.lint.baseline import Baseline
from safemigrate.lint.policy import Policy
from safemigrate.model import MigrationOutcome, Outcome, Result
from safemigrate.prisma.project import Project
from safemigrate.sql import statements_of
from safemigrate.workflow.gate import history
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.gate.seen import Seen
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.reading.known import about, fails, without


def verdict(
    project: Project,
    found: Changes,
    seen: Seen,
    settings: Settings,
    levels: Levels | None,
    fail_on: str,
    baseline: Path | None,
) -> Outcome:
    """Judge what was seen. Raises ProjectError for wrong settings."""
    policy = Policy((*settings.rules, *([levels] if levels else ())), str(settings.path or ""))
    outcomes = _outcomes(project, policy, found, seen.outcomes)
    notes = list(seen.notes)
    if path := baseline or settings.baseline:
        known = Baseline.read(path)
        outcomes = [without(one, known) for one in outcomes]
        notes += about(known, outcomes)
    whole = tuple(policy.judge(seen.findings, (), project.schema))
    failing = [each for each in (*whole, *(each for one in outcomes for each in one.findings)) if fails(each, fail_on)]
    rules = [rule for rule, _ in Counter(finding.rule for finding in failing).most_common(3)]
    result = Result.BLOCKED if failing else Result.OK if outcomes or whole else Result.NOTHING
    if not seen.complete or any(one.state == "unreadable" for one in outcomes):
        result = Result.INCOMPLETE
    return Outcome(
        "check",
        result,
        migrations=tuple(outcomes),
        notes=tuple(notes),
        next=(*seen.fixes, *(f"safemigrate explain {rule}" for rule in rules)),
        base=found.base,
        findings=whole,
        change=seen.change,
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
        statements = statements_of(files[one.name], project.provider) if one.text else ()
        judged = tuple(policy.judge(one.findings, statements, path))
        outcomes.append(replace(one, findings=judged, path=str(shown(path))))
    return sorted(outcomes, key=lambda one: one.name.encode(errors="surrogateescape"))
