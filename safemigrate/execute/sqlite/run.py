"""Changing a SQLite file: one transaction, with what would be lost safe beside it before that commits.

The file's write lock is taken first, so that nobody writes between here and the end. Then the side database commits
what is kept and a run that names a row of `_prisma_migrations`; then the file commits, with that row. Killed before,
the file is as it was, and the run never happened; killed after, it is applied, and both are there.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from safemigrate.db.sqlite import errors, script
from safemigrate.db.sqlite.catalog import fold
from safemigrate.db.sqlite.connection import KEPT, Connection, Refusal, SqlError, quote, rows, value
from safemigrate.db.sqlite.copy import integrity
from safemigrate.db.sqlite.foreign_keys import Violations, added, in_words, violations
from safemigrate.db.sqlite.standstill import standstill
from safemigrate.errors import ConnectionFailed, MigrationFailed, word
from safemigrate.execute.runs import Run
from safemigrate.execute.sqlite import journal, kept, side
from safemigrate.model import Kept, OnProgress, Plan, Progress, silent

# What a script may set, or a build have another default for (sqlite.org/pragma.html).
_DEFAULTS = (
    "legacy_alter_table",
    "recursive_triggers",
    "ignore_check_constraints",
    "writable_schema",
    "defer_foreign_keys",
)
_TICK = 1_000_000  # of SQLite's virtual machine, some milliseconds
_TABLES = "SELECT name FROM main.sqlite_master WHERE type = 'table'"
_NONE: Violations = Counter()


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """The file that is changed, its side database, and how patient to be.

    `lock_timeout` is seconds for one try to get the lock; after it, up to `retries` more with growing pauses.
    """

    connection: Connection
    side: Path
    lock_timeout: float = 3.0
    retries: int = 5
    on_progress: OnProgress = silent
    pause: Callable[[float], None] = time.sleep
    step: str = "apply"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the workflow adds, under the file's lock.

    `guard` raises unless the file is as it was rehearsed, `verify` unless it has become what the shadow became;
    `record` writes Prisma's rows, the last thing before COMMIT.
    """

    guard: Callable[[], None] = _nothing
    verify: Callable[[], None] = _nothing
    record: Callable[[], None] = _nothing


def apply(
    aim: Target,
    plan: Plan,
    hooks: Hooks,
    *,
    row: str,
    foreign_keys: bool,
    rehearsed: Path | None,
    before: str,
    after: str,
    snapshot: str,
    version: str,
    touched: Collection[str] | None = None,
) -> None:
    """Apply a plan, whole or not at all.

    `row` is the id of the row that `hooks.record` writes. `rehearsed` is the side database of the rehearsal: what is
    kept comes from there, for the rows are the same. `foreign_keys` says whether they are enforced, as they were there.
    `before` and `after` are the fingerprints of the schema. `touched` are the tables that the plan may change,
    by their names before and after: the others are not looked through.
    """

    def keep(keeper: Connection) -> None:
        run = journal.start(keeper, row, plan, before=before, after=after, snapshot=snapshot, version=version)
        if rehearsed:
            kept.copy(keeper, run, plan.kept)

    def change() -> None:
        if any(quote(KEPT) in sql for step in plan.steps for sql in step.run):  # it takes a rollback back
            side.attach(aim.connection, aim.side)
        for number, step in enumerate(plan.steps):
            aim.on_progress(Progress(aim.step, " ".join(step.sql.split())[:80], number, len(plan.steps)))
            for sql in (*step.before, *step.run, *step.after):
                execute(aim.connection, sql, step.line)

    _in_one(aim, locked(aim, foreign_keys=foreign_keys), hooks, keep, change, rehearsed, touched)


