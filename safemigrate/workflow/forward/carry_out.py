"""Running proven plans on the target, verified before each COMMIT.

Where one fails, the target is put back or the truth is told.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from safemigrate import __version__
from safemigrate.db import session
from safemigrate.db.catalog import Catalog, difference, read
from safemigrate.db.fingerprint import compare, fingerprint
from safemigrate.db.postgres import Connection, connect, quote
from safemigrate.errors import (
    ConnectionFailed,
    HistoryError,
    Interrupted,
    MigrationFailed,
    NotRestored,
    Restored,
    SafemigrateError,
)
from safemigrate.execute import journal, run
from safemigrate.execute.runs import Run, RunState
from safemigrate.model import Migration, Plan, Progress
from safemigrate.prisma import history
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.verify import (
    Around,
    Written,
    invalid_indexes,
    sequences_behind,
    touched,
    unexpected,
    unkept,
    written,
)
from safemigrate.workflow.rehearsal.rehearse import Rehearsal
from safemigrate.workflow.target import Resolved

# How long a broken connection is tried again before a person must look, in seconds.
_RECONNECT = 30


def carry_out(
    aim: run.Target,
    resolved: Resolved,
    target: ServerTarget,
    migrations: Sequence[Migration],
    rehearsal: Rehearsal,
    *,
    seen: Catalog,
    owners: bool,
    also: Collection[str] = (),
) -> None:
    """Apply the plans in order.

    `also` names tables whose rows are written though nobody keeps what was there. `seen` is the target's catalog from
    before the snapshot. Raises Restored or NotRestored where one fails, HistoryError where the target has drifted from
    `seen` or others have migrated since.
    """
    connection, schema = aim.connection, resolved.url.schema
    with run.exclusive(connection):
        current = read(connection)
        changed = [line for line in compare(seen, current) if history.TABLE not in line]
        if changed or tuple(history.read(connection, schema) or ()) != target.rows:
            raise HistoryError(
                f"database {resolved.url.database} was changed by someone else while the migrations were rehearsed",
                "\n".join((*changed[:10], "What was proven is no longer what is there. Nothing was changed.")),
                ("safemigrate apply   # rehearses again",),
            )
        if not target.state.managed:
            run.execute(connection, f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
            history.create_table(connection, schema)
            current = read(connection)
        for number, (migration, plan) in enumerate(zip(migrations, rehearsal.plans, strict=True)):
            aim.on_progress(Progress("apply", migration.name, number, len(migrations)))
            shadow = Around(rehearsal.catalogs[number], rehearsal.catalogs[number + 1])
            current = _one(aim, resolved, migration, plan, shadow, current, rehearsal, owners=owners, also=also)
            aim.on_progress(Progress("apply", migration.name, number + 1, len(migrations)))


def _one(
    aim: run.Target,
    resolved: Resolved,
    migration: Migration,
    plan: Plan,
    shadow: Around,
    before: Catalog,
    rehearsal: Rehearsal,
    *,
    owners: bool,
    also: Collection[str],
) -> Catalog:
    connection, schema = aim.connection, resolved.url.schema
    session_id = connection.info.backend_pid
    was = fingerprint(before)
    invalid = invalid_indexes(connection)
    row: list[str] = []
    earlier: dict[int, Written] = {}
    reached: list[Catalog] = []

    def guard() -> None:
        now = read(connection, before)
        if not difference(before, now).empty and fingerprint(now) != was:
            raise HistoryError(
                f"the schema of {resolved.url.database} changed while {migration.name} was rehearsed",
                "What was proven is no longer what is there. Nothing was changed.",
                ("safemigrate apply",),
            )

    def verify() -> str:
        after = read(connection, before)
        said = unexpected(shadow, Around(before, after), owners=owners)
        said += [f"index {name} is INVALID" for name in sorted(invalid_indexes(connection) - invalid)]
        behind = sequences_behind(connection, touched(plan))
        said += [text for sequence, text in behind.items() if sequence not in rehearsal.behind]
        if said:
            raise MigrationFailed(
                f"{migration.name} did something else here than in the shadow",
                "\n".join(said[:20]),
                ("safemigrate apply   # rehearses again", "safemigrate doctor"),
            )
        reached[:] = [after]
        return fingerprint(after)

    def begun() -> None:
        earlier.clear()
        earlier.update(written(connection))

    def audit() -> None:
        if said := unkept(connection, before, plan, earlier, also):
            raise MigrationFailed(
                f"{migration.name} changes rows here that it did not change in the rehearsal, and nobody kept them",
                "\n".join(said),
                ("safemigrate apply --snapshot full   # rehearses with every row", "safemigrate apply --dry-run -v"),
            )

    hooks = run.Hooks(
        guard=guard,
        begun=begun,
        audit=audit,
        started=lambda: row.append(history.record_started(connection, schema, migration)),
        verify=verify,
        finished=lambda: history.record_finished(connection, schema, row[-1]),
    )
    snapshot = rehearsal.snapshot.id if rehearsal.snapshot else ""
    try:
        run.apply(aim, plan, hooks, fingerprint=was, snapshot=snapshot, version=__version__)
    except MigrationFailed as error:
        raise _put_back(aim, resolved, plan, before, error) from error
    except session.SqlError as error:
        if not connection.closed:
            raise _put_back(aim, resolved, plan, before, _refusal(migration.name, error)) from error
        raise _lost(aim, plan, before, session_id, error) from error
    except KeyboardInterrupt as error:
        raise _interrupted(aim, plan, session_id) from error
    return reached[0]


def finish(aim: run.Target, resolved: Resolved, interrupted: Run) -> None:
    """Run the groups that a killed apply left, and record the migration. Raises Restored or NotRestored."""
    connection, schema = aim.connection, resolved.url.schema
    migration = next((one for one in resolved.migrations if one.name == interrupted.migration), None)
    if migration is None or not history.matches(migration.sql, interrupted.checksum):
        raise HistoryError(
            f"{interrupted.migration} was changed after it was interrupted half way",
            "Its first part is in the database as the file was then.",
            ("safemigrate rollback --failed",),
        )
    session_id = connection.info.backend_pid
    with run.exclusive(connection):
        current = _still_running(aim, interrupted)
        invalid = invalid_indexes(connection)

        def verify() -> str:
            new = sorted(invalid_indexes(connection) - invalid)
            if new:
                raise MigrationFailed(f"{current.migration} left INVALID indexes: {', '.join(new)}")
            return fingerprint(read(connection))

        hooks = run.Hooks(verify=verify, finished=lambda: _finish_row(aim, schema, migration))
        try:
            run.resume(aim, current.plan, hooks, run=current.id, done=current.groups_done)
        except MigrationFailed as error:
            raise _put_back(aim, resolved, current.plan, None, error) from error
        except session.SqlError as error:
            if not connection.closed:
                raise _put_back(aim, resolved, current.plan, None, _refusal(current.migration, error)) from error
            raise _lost(aim, current.plan, None, session_id, error) from error
        except KeyboardInterrupt as error:
            raise _interrupted(aim, current.plan, session_id) from error


def take_back(aim: run.Target, resolved: Resolved, interrupted: Run) -> None:
    """Take back the groups of a run that committed; its Prisma row is marked rolled back. One transaction.

    Call under `run.exclusive`. Raises MigrationFailed where it does not lead to the schema before the run.
    """
    connection = aim.connection
    current = _still_running(aim, interrupted)
    groups, done = current.plan.groups, current.groups_done
    if current.group_started and done < len(groups):
        run.drop_invalid(connection, groups[done])
        run.finish_detaching(connection, groups[done])
        if run.happened(connection, current.id, done):
            # DROP INDEX CONCURRENTLY stopped half way has to go on; what did its work refuses to do it again.
            with suppress(MigrationFailed):
                run.run_step(connection, groups[done].steps[0])
            done += 1

    def body() -> None:
        for group in reversed(groups[:done]):
            for step in reversed(group.steps):
                for sql in step.inverse:
                    run.execute(connection, sql)
        if fingerprint(read(connection)) != current.fingerprint_before:
            raise MigrationFailed(f"taking {current.migration} back does not lead to the schema before it")
        history.mark_rolled_back(connection, resolved.url.schema, current.migration)
        journal.rolled_back(connection, current.id)

    run.transaction(aim, body)


def _still_running(aim: run.Target, interrupted: Run) -> Run:
    """Read a run again now that the lock is ours: whoever had it may have gone on since."""
    current = next((one for one in journal.runs(aim.connection) if one.id == interrupted.id), None)
    if current is None or current.state is not RunState.RUNNING:
        raise HistoryError(
            f"{interrupted.migration} is no longer interrupted: another session has ended it",
            fix=("safemigrate status",),
        )
    return current


def _refusal(name: str, error: session.SqlError) -> MigrationFailed:
    said = session.Refusal.of(error)
    return MigrationFailed(f"{name}: {said.message}", f"SQLSTATE {said.sqlstate}", sqlstate=said.sqlstate)


def _finish_row(aim: run.Target, schema: str, migration: Migration) -> None:
    rows = history.read(aim.connection, schema) or []
    open_row = [
        row for row in rows if row.name == migration.name and row.finished_at is None and not row.rolled_back_at
    ]
    if open_row:
        history.record_finished(aim.connection, schema, open_row[-1].id)
    else:
        history.record_applied(aim.connection, schema, migration)


def _put_back(
    aim: run.Target, resolved: Resolved, plan: Plan, before: Catalog | None, error: MigrationFailed
) -> SafemigrateError:
    """Say how the database stands after a failure, and take committed groups back first where there are any."""
    database = resolved.url.database
    try:
        running = [one for one in journal.runs(aim.connection) if one.state is RunState.RUNNING]
        mine = next((one for one in running if one.migration == plan.migration), None)
        if mine:
            aim.on_progress(Progress("restore", f"taking back what {plan.migration} had done"))
            take_back(aim, resolved, mine)
        if before is None or fingerprint(read(aim.connection)) == fingerprint(before):
            return Restored(
                f"{plan.migration} failed, and database {database} is as it was before it: {error.summary}",
                error.why,
                error.fix or ("safemigrate status",),
            )
        reason = "the schema is not what it was before"
    except (SafemigrateError, session.SqlError) as second:
        reason = str(second)
    return NotRestored(
        f"{plan.migration} failed in database {database} and could not be taken back: {error.summary}",
        f"{error.why}\nTaking it back failed too: {reason}",
        ("safemigrate status", "safemigrate rollback --failed", "safemigrate snapshot list"),
    )


@contextmanager
def reconnected(aim: run.Target, session_id: int) -> Iterator[Connection | None]:
    """Connect anew once the old session has ended, so that what it committed is there to see; None if that fails."""
    deadline = time.monotonic() + _RECONNECT
    with ExitStack() as kept:
        again = None
        while again is None and time.monotonic() < deadline:
            with ExitStack() as attempt, suppress(ConnectionFailed, session.SqlError):
                opened = attempt.enter_context(connect(aim.url))
                if not session.value(opened, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [session_id]):
                    kept.push(attempt.pop_all())
                    again = opened
            if again is None:
                aim.pause(0.25)
        yield again


def _lost(
    aim: run.Target, plan: Plan, before: Catalog | None, session_id: int, error: session.SqlError
) -> SafemigrateError:
    """Find out, after a lost connection, whether the last COMMIT happened: the journal's row says."""
    aim.on_progress(Progress("restore", "the connection broke; looking at how the database stands"))
    broke = f"the connection to {aim.url} broke"
    said = session.Refusal.of(error).message
    with reconnected(aim, session_id) as again:
        if again is None:
            return NotRestored(
                f"{broke} during {plan.migration} and does not come back",
                "Its transaction was either committed whole or undone whole; safemigrate status will say which.",
                ("safemigrate status",),
            )
        found = _last_run(again, plan)
        as_before = before is None or fingerprint(read(again)) == fingerprint(before)
    if found and found.state is RunState.RUNNING:
        return NotRestored(
            f"{broke} between two parts of {plan.migration}",
            f"{said}\n{found.groups_done} of {len(plan.groups)} parts are done.",
            ("safemigrate apply   # goes on", "safemigrate rollback --failed   # takes it back"),
        )
    if found and found.state is RunState.APPLIED:
        return NotRestored(
            f"{broke} after {plan.migration} had been committed",
            f"{said}\nThe migration is applied and recorded; nothing is lost.",
            ("safemigrate apply   # for what else is pending", "safemigrate status"),
        )
    if as_before:
        return Restored(
            f"{broke} during {plan.migration}, and the database is as it was before it", said, ("safemigrate apply",)
        )
    return NotRestored(
        f"{broke} during {plan.migration}, and its schema is not what it was", said, ("safemigrate status",)
    )


def _interrupted(aim: run.Target, plan: Plan, session_id: int) -> Interrupted:
    """End our session, so that nothing of it can still commit, and say how the database stands."""
    aim.connection.close()
    what = f"stopped during {plan.migration}"
    with reconnected(aim, session_id) as again:
        if again is None:
            return Interrupted(what, f"How {plan.migration} stands could not be asked.", ("safemigrate status",))
        found = _last_run(again, plan)
    if found and found.state is RunState.RUNNING:
        return Interrupted(
            what,
            f"{found.groups_done} of {len(plan.groups)} parts of {plan.migration} are done.",
            ("safemigrate apply   # goes on", "safemigrate rollback --failed   # takes them back"),
        )
    if found and found.state is RunState.APPLIED:
        return Interrupted(what, f"{plan.migration} is applied.", ("safemigrate status",))
    return Interrupted(
        what, f"{plan.migration} was undone whole; the database is as it was before it.", ("safemigrate apply",)
    )


def _last_run(connection: Connection, plan: Plan) -> Run | None:
    return next((one for one in reversed(journal.runs(connection)) if one.migration == plan.migration), None)
