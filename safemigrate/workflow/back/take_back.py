"""Taking proven migrations back on the target, newest first: in one transaction, or in stages for many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.errors import Interrupted, MigrationFailed, NotRestored, Restored, RollbackError
from safemigrate.execute import journal, kept, run, stages, way_back
from safemigrate.execute.runs import Run, RunState
from safemigrate.model import Conflict, OnConflict, Progress
from safemigrate.prisma import history
from safemigrate.rollback.in_the_way import in_the_way
from safemigrate.rollback.there import there
from safemigrate.workflow.back import conflicts, in_stages, obstacles, taken
from safemigrate.workflow.back.questions import ServerQuestions, keep_still
from safemigrate.workflow.back.settle import Settlement, needed, settle
from safemigrate.workflow.forward import carry_out
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.taken import Taken
from safemigrate.workflow.target import Resolved

# What the server says of a name that is not there or taken, and of what others need (PostgreSQL docs, appendix A).
_OF_NAMES = ("42", "2B", "0A")


class _Stop(Exception):
    """Leave the transaction without committing: conflicts were found."""


def take_back(
    options: RollbackOptions, aim: run.Target, resolved: Resolved, target: ServerTarget, chosen: Sequence[Run]
) -> Taken:
    """Run the proven inverses of `chosen`, newest first; one after the other where rows of any go back in batches.

    Raises Restored where that failed and everything is as it was, NotRestored where it stopped on the way.
    """
    connection = target.connection
    found, ask = Taken(), ServerQuestions(connection, aim.url)
    with run.exclusive(connection):
        if tuple(history.read(connection, resolved.url.schema) or ()) != target.rows:
            raise RollbackError(
                f"another session migrated {resolved.url.database} at this moment",
                "Nothing was changed.",
                ("safemigrate status",),
            )
        drifted = fingerprint(read(connection)) != chosen[0].fingerprint_after
        # What is left out, or refused, is found in the transaction, so it is one.
        whole = drifted and bool(in_the_way(chosen[0].plan, there(read(connection))))
        if whole or not any(stages.cut(connection, one.plan, options.batch_rows) for one in chosen):
            _at_once(options, aim, resolved, chosen, found, drifted=drifted)
            return found
        for number, one in enumerate(chosen):
            settles = needed(ask, one.plan, options)  # in one transaction with what it makes room for
            if number and not settles:
                found.conflicts += conflicts.find(ask, one.plan, options)
            if found.conflicts:
                break
            cut = () if settles else stages.cut(connection, one.plan, options.batch_rows)
            if cut:
                terms = way_back.Terms(options.batch_rows, dict(options.fill), options.guard, drifted)
                in_stages.take_back(options, aim, resolved, one, cut, terms, found)
            else:
                _at_once(options, aim, resolved, [one], found, drifted=drifted)
    return found


def _at_once(
    options: RollbackOptions,
    aim: run.Target,
    resolved: Resolved,
    chosen: Sequence[Run],
    found: Taken,
    *,
    drifted: bool,
) -> None:
    connection, database = aim.connection, aim.url.database
    notes: list[str] = []
    settlements: list[Settlement] = []
    ask = ServerQuestions(connection, aim.url)
    asks = bool(options.labels) or options.on_conflict is not OnConflict.STOP
    expected: list[Conflict] = []  # what the server is about to refuse, if names tell all

    def body() -> None:
        notes.clear()
        settlements.clear()
        found.conflicts.clear()
        for number, one in enumerate(chosen):
            aim.on_progress(Progress("rollback", one.migration, number, len(chosen)))
            if drifted:
                plan, stands = obstacles.cleared(ask, one.plan, there(read(connection)), options, notes)
                expected[:] = stands
                if stands and all(each.keep_new for each in stands):
                    found.conflicts += stands
                    raise _Stop
                one = replace(one, plan=plan)  # noqa: PLW2901 without what is about things that are gone
            still = keep_still(connection, one.plan, options)
            settlement = settle(ask, one.plan, options)
            # Those of the newest were looked for before it all began; what could be lost since is asked about again.
            if number or settlement.settled or asks or still:
                found.conflicts += conflicts.find(ask, one.plan, options, settlement.done)
                if found.conflicts:
                    raise _Stop
            kept.enter(connection, one.id, settlement.kept)
            settlements.append(settlement)
            if one.plan.down:
                taken.run_own(connection, one, notes)
                continue
            taken.fill_in(connection, one.plan, options.fill)
            for step in reversed(one.plan.steps):
                for parting in step.partings:
                    taken.part(connection, one, parting, notes)
                for sql in step.inverse:
                    run.execute(connection, settlement.replaced(sql))
        taken.record(connection, resolved.url.schema, chosen, guard=options.guard)
        unproven = [address for each in settlements for address in each.unproven]
        taken.verify(connection, chosen[-1], drifted=drifted, notes=notes, unproven=unproven)

    session_id = connection.info.backend_pid
    try:
        run.transaction(aim, body)
    except _Stop:
        return
    except (MigrationFailed, RollbackError) as error:
        if expected and (isinstance(error, RollbackError) or error.sqlstate[:2] in _OF_NAMES):
            found.conflicts += expected
            return
        if isinstance(error, RollbackError):
            raise
        raise Restored(
            f"the rollback failed, and database {database} is as it was: {error.summary}",
            error.why,
            error.fix
            or (
                "safemigrate rollback --dry-run",
                f"safemigrate snapshot restore {chosen[0].snapshot or 'ID'} --into {aim.url.restored}",
            ),
        ) from error
    except session.SqlError as error:
        raise _stopped(aim, session_id, chosen[0], session.Refusal.of(error).message) from error
    except KeyboardInterrupt as error:
        stopped = _stopped(aim, session_id, chosen[0], "It was stopped from outside.")
        raise Interrupted(stopped.summary, stopped.why, stopped.fix) from error
    found.notes += notes
    found.settled += (one for each in settlements for one in each.settled.values())
    found.done += chosen


def _stopped(aim: run.Target, session_id: int, newest: Run, said: str) -> Restored | NotRestored:
    """End our session, and find out whether its COMMIT happened: the journal says."""
    aim.connection.close()
    with carry_out.reconnected(aim, session_id) as again:
        if again is None:
            return NotRestored(
                f"the connection to {aim.url} broke during the rollback and does not come back",
                f"{said}\nIt was either committed whole or undone whole; safemigrate status will say which.",
                ("safemigrate status",),
            )
        found = next((one for one in journal.runs(again) if one.id == newest.id), newest)
    if found.state is RunState.ROLLED_BACK:
        return NotRestored(
            "the rollback was stopped after it had been committed", f"{said}\nIt is done.", ("safemigrate status",)
        )
    return Restored(
        f"the rollback was stopped, and database {aim.url.database} is as it was", said, ("safemigrate rollback",)
    )
