"""Several lanes at once: each a process with a database of its own, each with its part of the history."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from safemigrate.errors import MigrationFailed, NotSql
from safemigrate.model import Migration, MigrationOutcome
from safemigrate.shadow.provider import Shadow
from safemigrate.sql import executable, statements_of
from safemigrate.workflow.proving import BEGIN, BROKEN, Terms
from safemigrate.workflow.proving.lane import Lane
from safemigrate.workflow.proving.processes import Proven, at_once, parts
from safemigrate.workflow.proving.trial import trial
from safemigrate.workflow.rehearsal.shadows import refusals
from safemigrate.workflow.script import Script


def run_lanes(
    shadow: Shadow,
    history: Sequence[Migration],
    wanted: Sequence[int],
    terms: Terms,
    jobs: int,
    *,
    at: int = 0,
    spend: bool = False,
) -> Generator[Proven]:
    """Prove the migrations of these numbers, and return each as soon as it is; what comes out is the same for any jobs.

    The shadow has the database BEGIN, which nobody is connected to and which has gone through the first `at` of the
    history. Each migration is proven in a copy of what all before it made, so no lane needs to know what another found.
    `spend` says that nobody needs BEGIN any more, so that a single lane may do without a copy of it.
    """
    shared = parts(wanted, jobs)
    if len(shared) == 1:
        yield from _through(shadow, BEGIN if spend else "lane_0", history, shared[0], terms, at)
        return
    calls = []
    for number, part in enumerate(shared):
        name = f"lane_{number}"
        for one in (name, f"{name}_copy", f"{name}_spare", f"{name}_copy_aside"):
            shadow.created[one] = shadow.url(one)  # dropped with the rest, whatever becomes of the process
        calls.append((replace(shadow, keep=None), name, history, part, terms, at))  # the server is for us alone to stop
    yield from at_once(_through, calls)


def _through(
    shadow: Shadow, name: str, history: Sequence[Migration], wanted: Sequence[int], terms: Terms, at: int
) -> Generator[Proven]:
    if name != BEGIN:
        shadow.create(name, template=BEGIN)
    lane = Lane(shadow, name, history, at)
    for number in wanted:
        with refusals(shadow):
            found = _one(lane, number, history[number], terms)
        yield number, found


def _one(lane: Lane, number: int, migration: Migration, terms: Terms) -> MigrationOutcome:
    lane.advance(number)
    found = _tried(lane, migration, terms)
    if found.state != BROKEN:
        return found
    said = [found.detail]
    if re.search(r'extension ".+" is not available', found.detail):
        said.append("the shadow's server does not have it: --shadow docker or --shadow-url lead to one that has")
    if lane.failed:
        said.append(f"before it, this does not run either: {', '.join(lane.failed)}")
    return replace(found, detail="\n".join(said))


def _tried(lane: Lane, migration: Migration, terms: Terms) -> MigrationOutcome:
    try:
        statements = statements_of(migration)
        runs = Script(migration, tuple(executable(migration, statements)))
        lane.copy()
        touched = lane.step(Script(migration, tuple(statements)))
        found = trial(lane, replace(lane.without_roles(runs), migration=migration), touched, terms)
        pairs = zip(found.traces, runs.statements, strict=False)  # where it does not run there are none
        return replace(found, traces=tuple(replace(trace, sql=statement.sql) for trace, statement in pairs))
    except (MigrationFailed, NotSql) as error:
        return MigrationOutcome(migration.name, migration.checksum, BROKEN, detail=f"{error.summary}: {error.why}")