def take_back(
    aim: Target,
    chosen: Sequence[Run],
    hooks: Hooks,
    *,
    rehearsed: Path | None,
    left: Sequence[Kept] = (),
    undo: Plan | None = None,
    fill: Mapping[str, object] = MappingProxyType({}),
    dangling: Violations = _NONE,
    reason: str = "it was rolled back",
    moment: datetime | None = None,
    touched: Collection[str] | None = None,
) -> None:
    """Run the inverses of these runs, newest first, whole or not at all; they are on hold then.

    `rehearsed` is the side database of the rollback's own rehearsal, with what it drops and changes (`left`); `undo` is
    the plan that takes the rollback back. `fill` are the values that the inverse asks for, by name. `dangling` are rows
    that pointed nowhere before the migrations, and may do so again. `moment` is the time that it was in the rehearsal;
    `touched` are the tables that it changed there, as of `apply`.
    """

    def keep(keeper: Connection) -> None:
        for one in chosen:
            if gone := kept.missing(keeper, one.id, one.plan.kept):
                raise MigrationFailed(
                    f"what {one.migration} needs for its way back is not in {aim.side} any more",
                    "\n".join(f"{each.subject}: {each.place}" for each in gone),
                    ("safemigrate snapshot list",),
                )
        needed = {each.place for one in chosen for each in one.plan.kept}
        assert not needed & {each.place for each in left}, "it would be in the place of what goes back"
        kept.fill(keeper, fill)
        rollback = journal.start_rollback(keeper, chosen, undo, reason)
        if rehearsed:
            kept.copy(keeper, chosen[-1].id, left, rollback)

    def change() -> None:
        side.attach(aim.connection, aim.side)
        for number, one in enumerate(chosen):
            aim.on_progress(Progress(aim.step, one.migration, number, len(chosen)))
            for step in (step for step in reversed(one.plan.steps) if step.inverse):
                with standstill(aim.connection, moment or datetime.now(UTC), one.checksum):
                    script.take_back(aim.connection, [(sql, 0) for sql in step.inverse], own=bool(one.plan.down))

    _in_one(aim, locked(aim, foreign_keys=False), hooks, keep, change, rehearsed, touched, dangling)


def _in_one(
    aim: Target,
    transaction: AbstractContextManager[None],
    hooks: Hooks,
    keep: Callable[[Connection], None],
    change: Callable[[], None],
    rehearsed: Path | None,
    touched: Collection[str] | None = None,
    dangling: Violations = _NONE,
) -> None:
    connection, beside, begun = aim.connection, aim.connection.beside, False
    try:
        with transaction:
            hooks.guard()
            _write(connection)
            violated = violations(connection, tables=touched)
            begun = True
            with side.writing(connection.path, aim.side, timeout=aim.lock_timeout) as keeper:
                journal.sweep(keeper)
                if rehearsed:
                    kept.open_rehearsed(keeper, rehearsed)
                keep(keeper)
            change()
            connection.attach_all(beside)
            _sound(connection, violated | dangling, touched)
            hooks.verify()
            hooks.record()
    except BaseException as error:
        if begun:
            forget(aim)
        if isinstance(error, SqlError):
            raise _stopped(connection, error) from error
        raise
    finally:
        with suppress(ConnectionFailed):
            side.attach(connection, aim.side)
    with suppress(ConnectionFailed, SqlError), side.writing(connection.path, aim.side) as keeper:
        journal.settle(keeper)


def _write(connection: Connection) -> None:
    """Write what is there already: BEGIN IMMEDIATE finds nothing wrong with a file or a folder that is only read."""
    connection.execute(f"PRAGMA main.user_version = {value(connection, 'PRAGMA main.user_version')}")


def _stopped(connection: Connection, error: SqlError) -> MigrationFailed:
    """Say that the disk, the rights or another process ended the transaction."""
    said = errors.told(connection.path, error)
    return MigrationFailed(
        said.summary if said else f"{connection.path}: {error}",
        f"SQLite said: {error}. The transaction was undone.",
        (
            f"df -h {word(connection.path.parent)}",
            f"ls -l {word(connection.path)}",
            "safemigrate status",
        ),
        sqlstate=Refusal.of(error).code,
    )


