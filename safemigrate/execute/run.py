"""Running a plan on a live database: groups, locks, retries; every group leaves all or nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection, quote
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.execute import journal
from safemigrate.model import Group, OnProgress, Plan, Progress, Step, silent

# Prisma's own key (schema-engine, sql_migration_persistence): whoever holds it excludes `prisma migrate deploy` too.
ADVISORY_LOCK = 72707369

# What a script may set that would change what our statements find, write or may do. Texts are made and read alike:
# db.postgres has the same formats.
_OWN = {
    "role": "none",
    "statement_timeout": "0",
    "standard_conforming_strings": "on",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """The database that is changed, and how patient to be with it.

    `lock_timeout` is seconds for one lock; after it, up to `retries` more tries with growing pauses. `step` is whose
    progress a wait for a lock belongs to.
    """

    connection: Connection
    url: DatabaseUrl
    lock_timeout: float = 3.0
    retries: int = 5
    on_progress: OnProgress = silent
    pause: Callable[[float], None] = time.sleep
    step: str = "apply"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the workflow adds inside the transactions.

    `guard` raises unless the database is as it was rehearsed; `begun` starts each transaction of statements and `audit`
    ends it, and raises where rows were changed that nobody kept; `started` and `finished` write Prisma's row; `verify`
    raises unless the result is the shadow's, and returns the fingerprint that the journal stores.
    """

    guard: Callable[[], None] = _nothing
    begun: Callable[[], None] = _nothing
    audit: Callable[[], None] = _nothing
    started: Callable[[], None] = _nothing
    verify: Callable[[], str] = str
    finished: Callable[[], None] = _nothing


