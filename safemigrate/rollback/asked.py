"""The questions of a plan, put in the shadow right after the migration: which of them can be asked later."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.model import Check, Plan, Way


def rehearsed(connection: Connection, plan: Plan) -> tuple[Plan, list[str]]:
    """Leave out the questions that already find something, for nobody has written yet, or that the server refuses.

    What they find is what the migration itself did, which its inverse takes back. Where the server refuses such rows a
    rollback still fails and changes nothing; where it would lose them, that is said. Ways out of a conflict that the
    server refuses are left out too.
    """
    reasons: list[str] = []
    asked: dict[Check, Check | None] = {}
    for check in dict.fromkeys(check for step in plan.steps for check in step.checks):
        refusal = _refusal(connection, check.count)
        useless = bool(refusal) or session.value(connection, check.count)
        if useless and check.loses:
            why = refusal or "what is written after the migration cannot be told from what the migration wrote"
            reasons.append(f"{check.subject}: {why}")
        asked[check] = None if useless else _passable(connection, check)
    groups = tuple(
        replace(
            group,
            steps=tuple(
                replace(step, checks=tuple(kept for check in step.checks if (kept := asked[check])))
                for step in group.steps
            ),
        )
        for group in plan.groups
    )
    return replace(plan, groups=groups), sorted(dict.fromkeys(reasons))


def _passable(connection: Connection, check: Check) -> Check:
    """Leave out the ways that the server refuses; both sides of a choice stand or fall whole."""
    relabel = check.relabel
    return replace(
        check,
        sample="" if check.sample and _refusal(connection, check.sample) else check.sample,
        relabel=relabel if relabel and _passes(connection, (relabel.way,)) else None,
        keep_new=check.keep_new if _passes(connection, check.keep_new) else (),
        keep_old=check.keep_old if _passes(connection, check.keep_old) else (),
    )


def _passes(connection: Connection, ways: tuple[Way, ...]) -> bool:
    return not any(_refusal(connection, *(query for _, query in way.held), way.count, *way.run) for way in ways)


def _refusal(connection: Connection, *statements: str) -> str:
    """Say what the server has against these statements, "" for nothing; queries are planned only, all is undone."""
    try:
        with connection.transaction(force_rollback=True):
            for sql in statements:
                planned = sql.startswith(("SELECT ", "WITH ", "INSERT ", "UPDATE "))
                session.run(connection, f"EXPLAIN {sql}" if planned else sql)
    except session.SqlError as error:
        refusal = session.Refusal.of(error)
        if not refusal.sqlstate:
            raise
        return f"the server cannot tell what stands there: {refusal.message}"
    return ""
