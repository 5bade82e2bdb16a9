"""All that is found by trying: what is new rehearsed and proven, schema.prisma and a live database held against it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from safemigrate.errors import PrismaError
from safemigrate.model import Finding, MigrationOutcome, OnProgress, Severity
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.gate.drift import drift
from safemigrate.workflow.gate.effort import Effort, compares
from safemigrate.workflow.gate.ground import Ground
from safemigrate.workflow.gate.seen import Seen, in_order
from safemigrate.workflow.gate.tried import findings, shortened
from safemigrate.workflow.proving import BROKEN, Terms


def look(
    project: Project,
    changes: Changes,
    effort: Effort,
    base: Ground,
    on_progress: OnProgress,
    *,
    live: bool = False,
) -> Seen:
    """Try what a branch brings on the ground of its base; `live` says that a database stands beside it."""
    runs = changes.runs
    asks = compares(project, changes, effort)
    with ThreadPoolExecutor(1) as beside:  # Prisma takes its time, in a process of its own
        answer = beside.submit(_drifted, project, base, changes, cache=effort.cache) if asks else None
        change = base.change(runs) if effort.change and runs else None
        alone = not (asks or live)
        outcomes = base.tried(runs, Terms(effort.rows), on_progress, cache=effort.cache, alone=alone)
        beyond, about = base.beside(runs)
        drifted = answer.result() if answer else unasked(changes, effort)
    texts = {one.name: one.findings for one in _unrun(project, changes, outcomes, base)}
    judged = [
        shortened(replace(one, findings=(*findings(one, base, effort.require), *(texts.get(one.name) or one.findings))))
        for one in outcomes
    ]
    blamed = any(one.state == BROKEN for one in outcomes) and base.failed
    return Seen(
        in_order(changes, judged),
        (*drifted.findings, *beyond),
        (*_passed(changes, base), *drifted.notes, *about),
        drifted.fixes,
        complete=drifted.complete and not blamed,
        change=change,
    )


def read(project: Project, changes: Changes, version: int | None) -> Seen:
    """Read the text of what is new, after what comes before it; `version` is the server's major."""
    from safemigrate.lint.policy import Policy
    from safemigrate.workflow.reading.reader import Reader

    reader = Reader(Policy(()), version, project.provider)
    for one in changes.before if changes.runs else ():
        reader.note(one.path)
    return Seen(in_order(changes, [reader.read(one.path) for one in changes.runs]))


def _unrun(
    project: Project, changes: Changes, outcomes: Sequence[MigrationOutcome], base: Ground
) -> tuple[MigrationOutcome, ...]:
    """What the text alone says of what does not run: there is nothing else to be told of it."""
    broken = {one.name for one in outcomes if one.state == BROKEN and not one.findings}
    known = read(project, changes, base.major).outcomes if broken else ()
    return tuple(one for one in known if one.name in broken)


def unasked(changes: Changes, effort: Effort) -> Seen:
    """What to say where Prisma is not asked about schema.prisma."""
    if not effort.drift or changes.renamed or not (changes.schema or changes.new):
        return Seen(())
    if changes.new or not changes.base:
        return Seen((), notes=("schema.prisma is not compared with the history: Prisma's CLI is not installed here.",))
    alone = Finding(
        "schema-without-migration",
        Severity.WARNING,
        f"schema.prisma is not as on {changes.base}, and there is no new migration",
        "",
        subject="schema.prisma",
        help="install Prisma's CLI (npm ci) for check to say whether one is missing",
    )
    return Seen((), (alone,))


def _drifted(project: Project, base: Ground, changes: Changes, *, cache: bool) -> Seen:
    if base.failed:
        return Seen((), notes=("schema.prisma is not compared with a history that does not run.",))
    try:
        earlier = changes.schema_before if changes.base else None
        found = drift(project, base, changes.before, changes.runs, earlier, cache=cache)
    except PrismaError as error:
        said = f"schema.prisma could not be compared with the history: {error.summary}. {error.why}".strip()
        return Seen((), notes=(said,), fixes=error.fix, complete=False)
    return Seen((), (found,) if found else ())


def _passed(changes: Changes, base: Ground) -> tuple[str, ...]:
    if not base.failed:
        return ()
    names = ", ".join(base.failed)
    return (f"Passed over, for it does not run in an empty database: {names}, of {changes.base}.",)