@contextmanager
def exclusive(connection: Connection) -> Iterator[None]:
    """Hold Prisma's migration lock on this session; raises HistoryError, naming the holder, where it is taken."""
    if not session.value(connection, "SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]):
        raise HistoryError(
            "another migration is running on this database",
            f"Prisma's migration lock is held by {holder(connection) or 'a session that has just let go of it'}.",
            ("wait for it to end, then run the command again", "safemigrate status"),
        )
    try:
        yield
    finally:
        with suppress(session.SqlError):  # a lost session has let go of it
            session.value(connection, "SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def is_held(connection: Connection) -> bool:
    """Whether any session holds Prisma's migration lock on this database now."""
    return bool(session.value(connection, f"SELECT EXISTS (SELECT {_HELD})", [ADVISORY_LOCK]))


def holder(connection: Connection) -> str:
    """Say which session holds Prisma's migration lock; "" where none does."""
    return str(session.value(connection, _HOLDER, [ADVISORY_LOCK]) or "")


_HELD = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_HOLDER = f"""
SELECT coalesce((
  SELECT string_agg(format('pid %%s (%%s, user %%s, since %%s)', a.pid,
                           coalesce(nullif(a.application_name, ''), 'no application name'), a.usename,
                           to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')), '; ')
  FROM pg_stat_activity a WHERE a.pid = ANY (array_agg(pg_locks.pid))), 'a session that this user may not see')
{_HELD} HAVING count(*) > 0
"""


def transaction(target: Target, body: Callable[[], None]) -> None:
    """Run `body` in one transaction under the lock timeout; where a lock is not to be had, undo, pause and try again.

    Raises MigrationFailed, naming who blocks, once the retries are used up. Any other error passes after the rollback.
    """
    connection = target.connection
    for attempt in range(target.retries + 1):
        with session.watch_blockers(target.url, connection.info.backend_pid) as blockers:
            try:
                with connection.transaction():
                    session.run(connection, f"SET LOCAL lock_timeout = {int(target.lock_timeout * 1000)}")
                    body()
                return
            except (MigrationFailed, session.SqlError) as error:
                # COMMIT itself refuses where a deferred constraint does not hold.
                failure = (
                    error if isinstance(error, MigrationFailed) else _refused(connection, error, "the transaction")
                )
                if failure.sqlstate not in (session.LOCK_NOT_AVAILABLE, session.DEADLOCK_DETECTED):
                    if failure is error:
                        raise
                    raise failure from error
                if attempt == target.retries:
                    raise MigrationFailed(
                        f"{failure.summary} after {attempt + 1} tries",
                        "\n".join(f"Blocked by {blocker}." for blocker in blockers) or failure.why,
                        (
                            "run the command again when that session has ended",
                            *(f"psql -c 'SELECT pg_terminate_backend({b.pid})'   # ends it" for b in blockers if b.pid),
                        ),
                        sqlstate=failure.sqlstate,
                    ) from error
        pause = min(0.5 * 2**attempt, 30) * random.uniform(0.7, 1.3)  # noqa: S311 jitter, not a secret
        who = f"; blocked by {blockers[0]}" if blockers else ""
        target.on_progress(Progress(target.step, f"lock not to be had, trying again in {pause:.1f} s{who}"))
        target.pause(pause)


def execute(connection: Connection, sql: str, step: Step | None = None, *, line: int = 0) -> None:
    """Run one SQL text; raises MigrationFailed with the server's words and the line of its step, or `line`.

    A lost connection passes as it is: only the journal can say whether it had committed.
    """
    try:
        session.run(connection, sql)
    except session.SqlError as error:
        text = " ".join((step.sql if step else sql).split())
        line = step.line if step else line
        place = f"line {line}" if line else "a statement"
        raise _refused(connection, error, place, f": {text[:100]}{'…' if len(text) > 100 else ''}") from error


def _refused(connection: Connection, error: session.SqlError, place: str, text: str = "") -> MigrationFailed:
    """Put what the server refused into words; raises the error again where the connection is lost."""
    refusal = session.Refusal.of(error)
    if not refusal.sqlstate or connection.closed:
        raise error
    return MigrationFailed(
        f"{place} failed{text}", f"{refusal.message} (SQLSTATE {refusal.sqlstate})", sqlstate=refusal.sqlstate
    )


def run_step(connection: Connection, step: Step) -> None:
    """Run a step forward: keep, change, settle."""
    _own(connection, step, step.before)
    for sql in step.run:
        execute(connection, sql, step)
    _own(connection, step, step.after)


def _own(connection: Connection, step: Step, statements: Sequence[str]) -> None:
    """Run statements of ours: as who we are and under settings of our own, whatever the script has set."""
    if not statements:
        return
    names = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name"
    found = {name: value for name, value in session.rows(connection, names, [[*_OWN]]) if value != _OWN[name]}
    if "role" in found:
        session.run(connection, "RESET ROLE")
    _set(connection, {name: _OWN[name] for name in found.keys() - {"role"}})
    for sql in statements:
        execute(connection, sql, step)
    _set(connection, found)


def _set(connection: Connection, settings: Mapping[str, str]) -> None:
    if settings:
        calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
        session.rows(connection, f"SELECT {calls}", [text for pair in settings.items() for text in pair])


def apply(target: Target, plan: Plan, hooks: Hooks, *, fingerprint: str, snapshot: str, version: str) -> int:
    """Apply a plan and return its run's id.

    A plan of one transactional group is one transaction with its journal and Prisma row. Any other commits group by
    group, journaled before and after, so that a kill leaves a state that `resume` can finish and a rollback can take
    back.
    """
    connection = target.connection
    started: list[int] = []

    def begin() -> None:
        hooks.guard()
        journal.prepare(connection)
        started[:] = [journal.start(connection, plan, fingerprint=fingerprint, snapshot=snapshot, version=version)]
        hooks.started()

    if len(plan.groups) == 1 and plan.groups[0].transactional:

        def whole() -> None:
            begin()
            hooks.begun()
            _steps(target, plan.groups[0])
            hooks.audit()
            _end(target, plan, hooks, started[0])

        transaction(target, whole)
    else:
        transaction(target, begin)
        resume(target, plan, hooks, run=started[0], done=0)
    return started[0]


def resume(target: Target, plan: Plan, hooks: Hooks, *, run: int, done: int) -> None:
    """Run the groups of a journaled plan from number `done` on, and end the run."""
    connection = target.connection
    for number, group in enumerate(plan.groups[done:], start=done):
        last = number == len(plan.groups) - 1
        if group.transactional:

            def body(group: Group = group, number: int = number, *, last: bool = last) -> None:
                hooks.begun()
                _steps(target, group)
                hooks.audit()
                journal.group(connection, run, number, "done")
                if last:
                    _end(target, plan, hooks, run)

            transaction(target, body)
        else:  # waits without a timeout, which holds up nobody: CONCURRENTLY takes no lock that readers or writers need
            drop_invalid(connection, group)
            finish_detaching(connection, group)
            if not happened(connection, run, number):
                journal.group(connection, run, number, "started", fingerprint(read(connection)))
                try:
                    run_step(connection, group.steps[0])
                except MigrationFailed:
                    drop_invalid(connection, group)
                    raise
            journal.group(connection, run, number, "done")
            if last:
                transaction(target, lambda: _end(target, plan, hooks, run))


def happened(connection: Connection, run: int, number: int) -> bool:
    """Whether a group that stands alone did its work although nobody lived to note it: the schema has moved on."""
    before = journal.started_at(connection, run, number)
    return before != "" and fingerprint(read(connection)) != before


def drop_invalid(connection: Connection, group: Group) -> None:
    """Drop the INVALID index that a failed or killed concurrent build of this group left (PostgreSQL docs.

    CREATE INDEX).
    """
    invalid = session.rows(
        connection,
        "SELECT quote_ident(n.nspname), quote_ident(c.relname), n.nspname, c.relname FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid",
    )
    for schema, name, plain_schema, plain_name in invalid:
        if any(f'"{plain_schema}"."{plain_name}"' in sql for step in group.steps for sql in step.inverse):
            execute(connection, f"DROP INDEX {schema}.{name}")


def finish_detaching(connection: Connection, group: Group) -> None:
    """End a DETACH PARTITION CONCURRENTLY of this group that was stopped half way: the server refuses to begin again.

    PostgreSQL docs, ALTER TABLE, FINALIZE.
    """
    if connection.info.server_version < 140000 or not any("CONCURRENTLY" in step.sql.upper() for step in group.steps):
        return
    pending = session.rows(
        connection,
        "SELECT i.inhparent::regclass::text, n.nspname, c.relname FROM pg_inherits i "
        "JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhdetachpending",
    )
    for parent, schema, name in pending:
        part = quote(schema, name)
        if any(f"ATTACH PARTITION {part}" in sql for step in group.steps for sql in step.inverse):
            execute(connection, f"ALTER TABLE {parent} DETACH PARTITION {part} FINALIZE")


def _steps(target: Target, group: Group) -> None:
    for number, step in enumerate(group.steps):
        target.on_progress(Progress("apply", " ".join(step.sql.split())[:80], number, len(group.steps)))
        run_step(target.connection, step)
    session.run(target.connection, "RESET ROLE")  # what follows is ours


def _end(target: Target, plan: Plan, hooks: Hooks, run: int) -> None:
    after = hooks.verify()
    hooks.finished()
    journal.finish(target.connection, run, plan, after)
