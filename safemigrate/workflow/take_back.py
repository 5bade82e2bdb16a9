"""Taking proven migrations back on the target, newest first, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection
from safemigrate.errors import Interrupted, MigrationFailed, NotRestored, Restored, RollbackError
from safemigrate.execute import journal, kept, run
from safemigrate.model import Conflict, Kept, KeptKind, Plan, Progress
from safemigrate.prisma import history
from safemigrate.workflow import carry_out, conflicts
from safemigrate.workflow.resolve import Resolved, Target

if TYPE_CHECKING:
    from safemigrate.workflow.rollback import RollbackOptions


class _Stop(Exception):
    """Leave the transaction without committing: conflicts were found."""


@dataclass(slots=True)
class Taken:
    """What a rollback found and did. With `conflicts` nothing was changed; `notes` say what went where."""

    conflicts: list[Conflict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def take_back(
    options: RollbackOptions, aim: run.Target, resolved: Resolved, target: Target, chosen: Sequence[journal.Run]
) -> Taken:
    """Run the proven inverses of `chosen`, newest first.

    Raises Restored where that failed and everything is as it was, NotRestored where nobody can tell.
    """
    connection = target.connection
    taken = Taken()

    def body() -> None:
        taken.notes.clear()
        taken.conflicts.clear()
        for number, one in enumerate(chosen):
            aim.on_progress(Progress("rollback", one.migration, number, len(chosen)))
            if number:  # those of the newest were looked for before the transaction began
                taken.conflicts += conflicts.find(connection, one.plan, options.fill)
                if taken.conflicts:
                    raise _Stop
            kept.enter(connection, one.id, _run_inverse(connection, one.plan, options.fill, taken.notes))
            history.mark_rolled_back(connection, resolved.url.schema, one.migration)
            journal.rolled_back(connection, one.id)
            journal.hold(connection, one.migration, one.checksum, "it was rolled back")
        if options.guard:
            names = ", ".join(one.migration for one in chosen)
            history.raise_guard(connection, resolved.url.schema, f"{names} is on hold: safemigrate status")
        _verify(connection, chosen, drifted=drifted, notes=taken.notes)

    session_id = connection.info.backend_pid
    with run.exclusive(connection):
        if tuple(history.read(connection, resolved.url.schema) or ()) != target.rows:
            raise RollbackError(
                f"another session migrated {resolved.url.database} at this moment",
                "Nothing was changed.",
                ("safemigrate status",),
            )
        drifted = fingerprint(read(connection)) != chosen[0].fingerprint_after
        try:
            run.transaction(aim, body)
        except _Stop:
            return taken
        except MigrationFailed as error:
            raise Restored(
                f"the rollback failed, and database {resolved.url.database} is as it was: {error.summary}",
                error.why,
                error.fix
                or (
                    "safemigrate rollback --dry-run",
                    f"safemigrate snapshot restore {chosen[0].snapshot} --into NEW_DATABASE",
                ),
            ) from error
        except session.SqlError as error:
            raise _stopped(aim, session_id, chosen[0], session.Refusal.of(error).message) from error
        except KeyboardInterrupt as error:
            stopped = _stopped(aim, session_id, chosen[0], "It was stopped from outside.")
            raise Interrupted(stopped.summary, stopped.why, stopped.fix) from error
    return taken


def _run_inverse(connection: Connection, plan: Plan, fill: Mapping[str, str], notes: list[str]) -> list[Kept]:
    """Run a plan's inverse; return what it leaves for being taken back itself."""
    left = []
    for step in reversed(plan.steps):
        for check in step.checks:
            if check.setting and check.subject in fill:
                connection.execute("SELECT set_config(%s, %s, true)", [check.setting, fill[check.subject]])
        for parting in step.partings:
            if count := session.value(connection, parting.count):
                for sql in parting.keep:
                    run.execute(connection, sql)
                left.append(Kept(KeptKind.LEFT, parting.subject, parting.place))
                if parting.unit:
                    notes.append(
                        f"{parting.subject} goes with its {count:,} {parting.unit} of today; "
                        f"they are kept in {parting.place}"
                    )
        for sql in step.inverse:
            run.execute(connection, sql)
    return left


def _verify(connection: Connection, chosen: Sequence[journal.Run], *, drifted: bool, notes: list[str]) -> None:
    """Compare with the schema before the oldest of the runs.

    After drift there is nothing to compare with, and that is said.
    """
    if drifted:
        notes.append(
            "The schema was changed by something else since apply, so its fingerprint could not be compared; "
            "every statement of the proven rollback ran."
        )
    elif fingerprint(read(connection)) != chosen[-1].fingerprint_before:
        raise MigrationFailed(
            f"the schema after the rollback is not the one before {chosen[-1].migration}",
            "The rollback was undone.",
        )


def _stopped(aim: run.Target, session_id: int, newest: journal.Run, said: str) -> Restored | NotRestored:
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
    if found.state is journal.RunState.ROLLED_BACK:
        return NotRestored(
            "the rollback was stopped after it had been committed", f"{said}\nIt is done.", ("safemigrate status",)
        )
    return Restored(
        f"the rollback was stopped, and database {aim.url.database} is as it was", said, ("safemigrate rollback",)
    )
