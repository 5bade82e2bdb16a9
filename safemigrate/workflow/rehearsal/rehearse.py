"""From pending migrations to proven plans: traced on the bare schema, rehearsed and proven on a restored snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.postgres import Connection, Server, connect, quote, reset
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import MigrationFailed, ShadowError
from safemigrate.execute import journal, run
from safemigrate.model import (
    Finding,
    OnProgress,
    Plan,
    Progress,
    Severity,
    Trace,
)
from safemigrate.rollback.prove import State, prove, reordered
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.rehearse import Rehearsed, rehearse
from safemigrate.workflow.judge import Evidence
from safemigrate.workflow.on_server.verify import sequences_behind, touched
from safemigrate.workflow.rehearsal.evidence import gather, held_values, may_branch
from safemigrate.workflow.rehearsal.plan import forward, plan_of
from safemigrate.workflow.rehearsal.rows import untraced
from safemigrate.workflow.rehearsal.scope import at_risk, note_writes
from safemigrate.workflow.rehearsal.shadows import copy_schema, ensure_schema, refusals
from safemigrate.workflow.rehearsal.trace import trace
from safemigrate.workflow.script import Script

if TYPE_CHECKING:
    from safemigrate.snapshot.store import Snapshot

# A trace that reaches further than the one before starts again with what it saw; a script has only so many tables.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Plans with their proofs, and what the shadow looked like around each; `catalogs` has one more than `plans`.

    `behind` names the sequences that the migrations leave behind their columns. `evidence` is what findings are held
    against.
    """

    plans: tuple[Plan, ...]
    catalogs: tuple[Catalog, ...]
    findings: tuple[Finding, ...]
    behind: frozenset[str]
    notes: tuple[str, ...]
    snapshot: Snapshot | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from: the target, and how to take and keep snapshots of it."""

    url: DatabaseUrl
    server: Server
    store: Path
    scope: str
    git: dict[str, Any] | None = None


def rehearse_all(source: Source, shadow: Shadow, scripts: Sequence[Script], on_progress: OnProgress) -> Rehearsal:
    """Take `scripts` from files to proven plans: trace, snapshot, rehearse, prove.

    Raises MigrationFailed where a migration fails in the shadow: the target was only read.
    """
    from safemigrate.snapshot import verify
    from safemigrate.snapshot.restore import restore

    on_progress(Progress("trace", "the schema alone"))
    copy_schema(source.url, source.server, shadow.create("bare"))
    written: dict[tuple[int, int], set[str]] = {}
    with _opened(shadow, "bare") as connection:
        everything = {quote(one.schema, one.name) for one in read(connection) if one.kind == "table"}
        try:
            traced = trace(connection, scripts, on_progress)
        except MigrationFailed as error:
            if not _lacks_rows(error) or source.scope == "none":
                raise
            traced = None
    if traced is None:
        wanted = everything
    else:
        wanted = at_risk(one for rehearsed in traced for one in rehearsed.observations)
        wanted |= everything & {quote(source.url.schema, "_prisma_migrations")}
        note_writes(written, traced)
    wanted |= kept_named(source, scripts)
    for _ in range(_ROUNDS):
        snapshot = _snapshot(source, scripts, wanted, on_progress)
        template = "unsnapped"
        if snapshot:
            on_progress(Progress("restore", f"snapshot {snapshot.id} into the shadow"))
            template = "snapshot"
            restored = shadow.create(template)
            restore(snapshot, restored, shadow=True)
            verify.compare(snapshot, restored)
            ensure_schema(restored)
        else:
            copy_schema(source.url, source.server, shadow.create(template))
        held = wanted | set(snapshot.manifest.held) if snapshot else None
        try:
            outcome = _rounds(source, shadow, template, scripts, traced, written, held, on_progress)
        except MigrationFailed as error:
            if not _lacks_rows(error) or source.scope != "scoped" or wanted >= everything:
                raise
            outcome = everything
        finally:
            shadow.drop(template)
        if isinstance(outcome, Rehearsal):
            return replace(outcome, snapshot=snapshot)
        wanted |= outcome
    raise ShadowError(
        "the rehearsal reaches further into the data each time it is tried",
        "Tables that the migration writes to were found only with their rows there.",
        ("safemigrate apply --snapshot full",),
    )


def kept_named(source: Source, scripts: Sequence[Script]) -> set[str]:
    """The tables of what is kept that a migration names, as one written by `rollback --as-migration` does."""
    from safemigrate.snapshot import facts

    text = "\n".join(script.migration.sql for script in scripts)
    if journal.SCHEMA not in text:
        return set()
    with connect(source.url) as connection:
        ours = [one for one in facts.tables(connection) if one.stores and one.name.startswith(f'"{journal.SCHEMA}')]
    return {one.name for one in ours if one.name in text or one.name.replace('"', "") in text}


def _snapshot(source: Source, scripts: Sequence[Script], wanted: set[str], on_progress: OnProgress) -> Snapshot | None:
    from safemigrate.snapshot.take import take

    if source.scope == "none":
        return None
    on_progress(Progress("snapshot", "every table" if source.scope == "full" else f"the rows of {len(wanted)} tables"))
    return take(
        source.url,
        source.server,
        scope="full" if source.scope == "full" else "scoped",
        tables=sorted(wanted),
        store=source.store,
        migration=scripts[-1].migration.name,
        git=source.git,
        on_progress=on_progress,
    )


def _rounds(
    source: Source,
    shadow: Shadow,
    template: str,
    scripts: Sequence[Script],
    traced: Sequence[Rehearsed] | None,
    written: dict[tuple[int, int], set[str]],
    held: set[str] | None,
    on_progress: OnProgress,
) -> Rehearsal | set[str]:
    """Rehearse with what the traces so far ask to keep, until a rehearsal shows nothing new.

    `traced` is None where the migrations do not run without rows. Returns the tables that must be in the snapshot too,
    where rows of others turn out to matter.
    """
    rehearsal = traced or _again(shadow, template, scripts, written, on_progress)
    for _ in range(_ROUNDS):
        derived = [
            plan_of(script, rehearsed, {number: names for (of, number), names in written.items() if of == at})
            for at, (script, rehearsed) in enumerate(zip(scripts, rehearsal, strict=True))
        ]
        plans, reasons = [plan for plan, _ in derived], [said for _, said in derived]
        with _clone(shadow, template, "rehearsal") as connection:
            journal.prepare(connection)
            start = State.of(connection)
            values: Sequence[Mapping[str, int]] = [{} for _ in plans]
            filled = any(one.rows for one in start.rows.values())
            if rehearsal is traced and not filled:
                # Without rows the trace has seen all there is to see.
                seen, states = traced, _unobserved(connection, plans, start, on_progress)
            else:
                seen, states, values = _forward(connection, scripts, plans, rehearsal, start, on_progress)
            if held is not None and source.scope != "full":
                missing = at_risk(one for rehearsed in seen for one in rehearsed.observations) - held
                if missing:
                    return missing
            foreseen = not note_writes(written, seen) and _sizes(seen) == _sizes(rehearsal)
            if foreseen and not (rehearsal is traced and filled and may_branch(traced)):
                found = _finish(shadow, template, connection, plans, reasons, states, seen, on_progress)
                return replace(found, evidence=gather(rehearsal, found.plans, states, values, frozenset(held or ())))
        rehearsal = _again(shadow, template, scripts, written, on_progress)
    raise ShadowError(
        "the migration writes to other tables each time it is rehearsed",
        "What it changes cannot be kept, because it cannot be foreseen.",
        ("safemigrate apply --dry-run -v",),
    )


def _again(
    shadow: Shadow,
    template: str,
    scripts: Sequence[Script],
    written: dict[tuple[int, int], set[str]],
    on_progress: OnProgress,
) -> Sequence[Rehearsed]:
    """Look again without keeping, with the rows there: something was written that nobody foresaw."""
    with _clone(shadow, template, "again") as connection:
        rehearsal = trace(connection, scripts, on_progress)
        note_writes(written, rehearsal)
        return rehearsal


def _sizes(rehearsed: Sequence[Rehearsed]) -> list[list[int]]:
    """How many statements each transaction has; rows with checks that wait for COMMIT may part what was one without."""
    return [[len(group.observations) for group in one.groups] for one in rehearsed]


def _lacks_rows(error: MigrationFailed) -> bool:
    """Whether a statement may have failed only because rows were not there: data exceptions, constraints, RAISE."""
    return error.sqlstate[:2] in ("21", "22", "23", "44", "P0")


@contextmanager
def _clone(shadow: Shadow, template: str, name: str) -> Iterator[Connection]:
    shadow.create(name, template=template)
    try:
        with _opened(shadow, name) as connection:
            yield connection
    finally:
        shadow.drop(name)


@contextmanager
def _opened(shadow: Shadow, name: str) -> Iterator[Connection]:
    """Connect to a shadow database."""
    with refusals(shadow), connect(shadow.url(name), application_name="safemigrate rehearsal") as connection:
        yield connection


def _forward(
    connection: Connection,
    scripts: Sequence[Script],
    plans: Sequence[Plan],
    rehearsal: Sequence[Rehearsed],
    start: State,
    on_progress: OnProgress,
) -> tuple[Sequence[Rehearsed], list[State], list[Mapping[str, int]]]:
    """Run plans as they will run on the target, observed, and read the state at every boundary.

    Returns also what the columns held that each drops.
    """
    states = [start]
    seen: list[Rehearsed] = []
    values: list[Mapping[str, int]] = []
    for script, plan, rehearsed in zip(scripts, plans, rehearsal, strict=True):
        on_progress(Progress("rehearse", plan.migration, len(seen), len(plans)))
        steps = plan.steps
        values.append(held_values(connection, rehearsed))
        seen.append(
            rehearse(
                connection,
                script.migration,
                script.statements,
                lambda number, _one, steps=steps: run.run_step(connection, steps[number]),  # type: ignore[misc]
                states[-1].catalog,
            )
        )
        states.append(State.now(connection, seen[-1].after))
    return seen, states, values


def _unobserved(connection: Connection, plans: Sequence[Plan], start: State, on_progress: OnProgress) -> list[State]:
    states = [start]
    for number, plan in enumerate(plans):
        on_progress(Progress("rehearse", plan.migration, number, len(plans)))
        try:
            forward(connection, plan)
        except MigrationFailed as error:
            summary = f"{plan.migration}, {error.summary}"
            raise MigrationFailed(summary, error.why, error.fix, sqlstate=error.sqlstate) from error
        states.append(State.now(connection, read(connection, states[-1].catalog)))
    return states


def _finish(
    shadow: Shadow,
    template: str,
    connection: Connection,
    plans: list[Plan],
    reasons: list[tuple[str, ...]],
    states: list[State],
    seen: Sequence[Rehearsed],
    on_progress: OnProgress,
) -> Rehearsal:
    version = session.value(connection, "SHOW server_version").split()[0]
    on_progress(Progress("prove", "down, compared, up again", 0, len(plans)))
    plans = [
        replace(plan, traces=tuple(_merged(*pair) for pair in zip(plan.traces, _traces(rehearsed), strict=True)))
        for plan, rehearsed in zip(plans, seen, strict=True)
    ]

    def attempt(open_connection: Connection, number: int, states: Sequence[State]) -> tuple[list[Plan], int]:
        proven, failed, _ = prove(
            open_connection,
            plans[:number],
            states,
            reasons[:number],
            execute=lambda sql: run.execute(open_connection, sql),
            forward=lambda plan: forward(open_connection, plan),
            afresh=lambda: reset(open_connection, shadow.maintenance),
            version=version,
        )
        return proven, failed

    proven, failed = attempt(connection, len(plans), states)
    while failed:  # the plans before one whose inverse fails are proven in a clone of their own
        with _clone(shadow, template, f"before_{failed}") as another:
            journal.prepare(another)
            # Compared with states of its own: now() and random values are others this time.
            now = _unobserved(another, plans[:failed], State.of(another), on_progress)
            earlier, now_failed = attempt(another, failed, now)
        proven, failed = [*earlier, *proven[failed:]], now_failed
    notes = [
        f"{table}: a column comes back behind the others (PostgreSQL cannot put it where it stood)"
        for table in reordered(states[0].catalog, read(connection))
    ]
    findings = list(untraced(seen, states))
    behind = sequences_behind(connection, sorted({table for plan in plans for table in touched(plan)}))
    findings += [
        Finding("sequence-behind", Severity.WARNING, f"{text}: an insert will fail", plans[-1].migration)
        for text in behind.values()
    ]
    catalogs = tuple(state.catalog for state in states)
    return Rehearsal(tuple(proven), catalogs, tuple(findings), frozenset(behind), tuple(notes), None)


def _traces(rehearsed: Rehearsed) -> tuple[Trace, ...]:
    return tuple(one.trace for one in rehearsed.observations)


def _merged(bare: Trace, real: Trace) -> Trace:
    """Join two traces of a statement: locks and scans as the statement's own, time and rows as with the real rows."""
    scans = {table: count or real.scans.get(table, 0) for table, count in bare.scans.items()}
    return replace(bare, seconds=real.seconds, rows=real.rows, rewrites=real.rewrites or bare.rewrites, scans=scans)
