"""Taking one migration back in stages: beginning it, going on with one that was stopped, and saying where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.db import session
from safemigrate.errors import HistoryError, Interrupted, MigrationFailed, NotRestored, Restored
from safemigrate.execute import journal, run, way_back
from safemigrate.execute.runs import Run
from safemigrate.execute.stages import Stage
from safemigrate.execute.way_back import Hooks, Terms, WayBack
from safemigrate.model import Conflict, counted
from safemigrate.workflow.back import conflicts, taken
from safemigrate.workflow.back.outcome import GO_ON
from safemigrate.workflow.back.questions import ServerQuestions, keep_still
from safemigrate.workflow.forward import carry_out
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.taken import Taken
from safemigrate.workflow.target import Resolved


def take_back(
    options: RollbackOptions,
    aim: run.Target,
    resolved: Resolved,
    one: Run,
    cut: Sequence[Stage],
    terms: Terms,
    found: Taken,
) -> None:
    """Begin to take a migration back in these stages; call under `run.exclusive`.

    Raises Restored where it failed before anything was changed, NotRestored where it stopped on the way.
    """
    connection = aim.connection

    def begin() -> None:
        journal.prepare(connection)
        way_back.begin(connection, one.id, cut, terms)

    run.transaction(aim, begin)
    _go(options, aim, resolved, one, found)


def go_on(options: RollbackOptions, aim: run.Target, resolved: Resolved, one: Run) -> Taken:
    """Go on with a rollback that was stopped, on the terms it was begun with and what --fill and --guard add."""
    found = Taken()
    with run.exclusive(aim.connection):
        way = way_back.read(aim.connection, one.id)
        if way is None:
            raise HistoryError(
                f"{one.migration} is no longer being rolled back: another session has ended it",
                fix=("safemigrate status",),
            )
        terms = replace(way.terms, fill={**way.terms.fill, **options.fill}, guard=way.terms.guard or options.guard)
        way_back.change(aim.connection, one.id, terms)
        _go(options, aim, resolved, one, found)
    return found


def standing(way: WayBack | None) -> str:
    """Say in words how far a rollback has come."""
    return f"it is being rolled back since {way.since:%Y-%m-%d %H:%M} UTC: {way}" if way else "it is being rolled back"


def _go(options: RollbackOptions, aim: run.Target, resolved: Resolved, one: Run, found: Taken) -> None:
    connection, notes = aim.connection, list[str]()
    session_id = connection.info.backend_pid

    def now() -> WayBack:
        way = way_back.read(connection, one.id)
        assert way is not None
        return way

    way = now()

    def end() -> None:
        taken.verify(connection, one, drifted=now().terms.drifted, notes=notes)
        taken.record(connection, resolved.url.schema, [one], guard=way.terms.guard)
        way_back.end(connection, one.id)

    def prepare() -> None:
        taken.fill_in(connection, one.plan, way.terms.fill)
        reached = now()
        if reached.stage or reached.rows or not keep_still(connection, one.plan, options):
            return
        for written in conflicts.find(ServerQuestions(connection, aim.url), one.plan, options):
            raise MigrationFailed(f"{written.subject}: {written.message}", "They were written at this moment.")

    hooks = Hooks(
        prepare,
        lambda parting: taken.part(connection, one, parting, notes),
        end,
    )
    try:
        way_back.go(aim, way, hooks)
    except MigrationFailed as error:
        reached = now()
        if not reached.stage and not reached.rows:
            way_back.forget(connection, one.id)
            raise Restored(
                f"the rollback failed, and database {aim.url.database} is as it was: {error.summary}",
                error.why,
                error.fix or ("safemigrate rollback --dry-run",),
            ) from error
        found.conflicts += _conflicts(aim, one, reached, error)
        found.standing = f"the rollback of {one.migration} stands at {reached}; what is back stays"
        if not found.conflicts:
            raise NotRestored(
                f"the rollback of {one.migration} stopped at {reached}: {error.summary}",
                f"{error.why}\nWhat is back stays, and nothing is lost.",
                (*error.fix, GO_ON),
            ) from error
        return
    except session.SqlError as error:
        said = session.Refusal.of(error).message
        stands = _stands(aim, session_id, one)
        raise NotRestored(
            f"the connection to {aim.url} broke while {one.migration} was rolled back", f"{said}\n{stands}", (GO_ON,)
        ) from error
    except KeyboardInterrupt as error:
        stands = _stands(aim, session_id, one)
        raise Interrupted(f"stopped while {one.migration} was rolled back", stands, (GO_ON,)) from error
    found.notes += notes
    found.done.append(one)
    found.guard = way.terms.guard


def _conflicts(aim: run.Target, one: Run, way: WayBack, error: MigrationFailed) -> list[Conflict]:
    """Say which rows written meanwhile are in the way of the stage that failed: none where it failed over others."""
    found = []
    for check in way.stages[way.stage].checks:
        if count := session.value(aim.connection, check.count):
            fill = (conflicts.filling("safemigrate rollback", check),) if check.setting else ()
            choices = (
                *fill,
                f"{ServerQuestions(aim.connection, aim.url).showing(check.look)}   # shows these rows",
                GO_ON,
            )
            found.append(Conflict(one.migration, check.subject, counted(check.message, count), count, (), choices))
    if not found and error.sqlstate.startswith("23"):  # integrity constraint violation
        mend = "# mend the rows that the server names, then:"
        found.append(Conflict(one.migration, way.stages[way.stage].subject, error.why, 1, (), (mend, GO_ON)))
    return found


def _stands(aim: run.Target, session_id: int, one: Run) -> str:
    """End our session, so that nothing of it can still commit, and say how the rollback stands."""
    aim.connection.close()
    with carry_out.reconnected(aim, session_id) as again:
        if again is None:
            return "How it stands could not be asked; safemigrate status will say."
        way = way_back.read(again, one.id)
    return f"It stands at {way}. What is back stays, and nothing is lost." if way else "It is rolled back whole."
