"""One migration on trial: in a copy of the database before it, with rows, up, down, compared, up again."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import MigrationFailed
from safemigrate.execute import journal, run
from safemigrate.lint import lint
from safemigrate.model import MigrationOutcome, Plan, Proof, Verdict
from safemigrate.rollback import down
from safemigrate.rollback.derive import change_of
from safemigrate.rollback.prove import State, prove
from safemigrate.rollback.reach import may_set_back
from safemigrate.shadow.rehearse import ALONE, Rehearsed, rehearse
from safemigrate.shadow.sample.fill import fill
from safemigrate.sql import statements_of
from safemigrate.workflow.judge import Evidence, judge
from safemigrate.workflow.on_server.facts import described_shadow
from safemigrate.workflow.proving import BROKEN, PROVEN, UNCHANGED, Terms
from safemigrate.workflow.proving.lane import Lane
from safemigrate.workflow.rehearsal.plan import as_written, forward, plan_of
from safemigrate.workflow.rehearsal.rows import untraced
from safemigrate.workflow.rehearsal.scope import at_risk, note_writes, oids, with_children, with_parents
from safemigrate.workflow.rehearsal.shadows import Database
from safemigrate.workflow.script import Script

# More tables are filled, or emptied, each time; a script names only so many.
_ROUNDS = 12

# So many different complaints are met with other rows, before there are none.
_PLAINER = 4


def trial(lane: Lane, script: Script, touched: Collection[str], terms: Terms) -> MigrationOutcome:
    """Prove one migration in the lane's copy of the database before it; `touched` are the tables it was seen to touch.

    Rows are made for the tables that it touches. Where they are what it fails on, plainer ones are made; where it
    fails on those too it is proven without, and that is said. The copy is discarded unless it is certain to be what
    the migration alone made of it. Findings are read with the schema known, and held against what was seen.
    """
    began = time.perf_counter()
    copy = lane.copy()
    known = described_shadow(copy.connection, lane.schema)
    catalog = lane.catalog if lane.current else None
    catalog = lane.catalog = catalog or read(copy.connection, lane.catalog)
    rows = _Rows(catalog, terms)
    rows.put(copy.connection, touched)
    findings = tuple(lint(script.migration, statements_of(script.migration), known, ()))
    outcome = MigrationOutcome(script.migration.name, script.migration.checksum, PROVEN, findings)
    for _ in range(_ROUNDS):
        start = State.now(copy.connection, catalog)
        try:
            seen = _seen(copy, script, catalog)
        except MigrationFailed as error:
            if not rows.make_way(copy.connection, error):
                lane.discard()
                return replace(outcome, state=BROKEN, detail=f"{error.summary}: {error.why}")
            continue
        if not rows.put(copy.connection, at_risk(seen.observations)):
            break
    else:
        lane.discard()
        return replace(outcome, state=BROKEN, detail="it reaches further each time it is tried")
    plan, end = _proven(copy, script, seen, start)
    outcome = replace(outcome, findings=tuple(judge(findings, _evidence(seen, start, end))))
    wrote = any(one.changed for one in seen.observations)
    if end and plan.proof.verdict is Verdict.EXACT and not wrote:
        lane.tidy(rows.oids, end.catalog)
    else:
        lane.discard()
    proof = replace(plan.proof, seconds=time.perf_counter() - began)
    outcome = replace(
        outcome,
        traces=tuple(one.trace for one in seen.observations),
        transactions=tuple(len(group.observations) for group in seen.groups),
    )
    if any(one.changed or not change_of(one).empty for one in seen.observations):
        return replace(outcome, proof=proof, detail=rows.said, script=down.render(plan))
    aimed = {oid for one in seen.observations for oid in one.written}
    tables = sorted(quote(one.schema, one.name) for one in catalog if one.kind == "table" and one.identity[1] in aimed)
    missed = f"it writes to {', '.join(tables)}, and no row there is one that it changes" if tables else ""
    return replace(outcome, state=UNCHANGED, proof=proof, detail="\n".join(filter(None, (rows.said, missed))))


def _evidence(seen: Rehearsed, start: State, end: State | None) -> Evidence:
    """What findings are held against; rows that were made say nothing of how many a target has."""
    rows, after = ({table: one.rows for table, one in state.rows.items()} if state else {} for state in (start, end))
    return Evidence(seen, tuple(one.trace for one in seen.observations), seen.before, rows, after)


def _seen(copy: Database, script: Script, catalog: Catalog) -> Rehearsed:
    """Observe the migration as written, and leave no trace of it."""
    connection = copy.connection
    if not any(may_set_back(one, catalog) for one in script.statements):  # that, no rollback undoes
        try:
            with connection.transaction(force_rollback=True):
                return rehearse(connection, script.migration, script.statements, as_written(connection), catalog)
        except MigrationFailed as error:
            if error.sqlstate not in (*ALONE, session.UNSAFE_NEW_ENUM_VALUE):
                raise
    aside = copy.copy(f"{copy.name}_aside")
    try:
        return rehearse(aside.connection, script.migration, script.statements, as_written(aside.connection), catalog)
    finally:
        aside.drop()


def _proven(copy: Database, script: Script, seen: Rehearsed, start: State) -> tuple[Plan, State | None]:
    """Return the plan with its proof, and where it leaves the database, None where nobody can say."""
    connection = copy.connection
    written: dict[tuple[int, int], set[str]] = {}
    note_writes(written, [seen])
    plan, reasons = plan_of(script, seen, {number: names for (_, number), names in written.items()})
    version = session.value(connection, "SHOW server_version").split()[0]
    journal.prepare(connection)
    try:
        forward(connection, plan)
    except MigrationFailed as error:
        said = f"it does not run with what must be kept: {error.summary}: {error.why}"
        return replace(plan, proof=Proof(Verdict.IMPOSSIBLE, (said,), server_version=version)), None
    end = State.now(connection, seen.after)
    reasons = (*reasons, *(finding.message for finding in untraced([seen], [start, end])))
    proven, _, stands = prove(
        connection,
        [plan],
        [start, end],
        [reasons],
        execute=lambda sql: run.execute(connection, sql),
        forward=lambda plan: forward(connection, plan),
        afresh=copy.reset,
        version=version,
    )
    return proven[0], stands


class _Rows:
    """The rows made for one trial: where they lie, where there can be none, and where they were in the way."""

    def __init__(self, catalog: Catalog, terms: Terms) -> None:
        self._catalog = catalog
        self._terms = terms
        self._known: set[str] = set()
        self._made: set[str] = set()
        self._ever: set[str] = set()
        self._unfilled: dict[str, str] = {}
        self._away: dict[str, str] = {}
        self._met: set[str] = set()
        self._avoid: set[str] = set()

    def put(self, connection: Connection, tables: Collection[str]) -> bool:
        """Fill these tables and those that they refer to, once; False where that made no rows."""
        new = {one for one in with_parents(self._catalog, tables) - self._known if "_prisma_migrations" not in one}
        self._known |= new
        if not new or not self._terms.rows:
            return False
        sampled = fill(connection, seed=self._terms.seed, rows=self._terms.rows, tables=new)
        made = {table for table, count in sampled.rows.items() if count}
        self._made |= made
        self._ever |= made
        self._unfilled |= sampled.unfilled
        return bool(made)

    def make_way(self, connection: Connection, error: MigrationFailed) -> bool:
        """Replace rows that a migration failed on by plain ones, and remove them where it fails on those too.

        The rows are the table's that the server names, else all; False where there are none.
        """
        refusal = _refusal(error)
        named = refusal.table if refusal else ""
        tables = [named] if named in self._made else sorted(self._made)
        if not tables:
            return False
        session.run(connection, f"TRUNCATE {', '.join(tables)} CASCADE")
        emptied = with_children(self._catalog, tables) & self._made
        self._made -= emptied
        said = refusal.message if refusal else error.why
        if said in self._met or len(self._met) >= _PLAINER:
            self._away |= dict.fromkeys(emptied, said)
            return True
        self._met.add(said)
        self._avoid |= set(re.findall(r'"([^"]*)"', said))  # invalid input value for enum "Kind_new": "OLD"
        sampled = fill(
            connection,
            seed=self._terms.seed,
            rows=self._terms.rows,
            tables=emptied,
            telling=False,
            avoid=self._avoid,
        )
        self._made |= {table for table, count in sampled.rows.items() if count}
        return True

    @property
    def oids(self) -> frozenset[int]:
        """The tables that rows were made for, by what no migration renames."""
        return oids(self._catalog, self._ever)

    @property
    def said(self) -> str:
        """What a reader must know about the rows: where there were none."""
        away: dict[str, list[str]] = {}
        for table, why in sorted(self._away.items()):
            away.setdefault(why, []).append(table)
        said = [
            f"tested without rows in {', '.join(tables)}: with rows it fails: {why}" for why, tables in away.items()
        ]
        orphans = with_children(self._catalog, self._away)  # nobody fills them without their parents
        said += [
            f"no rows could be made for {table}: {why}"
            for table, why in sorted(self._unfilled.items())
            if table not in orphans
        ]
        return "\n".join(said)


def _refusal(error: BaseException) -> session.Refusal | None:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, session.SqlError):
        cause = cause.__cause__
    return session.Refusal.of(cause) if cause else None