def forget(aim: Target) -> None:
    """Take out of the side database what never happened; where that is not to be done now, the next writer does it."""
    with (
        suppress(ConnectionFailed, MigrationFailed, SqlError),
        locked(aim, retries=0),
        side.writing(aim.connection.path, aim.side) as keeper,
    ):
        journal.sweep(keeper)
    with suppress(ConnectionFailed, SqlError):
        side.shrink(aim.connection.path, aim.side)


@contextmanager
def locked(aim: Target, *, foreign_keys: bool = True, retries: int | None = None) -> Iterator[None]:
    """Hold the file's write lock for one transaction, with foreign keys on or off; every setting is put back.

    Attached files are let go of meanwhile. Raises MigrationFailed, naming who has the file, where there is no lock.
    """
    connection, retries = aim.connection, aim.retries if retries is None else retries
    settings = {
        "busy_timeout": int(aim.lock_timeout * 1000),
        "foreign_keys": int(foreign_keys),
        **dict.fromkeys(_DEFAULTS, 0),
    }
    with connection.alone(), _set(connection, settings), _interruptible(connection):
        try:
            _patiently(aim, "BEGIN IMMEDIATE", retries)
            yield
            _patiently(aim, "COMMIT", retries)
        finally:
            if connection.in_transaction:  # a full disk has rolled back already
                connection.execute("ROLLBACK")


@contextmanager
def _set(connection: Connection, settings: Mapping[str, int]) -> Iterator[None]:
    found = {name: value(connection, f"PRAGMA {name}") for name in settings}
    try:
        for name, setting in settings.items():
            connection.execute(f"PRAGMA {name} = {setting}")
        yield
    finally:
        for name, setting in found.items():
            connection.execute(f"PRAGMA {name} = {setting}")


@contextmanager
def _interruptible(connection: Connection) -> Iterator[None]:
    """Let a signal end a statement that runs for minutes: its handler comes to run where Python does."""
    connection.set_progress_handler(lambda: 0, _TICK)
    try:
        yield
    except (MigrationFailed, SqlError) as error:
        code = error.sqlstate if isinstance(error, MigrationFailed) else Refusal.of(error).code
        if code == "SQLITE_INTERRUPT":
            raise KeyboardInterrupt from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _patiently(aim: Target, sql: str, retries: int) -> None:
    """Run BEGIN or COMMIT, again while others have the file."""
    for attempt in range(retries + 1):
        try:
            aim.connection.execute(sql)
            return
        except SqlError as error:
            if not Refusal.of(error).code.startswith("SQLITE_BUSY"):
                raise
            said = errors.busy(aim.connection.path)
            if attempt == retries:
                raise MigrationFailed(
                    f"{said.summary}, after {attempt + 1} tries",
                    said.why,
                    (*said.fix, "--lock-timeout 60   # waits longer"),
                    sqlstate=Refusal.of(error).code,
                ) from error
        pause = min(0.5 * 2**attempt, 30) * random.uniform(0.7, 1.3)  # noqa: S311 jitter, not a secret
        aim.on_progress(Progress(aim.step, f"{said.summary}; trying again in {pause:.1f} s"))
        aim.pause(pause)


def execute(connection: Connection, sql: str, line: int) -> None:
    """Run one statement of the transaction. Raises MigrationFailed; SqlError for disk, rights and other processes."""
    script.execute(connection, sql, line)
    if not connection.in_transaction:
        raise MigrationFailed(f"line {line} failed: {' '.join(sql.split())[:100]}", "It ended the transaction.")


def _sound(connection: Connection, violated: Violations, touched: Collection[str] | None) -> None:
    """Raise MigrationFailed where rows point nowhere that did not before, or the file is damaged."""
    there = {fold(name): name for (name,) in rows(connection, _TABLES)}
    tables = None if touched is None else [there[fold(one)] for one in touched if fold(one) in there]
    said = in_words(added(violated, violations(connection, tables=touched)))
    said = said or integrity(connection, quick=True, tables=tables)
    if said:
        raise MigrationFailed("the file would not be sound after the change", "\n".join(said[:20]))
