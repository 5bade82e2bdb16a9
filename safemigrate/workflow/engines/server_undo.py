"""`safemigrate rollback --undo`: takes the last rollback back, with what was written before it and since.

The migrations run again, rehearsed and proven as in `apply`. After each statement the rows get back what the rollback
had dropped or changed (rollback.left); what was written after the rollback stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import RollbackError, word
from safemigrate.execute import journal, kept
from safemigrate.execute.rollbacks import ServerRollback, rollbacks, transactions
from safemigrate.execute.runs import Run
from safemigrate.model import Group, KeptKind, Outcome, Plan, Result, Step
from safemigrate.prisma import history
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.left import SINCE
from safemigrate.workflow.back import undoing
from safemigrate.workflow.carry import carry
from safemigrate.workflow.engines.server_way import server_way
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.rehearsal.rehearse import Rehearsal
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import require_no_rollback_under_way

# Begins what is woven into a plan, so that the next undoing finds the plan as it was.
_MARK = "-- what the rollback left"


def undo(request: Request, options: RollbackOptions, target: ServerTarget, began: float) -> Outcome:
    """Apply again what the last rollback took back, and put back what it dropped or changed.

    Raises RollbackError where that is not possible, with what is; else what `apply` raises.
    """
    target.require_writable()
    require_no_rollback_under_way(target)
    connection = target.connection
    last = _last(target)
    runs = last.runs
    migrations, applying = undoing.files(target, last), undoing.applying(request, options)
    # The server's transaction ids have 32 bits where rows show them (PostgreSQL docs 70.1).
    session.rows(connection, "SELECT set_config(%s, %s, false)", [SINCE, str(int(last.since) % 2**32)])
    with server_way(request, applying, target, migrations) as way:
        amended = replace(way, amend=lambda rehearsal: _amended(connection, rehearsal, runs), also=_put_back(runs))
        outcome = carry(request, applying, amended, migrations, began)
    applied = outcome.result is Result.APPLIED
    lowered = applied and not journal.holds(connection) and history.lower_guard(connection, target.resolved.url.schema)
    return undoing.told(replace(outcome, notes=(*outcome.notes, *_keyless(runs))), lowered=lowered)


def _last(target: ServerTarget) -> ServerRollback:
    """Return the last rollback that is not undone yet, where nothing stands in the way of that."""
    if target.interrupted or target.state.failed:
        name = target.interrupted.migration if target.interrupted else target.state.failed[-1].name
        raise RollbackError(f"migration {name} is half done; finish it first", fix=("safemigrate status",))
    last, newer = undoing.last_of(target, rollbacks(target.connection))
    entered = {one.kept.place for one in kept.objects(target.connection) if one.kept.kind is KeptKind.LEFT}
    places = {each.place: each for one in last.runs for step in one.plan.steps for each in step.partings}
    gone = [one.subject for place, one in places.items() if one.always and place not in entered]
    if gone:
        raise RollbackError(
            f"what the rollback of {last.names} left is gone: {', '.join(dict.fromkeys(gone))}",
            "The migration can be applied anew; what was written before the rollback does not come back then.",
            undoing.anew(target, last),
        )
    if newer and (unclear := _unclear(target.connection, last, newer)):
        undone = sorted({one.migration for rollback in newer for one in rollback.runs})
        raise RollbackError(
            f"rows of {', '.join(unclear)} were written when {', '.join(undone)} went back and forth",
            f"So which of them users wrote since the rollback of {last.names} cannot be told. What it left is kept.",
            undoing.anew(target, last),
        )
    return last


def _unclear(connection: Connection, last: ServerRollback, newer: Sequence[ServerRollback]) -> list[str]:
    """Name the tables where rows written since the rollback matter and its successors, undone by now, wrote some."""
    asked = [
        parting.subject for one in last.runs for step in one.plan.steps for parting in step.partings if parting.first
    ]
    tables = [quote(one.schema, one.name) for one in read(connection) if one.kind == "table"]
    mine = [name for name in tables if any(one == name or one.startswith(f'{name}."') for one in asked)]
    ours = transactions(connection, newer)
    if ours is None:
        return mine
    wrote = "SELECT EXISTS (SELECT FROM {} WHERE xmin::text = ANY(%s))"
    return [name for name in mine if session.value(connection, wrote.format(name), [ours])]


def _amended(connection: Connection, rehearsal: Rehearsal, runs: Sequence[Run]) -> Rehearsal:
    """Run what ran at first, by the proof of today, with what puts rows back and ends the holds.

    What was kept at first and what the rollback left are told by the order that columns had then.
    """
    plans = []
    for plan, one in zip(rehearsal.plans, runs, strict=True):
        first = _plain(one.plan)
        # A column that came back stands behind the others now, so what is kept may come in another order.
        if [(step.sql, set(step.kept)) for step in plan.steps] != [(step.sql, set(step.kept)) for step in first.steps]:
            raise RollbackError(
                f"{plan.migration} reaches other rows than when it was first applied",
                "What its rollback left cannot be told from what it changes now. It stays in the database.",
                (f"safemigrate release {word(plan.migration)}   # lets apply run it anew",),
            )
        plans.append(_woven(connection, replace(plan, groups=first.groups), one))
    return replace(rehearsal, plans=tuple(plans))


def _plain(plan: Plan) -> Plan:
    """Return a plan without what an earlier undoing has woven in."""
    groups = []
    for group in plan.groups:
        steps = tuple(
            replace(step, before=_unmarked(step.before), after=_unmarked(step.after))
            for step in group.steps
            if step.sql != _MARK
        )
        if steps or not group.steps:
            groups.append(replace(group, steps=steps))
    return replace(plan, groups=tuple(groups))


def _unmarked(statements: Sequence[str]) -> tuple[str, ...]:
    return tuple(sql for sql in statements if not sql.startswith(_MARK))


def _marked(statements: Iterable[str]) -> list[str]:
    return [f"{_MARK}\n{sql}" for sql in statements]


def _woven(connection: Connection, plan: Plan, one: Run) -> Plan:
    """Put each parting's statements behind the step after which its rows go back."""
    partings = [(number, parting) for number, step in enumerate(plan.steps) for parting in step.partings]
    there = [(number, each) for number, each in partings if each.back and _is_there(connection, each.place)]
    first = _marked(sql for _, each in partings for sql in each.first)
    back: dict[int, list[str]] = {}
    for number, each in there:
        if not each.alone:
            back.setdefault(each.at if each.at >= 0 else number, []).extend(_marked(each.back))
    late = [sql for _, each in there if each.alone for sql in each.back]
    made = [sql.removeprefix(f"{_MARK}\n") for sql in first]
    last = [
        *(sql for sql in made if sql.startswith("DROP TABLE IF EXISTS")),
        f"UPDATE safemigrate.kept SET returned_at = clock_timestamp() WHERE run = {one.id} AND kind = 'left'",
        f"UPDATE safemigrate.hold SET released_at = clock_timestamp() WHERE migration = {literal(one.migration)} "
        "AND released_at IS NULL",
    ]
    groups, number = [], 0
    for group in plan.groups:
        steps = []
        for step in group.steps:
            before = (*first, *step.before) if number == 0 else step.before
            steps.append(replace(step, before=before, after=(*step.after, *back.get(number, ()))))
            number += 1
        groups.append(replace(group, steps=tuple(steps)))
    ending = Step(sql=_MARK, line=0, run=(), after=(*late, *last))
    if late or not groups[-1].transactional:
        return replace(plan, groups=(*groups, Group((ending,))))
    return replace(plan, groups=(*groups[:-1], replace(groups[-1], steps=(*groups[-1].steps, ending))))


def _put_back(runs: Sequence[Run]) -> set[str]:
    """Name the tables whose rows are written by what puts them back: a column's subject has its table's name."""
    found = [parting for one in runs for step in one.plan.steps for parting in step.partings if parting.back]
    return {each.subject for each in found} | {each.subject.rpartition('."')[0] for each in found}


def _keyless(runs: Sequence[Run]) -> list[str]:
    """Name the tables in which rows written since cannot be told from those that the migration is to change."""
    return [
        f"{kept.subject} has no key: what {one.migration} does to its rows is done to those written since, too; "
        "a rollback brings them back"
        for one in runs
        for step in one.plan.steps
        for kept in step.kept
        if any(sql.startswith(f"CREATE TABLE {kept.place} AS SELECT NULL::text[]") for sql in step.after)
    ]


def _is_there(connection: Connection, place: str) -> bool:
    return bool(session.value(connection, "SELECT to_regclass(%s) IS NOT NULL", [place]))
