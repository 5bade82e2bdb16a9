"""Running proven plans on the target, verified before each COMMIT.

Where one fails, the target is put back or the truth is told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from safemigrate import __version__
from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import connect
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
from safemigrate.model import Migration, Plan, Progress
from safemigrate.prisma import history
from safemigrate.workflow.rehearse import Rehearsal
from safemigrate.workflow.resolve import Resolved, Target
from safemigrate.workflow.verify import Around, invalid_indexes, sequences_behind, unexpected

# How long a broken connection is tried again before a person must look, in seconds.
_RECONNECT = 30


def carry_out(
    aim: run.Target,
    resolved: Resolved,
    target: Target,
    migrations: Sequence[Migration],
    rehearsal: Rehearsal,
    *,
    owners: bool,
) -> None:
    """Apply the plans in order.

    Raises Restored or NotRestored where one fails, HistoryError where the target has drifted.
    """
    connection = aim.connection
    with run.exclusive(connection):
        if not target.state.managed:
            history.create_table(connection, resolved.url.schema)
        current = read(connection)
        for number, (migration, plan) in enumerate(zip(migrations, rehearsal.plans, strict=True)):
            aim.on_progress(Progress("apply", migration.name, number, len(migrations)))
            shadow = Around(rehearsal.catalogs[number], rehearsal.catalogs[number + 1])
            current = _one(aim, resolved, migration, plan, shadow, current, rehearsal, owners=owners)
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
) -> Catalog:
    connection, schema = aim.connection, resolved.url.schema
    was = fingerprint(before)
    invalid = invalid_indexes(connection)
    row: list[str] = []
    reached: list[Catalog] = []

    def guard() -> None:
        if fingerprint(read(connection)) != was:
            raise HistoryError(
                f"the schema of {resolved.url.database} changed while {migration.name} was rehearsed",
                "What was proven is no longer what is there. Nothing was changed.",
                ("safemigrate apply",),
            )

    def verify() -> str:
        after = read(connection)
        said = unexpected(shadow, Around(before, after), owners=owners)
        said += [f"index {name} is INVALID" for name in sorted(invalid_indexes(connection) - invalid)]
        said += sequences_behind(connection, sorted({table for trace in plan.traces for table in trace.rows}))
        if said:
            raise MigrationFailed(
                f"{migration.name} did something else here than in the shadow",
                "\n".join(said[:20]),
                ("safemigrate apply   # rehearses again", "safemigrate doctor"),
            )
        reached[:] = [after]
        return fingerprint(after)

    hooks = run.Hooks(
        guard=guard,
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
        return _lost(aim, resolved, plan, before, error)
    except KeyboardInterrupt as error:
        raise Interrupted(f"stopped during {migration.name}", _after_interrupt(resolved, plan)) from error
    return reached[0]


def finish(aim: run.Target, resolved: Resolved, interrupted: journal.Run) -> None:
    """Run the groups that a killed apply left, and record the migration. Raises Restored or NotRestored."""
    connection, schema = aim.connection, resolved.url.schema
    migration = next((one for one in resolved.migrations if one.name == interrupted.migration), None)
    if migration is None or not history.matches(migration.sql, interrupted.checksum):
        raise HistoryError(
            f"{interrupted.migration} was changed after it was interrupted half way",
            "Its first part is in the database as the file was then.",
            ("safemigrate rollback --failed",),
        )
    with run.exclusive(connection):
        invalid = invalid_indexes(connection)

        def verify() -> str:
            new = sorted(invalid_indexes(connection) - invalid)
            if new:
                raise MigrationFailed(f"{interrupted.migration} left INVALID indexes: {', '.join(new)}")
            return fingerprint(read(connection))

        hooks = run.Hooks(verify=verify, finished=lambda: _finish_row(aim, schema, migration))
        try:
            run.resume(aim, interrupted.plan, hooks, run=interrupted.id, done=interrupted.groups_done)
        except MigrationFailed as error:
            raise _put_back(aim, resolved, interrupted.plan, None, error) from error


def take_back(aim: run.Target, resolved: Resolved, interrupted: journal.Run) -> None:
    """Take back the groups of a run that committed; its Prisma row is marked rolled back. One transaction."""
    connection = aim.connection
    done = interrupted.plan.groups[: interrupted.groups_done]
    if interrupted.group_started and interrupted.groups_done < len(interrupted.plan.groups):
        run.drop_invalid(connection, interrupted.plan.groups[interrupted.groups_done])

    def body() -> None:
        for group in reversed(done):
            for step in reversed(group.steps):
                for sql in step.inverse:
                    run.execute(connection, sql)
        if fingerprint(read(connection)) != interrupted.fingerprint_before:
            raise MigrationFailed(f"taking {interrupted.migration} back does not lead to the schema before it")
        history.mark_rolled_back(connection, resolved.url.schema, interrupted.migration)
        journal.rolled_back(connection, interrupted.id)

    run.transaction(aim, body)


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
        running = [one for one in journal.runs(aim.connection) if one.state is journal.RunState.RUNNING]
        mine = next((one for one in running if one.migration == plan.migration), None)
        if mine:
            aim.on_progress(Progress("restore", f"taking back what {plan.migration} had done"))
            take_back(aim, resolved, mine)
        if before is None or fingerprint(read(aim.connection)) == fingerprint(before):
            return Restored(
                f"{plan.migration} failed, and database {database} is as it was before: {error.summary}",
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


def _lost(aim: run.Target, resolved: Resolved, plan: Plan, before: Catalog, error: session.SqlError) -> Catalog:
    """Find out, after a lost connection, whether the last COMMIT happened: the journal's row says."""
    aim.on_progress(Progress("restore", "the connection broke; looking at how the database stands"))
    deadline = time.monotonic() + _RECONNECT
    while True:
        try:
            with connect(resolved.url, application_name="safemigrate") as again:
                found = [one for one in journal.runs(again) if one.migration == plan.migration]
                now = read(again)
            break
        except (ConnectionFailed, session.SqlError):
            if time.monotonic() > deadline:
                raise NotRestored(
                    f"the connection to {resolved.url} broke during {plan.migration} and does not come back",
                    "Its transaction was either committed whole or undone whole; safemigrate status will say which.",
                    ("safemigrate status",),
                ) from error
            aim.pause(1.0)
    if found and found[-1].state is journal.RunState.RUNNING:
        raise NotRestored(
            f"the connection to {resolved.url} broke between two parts of {plan.migration}",
            f"{found[-1].groups_done} of {len(plan.groups)} parts are done.",
            ("safemigrate apply   # goes on", "safemigrate rollback --failed   # takes it back"),
        ) from error
    if found and found[-1].state is journal.RunState.APPLIED:
        raise NotRestored(
            f"the connection to {resolved.url} broke after {plan.migration} had been committed",
            "The migration is applied and recorded; nothing is lost.",
            ("safemigrate apply   # for what else is pending", "safemigrate status"),
        ) from error
    if fingerprint(now) == fingerprint(before):
        raise Restored(
            f"the connection to {resolved.url} broke during {plan.migration}, and the database is as it was before",
            str(error).strip(),
            ("safemigrate apply",),
        ) from error
    raise NotRestored(
        f"the connection to {resolved.url} broke during {plan.migration}, and its schema is not what it was",
        str(error).strip(),
        ("safemigrate status",),
    ) from error


def _after_interrupt(resolved: Resolved, plan: Plan) -> str:
    with suppress(ConnectionFailed, session.SqlError), connect(resolved.url) as again:
        found = [one for one in journal.runs(again) if one.migration == plan.migration]
        if found and found[-1].state is journal.RunState.RUNNING:
            return (
                f"{found[-1].groups_done} of {len(plan.groups)} parts of {plan.migration} are done. "
                "`safemigrate apply` goes on, `safemigrate rollback --failed` takes them back."
            )
        if not found or found[-1].state is not journal.RunState.APPLIED:
            return f"{plan.migration} was undone whole; the database is as it was before it."
        return f"{plan.migration} is applied."
    return f"How {plan.migration} stands could not be asked; `safemigrate status` will say."
