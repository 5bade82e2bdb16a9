"""Up, down, compared, up again: whether a plan's inverse is the identity, in schema and rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.digest import Digest, differences, digest, positions, set_back
from safemigrate.db.fingerprint import column_order, compare
from safemigrate.db.postgres import Connection
from safemigrate.errors import MigrationFailed
from safemigrate.model import Plan, Proof, Verdict
from safemigrate.rollback import own
from safemigrate.rollback.asked import rehearsed
from safemigrate.rollback.down import SETTINGS


@dataclass(frozen=True, slots=True)
class State:
    """A database at a boundary between migrations."""

    catalog: Catalog
    rows: dict[str, Digest]
    sequences: dict[str, int]

    @classmethod
    def of(cls, connection: Connection, earlier: Catalog | None = None) -> State:
        """Read the state of a shadow; every row in it is read once. `earlier` is a reading of the same database."""
        return cls.now(connection, read(connection, earlier))

    @classmethod
    def now(cls, connection: Connection, catalog: Catalog) -> State:
        """Read the state of a shadow whose catalog has just been read."""
        with connection.transaction():
            _settle(connection)
            return cls(catalog, digest(connection), positions(connection))


def _settle(connection: Connection) -> None:
    # A rollback has a connection of its own; here a script may have set these (db.postgres has the same).
    for setting, value in SETTINGS.items():
        session.run(connection, f"SET LOCAL {setting} = {value}")


def prove(
    connection: Connection,
    plans: Sequence[Plan],
    states: Sequence[State],
    reasons: Sequence[tuple[str, ...]],
    *,
    execute: Callable[[str], None],
    forward: Callable[[Plan], None],
    afresh: Callable[[], None],
    version: str,
) -> tuple[list[Plan], int, State | None]:
    """Prove plans that have just run in a shadow.

    `states[n]` is the state before plan n, the last one that after all.

    Each inverse runs, last first, and what it leaves is compared with the state before its plan. Then all run again;
    before each of the two `afresh` makes the session as a new one is, for so it will be.
    Returns the plans with their proofs, 0, and where the shadow stands, None where they did not all run again; or the
    number of the plan, from 0, whose inverse failed: it is IMPOSSIBLE, those before it are as they were given, and the
    shadow is where that plan left it. `reasons[n]` are what is known beforehand not to come back.
    """
    proven: list[Plan] = []
    afresh()
    for number in range(len(plans) - 1, -1, -1):
        plan, unasked = rehearsed(connection, plans[number])
        before = states[number]
        theirs = _own(connection, plan, before, states[number + 1], execute, forward, version) if plan.down else None
        began = time.perf_counter()
        try:
            with connection.transaction():
                _settle(connection)
                for step in reversed(plan.steps):
                    for sql in step.inverse:
                        execute(sql)
        except MigrationFailed as error:
            said = (*reasons[number], f"the inverse fails: {error.summary}: {error.why}")
            plan = _with(plan, Verdict.IMPOSSIBLE, said, before, version, time.perf_counter() - began)
            proven.append(_chosen(plan, theirs))
            return [*plans[:number], *reversed(proven)], number, None
        now = State.of(connection, before.catalog)
        found = [*reasons[number], *unasked, *compare(before.catalog, now.catalog), *differences(before.rows, now.rows)]
        found += set_back(before.sequences, now.sequences)
        verdict = Verdict.LOSSY if found else Verdict.EXACT
        plan = _with(plan, verdict, tuple(found), before, version, time.perf_counter() - began)
        proven.append(_chosen(plan, theirs))
    proven.reverse()
    afresh()
    proven, end = _again(connection, proven, states, forward)
    return proven, 0, end


class _Undo(Exception):
    """Leave a transaction as if it had not been."""


def _own(
    connection: Connection,
    plan: Plan,
    before: State,
    after: State,
    execute: Callable[[str], None],
    forward: Callable[[Plan], None],
    version: str,
) -> tuple[Proof, bool]:
    """Prove a team's own down.sql as ours is proven, in a transaction that is undone, and whether the schema is back.

    A plan with groups that stand alone is not run again here, for it would have to commit.
    """
    began = time.perf_counter()
    found: list[str] = []
    schema: list[str] = []
    try:
        with suppress(_Undo), connection.transaction():
            _settle(connection)
            for sql, _ in own.statements(plan.down):
                execute(sql)
            execute("SET CONSTRAINTS ALL IMMEDIATE")
            now = State.of(connection, before.catalog)
            schema += compare(before.catalog, now.catalog)
            found += [*schema, *differences(before.rows, now.rows)]
            if not found and all(group.transactional for group in plan.groups):
                for home in own.homes(plan):
                    execute(f"ALTER SCHEMA {home} RENAME TO {own.aside(home, 0)}")
                forward(plan)
                found += [f"run again after it: {line}" for line in compare(after.catalog, read(connection))]
            raise _Undo
    except MigrationFailed as error:
        return Proof(Verdict.IMPOSSIBLE, (f"{error.summary}: {error.why}",)), False
    verdict = Verdict.LOSSY if found else Verdict.EXACT
    rows = sum(one.rows for one in before.rows.values())
    proof = Proof(verdict, tuple(found), len(before.rows), rows, version, time.perf_counter() - began)
    return proof, not schema


def _chosen(plan: Plan, theirs: tuple[Proof, bool] | None) -> Plan:
    """Take the team's own script where its proof is at least as good as that of the plan's inverse."""
    if theirs is None:
        return plan
    proof, whole = theirs
    order = tuple(Verdict)
    no_worse = proof.verdict is Verdict.EXACT or (
        whole and (plan.proof.verdict is Verdict.IMPOSSIBLE or set(proof.reasons) <= set(plan.proof.reasons))
    )
    if no_worse and order.index(proof.verdict) <= order.index(plan.proof.verdict):
        return replace(plan, proof=proof, generated=plan.proof)
    return replace(plan, down="", refused=proof.reasons)


def reordered(before: Catalog, after: Catalog) -> list[str]:
    """Name the tables whose columns come back in another order: `SELECT *` and COPY without a column list notice."""
    then, now = column_order(before), column_order(after)
    return [table for table, order in then.items() if table in now and now[table] != order]


def _again(
    connection: Connection, plans: Sequence[Plan], states: Sequence[State], forward: Callable[[Plan], None]
) -> tuple[list[Plan], State | None]:
    """Run the plans a second time from where their inverses left the shadow; the end must be the same."""
    done: list[Plan] = []
    for number, plan in enumerate(plans):
        try:
            forward(plan)
        except MigrationFailed as error:
            reason = f"it does not run again after its inverse: {error.summary}: {error.why}"
            return [*done, _lossy(plan, reason), *plans[number + 1 :]], None
        done.append(plan)
    now = State.of(connection, states[-1].catalog)
    # Sequences do not go back, and time goes on: only how many rows there are must be the same.
    found = [*compare(states[-1].catalog, now.catalog)]
    found += differences(
        *({name: replace(one, sum="") for name, one in rows.items()} for rows in (states[-1].rows, now.rows))
    )
    if found and done:
        done[-1] = _lossy(done[-1], "run again after its inverse it ends differently: " + "; ".join(found[:5]))
    return done, now


def _lossy(plan: Plan, reason: str) -> Plan:
    proof = plan.proof
    verdict = Verdict.LOSSY if proof.verdict is Verdict.EXACT else proof.verdict
    return replace(plan, proof=replace(proof, verdict=verdict, reasons=(*proof.reasons, reason)))


def _with(plan: Plan, verdict: Verdict, reasons: tuple[str, ...], state: State, version: str, seconds: float) -> Plan:
    rows = sum(found.rows for found in state.rows.values())
    return replace(plan, proof=Proof(verdict, reasons, len(state.rows), rows, version, seconds))
