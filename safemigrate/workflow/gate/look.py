"""All that is found by trying: what is new rehearsed and proven, schema.prisma and a live database held against it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from safemigrate.errors import PrismaError
from safemigrate.model import Finding, MigrationOutcome, OnProgress, SchemaChange, Severity
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.gate.drift import drift
from safemigrate.workflow.gate.effort import Effort, compares
from safemigrate.workflow.gate.ground import Ground
from safemigrate.workflow.gate.seen import Seen, in_order
from safemigrate.workflow.gate.tried import findings, shortened, tried
from safemigrate.workflow.proving import BEGIN, BROKEN, Terms

if TYPE_CHECKING:
    from safemigrate.workflow.gate.live import Live

_AFTER = "after"


def look(
    project: Project,
    changes: Changes,
    effort: Effort,
    base: Ground,
    on_progress: OnProgress,
    *,
    live: Live | None = None,
) -> Seen:
    """Try what a branch brings on the ground of its base."""
    runs = changes.runs
    asks = compares(project, changes, effort)
    with ThreadPoolExecutor(1) as beside:  # Prisma takes its time, in a process of its own
        answer = beside.submit(_drifted, project, base, changes, cache=effort.cache) if asks else None
        change = _change(base, changes) if effort.change and runs else None
        alone = not (asks or live)
        terms = Terms(effort.rows)
        outcomes = tried(base, changes.before, runs, terms, on_progress, cache=effort.cache, alone=alone)
        beyond, about = live.findings(base.shadow, changes.before, runs) if live else ([], [])
        drifted = answer.result() if answer else unasked(changes, effort)
    texts = {one.name: one.findings for one in _unrun(changes, outcomes, base)}
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


def read(changes: Changes, version: int | None) -> Seen:
    """Read the text of what is new, after what comes before it; `version` is the server's major."""
    from safemigrate.lint.policy import Policy
    from safemigrate.workflow.reading.reader import Reader

    reader = Reader(Policy(()), version)
    for one in changes.before if changes.runs else ():
        reader.note(one.path)
    return Seen(in_order(changes, [reader.read(one.path) for one in changes.runs]))


def _unrun(changes: Changes, outcomes: Sequence[MigrationOutcome], base: Ground) -> tuple[MigrationOutcome, ...]:
    """What the text alone says of what does not run: there is nothing else to be told of it."""
    broken = {one.name for one in outcomes if one.state == BROKEN and not one.findings}
    known = read(changes, base.shadow.major).outcomes if broken else ()
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


def _change(base: Ground, changes: Changes) -> SchemaChange:
    """The schema before and after what is new, as far as it runs."""
    from safemigrate.db import catalog
    from safemigrate.db.postgres import connect
    from safemigrate.workflow.proving.lane import Lane
    from safemigrate.workflow.rehearsal.change import change_of

    base.shadow.create(_AFTER, template=BEGIN)
    with connect(base.shadow.url(_AFTER)) as connection:
        before = catalog.read(connection)
    lane = Lane(base.shadow, _AFTER, [*changes.before, *changes.runs], len(changes.before))
    lane.advance(len(changes.before) + len(changes.runs))
    lane.close()
    with connect(base.shadow.url(_AFTER)) as connection:
        return change_of(before, catalog.read(connection, before))


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
