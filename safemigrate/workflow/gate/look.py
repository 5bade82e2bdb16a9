"""All that is found by trying: what is new rehearsed and proven, schema.prisma and a live database held against it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from safemigrate.errors import PrismaError, ServerProgramError, ShadowError
from safemigrate.lint.policy import Policy
from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress, Severity
from safemigrate.prisma.migrations import refuse_empty
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.gate.drift import drift, installed
from safemigrate.workflow.gate.ground import Ground, ground
from safemigrate.workflow.gate.live import Live
from safemigrate.workflow.gate.tried import findings, shortened, tried
from safemigrate.workflow.proving.trial import BROKEN, Terms
from safemigrate.workflow.reading.reader import Reader

RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried, and what is enough.

    `require` is what a rollback must at least be proven to be: "exact", "lossy" or "any". `rows` are made for each
    table that a migration touches. `shadow` is a choice of `shadow_server`. `drift` asks Prisma about schema.prisma.
    """

    require: str = "any"
    rows: int = 5
    shadow: str | None = None
    cache: bool = True
    drift: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found: the new migrations in their order, the project as a whole; `fixes` lead to what is missing."""

    outcomes: tuple[MigrationOutcome, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    complete: bool = True


def look(
    project: Project,
    changes: Changes,
    effort: Effort,
    on_progress: OnProgress,
    *,
    live: Live | None = None,
    version: int | None = None,
) -> Seen:
    """Try what a branch brings; where there is no way to do that, read it at least.

    `version` is the server's major for what is only read. Raises ProjectError for a migration without a character.
    """
    runs = [one for one in changes.new if one.name not in changes.renamed]
    refuse_empty(runs)
    if project.provider != "postgresql":
        said = f"The history is for {project.provider}: it is read, and nothing is tried."
        return Seen(_in_order(changes, _read(changes, runs, version)), notes=(said,))
    compares = _compares(project, changes, effort)
    if not (runs or compares or live):
        return Seen(_in_order(changes, ()), _unasked(changes, effort))
    try:
        with (
            ground(effort.shadow, changes.before, runs, on_progress, live=live, cache=effort.cache) as base,
            ThreadPoolExecutor(1) as beside,
        ):
            answer = beside.submit(_drifted, project, base, changes, runs, cache=effort.cache) if compares else None
            terms = Terms(effort.rows)
            outcomes = tried(base, changes.before, runs, terms, on_progress, cache=effort.cache) if runs else []
            beyond, about = live.findings(base.shadow, changes.before, runs) if live else ([], [])
            drifted = answer.result() if answer else Seen((), _unasked(changes, effort), _silence(changes, effort))
    except (ShadowError, ServerProgramError) as error:
        said = f"Only read, for there is no shadow to try it in: {error.summary}. {error.why}".strip()
        return Seen(_in_order(changes, _read(changes, runs, version)), (), (said,), error.fix, complete=False)
    judged = [
        shortened(replace(one, findings=(*findings(one, base, effort.require), *one.findings))) for one in outcomes
    ]
    notes = (*_passed(changes, base), *drifted.notes, *about)
    blamed = any(one.state == BROKEN for one in outcomes) and base.failed
    return Seen(
        _in_order(changes, judged),
        (*drifted.findings, *beyond),
        notes,
        drifted.fixes,
        complete=drifted.complete and not blamed,
    )


def _compares(project: Project, changes: Changes, effort: Effort) -> bool:
    """Whether Prisma is asked: for a difference that the branch may have made."""
    touched = changes.schema or changes.new or changes.edited or changes.deleted or not changes.base
    return bool(effort.drift and touched and not changes.renamed and installed(project))


def _drifted(project: Project, base: Ground, changes: Changes, runs: Sequence[Migration], *, cache: bool) -> Seen:
    if base.failed:
        return Seen((), notes=("schema.prisma is not compared with a history that does not run.",))
    try:
        found = drift(project, base, changes.before, runs, changes.schema_before if changes.base else None, cache=cache)
    except PrismaError as error:
        said = f"schema.prisma could not be compared with the history: {error.summary}. {error.why}".strip()
        return Seen((), notes=(said,), fixes=error.fix, complete=False)
    return Seen((), (found,) if found else ())


def _unasked(changes: Changes, effort: Effort) -> tuple[Finding, ...]:
    """The finding where schema.prisma was changed alone, and nobody can say whether that needs a migration."""
    if not (changes.schema and changes.base and effort.drift) or changes.new:
        return ()
    return (
        Finding(
            "schema-without-migration",
            Severity.WARNING,
            f"schema.prisma is not as on {changes.base}, and there is no new migration",
            "",
            subject="schema.prisma",
            help="install Prisma's CLI (npm ci) for check to say whether one is missing",
        ),
    )


def _silence(changes: Changes, effort: Effort) -> tuple[str, ...]:
    if not effort.drift or changes.renamed or not (changes.schema or changes.new):
        return ()
    return ("schema.prisma is not compared with the history: Prisma's CLI is not installed here.",)


def _passed(changes: Changes, base: Ground) -> tuple[str, ...]:
    if not base.failed:
        return ()
    names = ", ".join(base.failed)
    return (f"Passed over, for it does not run in an empty database: {names}, of {changes.base}.",)


def _read(changes: Changes, new: Sequence[Migration], version: int | None) -> list[MigrationOutcome]:
    """Read the text of what is new, and of what comes before it."""
    reader = Reader(Policy(()), version)
    for one in changes.before:
        reader.note(one.path)
    return [reader.read(one.path) for one in new]


def _in_order(changes: Changes, outcomes: Sequence[MigrationOutcome]) -> tuple[MigrationOutcome, ...]:
    found = {one.name: one for one in outcomes}
    return tuple(
        replace(found[one.name], text=one.sql)
        if one.name in found
        else MigrationOutcome(one.name, one.checksum, RENAMED)
        for one in changes.new
    )
