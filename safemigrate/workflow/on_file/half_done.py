"""A migration that plain Prisma left half done in a file: how far it got, and taking that part back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import Catalog, fold, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, quote
from safemigrate.db.sqlite.foreign_keys import foreign_keys
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.model import Migration, Outcome, Progress, Step, silent
from safemigrate.prisma import sqlite_history as history
from safemigrate.rollback.sqlite.derive import derive
from safemigrate.rollback.sqlite.lineage import lineage
from safemigrate.shadow.sqlite.copies import Copies, copies
from safemigrate.shadow.sqlite.replay import replay
from safemigrate.shadow.sqlite.trace import Observation, Tracer
from safemigrate.sql import statements_of
from safemigrate.workflow.back import conflicts, reached
from safemigrate.workflow.back.reached import HalfDone, failed
from safemigrate.workflow.on_file.questions import FileQuestions, answer
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.on_file.trial import attached
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.request import Request

_BASE, _BEFORE, _SIDE = "history", "before", "kept"


def locate(target: FileTarget) -> HalfDone:
    """Find out how far the failed migration got. Raises HistoryError where that cannot be told."""
    migration, resolved = failed(target), target.resolved
    applied = {one.name for one in target.state.applied}
    with copies() as made:
        with made.opened(_BASE) as connection:
            replay(
                connection,
                [one for one in resolved.migrations if one.name in applied],
                silent,
                purpose="Without that nobody can say how far the failed migration got.",
                fix=("safemigrate snapshot list", "npx prisma migrate resolve --help"),
            )
        made.copy(_BASE, _BEFORE)
        with made.opened(_BASE) as connection:
            return _compared(made, connection, migration, read(target.connection))


def _compared(made: Copies, connection: Connection, migration: Migration, found: Catalog) -> HalfDone:
    statements = statements_of(migration, "sqlite")
    observations: list[Observation] = []
    tracer = Tracer(connection)
    base = tracer.catalog
    with foreign_keys(connection, on=True):
        for one in statements:
            try:
                seen = tracer.observe(one, lambda sql=one.sql: script.execute(connection, sql, plain=True))  # type: ignore[misc]
            except MigrationFailed:
                break  # it failed in the target too, and nothing after it ran
            observations.append(seen)
    states = [base, *(one.after for one in observations)]
    left = [compare(state, found) for state in states]
    # Statements that change rows alone leave no mark in the catalog: the latest state that fits is taken.
    done = min(range(len(states)), key=lambda number: (len(left[number]), -number))
    steps = _steps(made, migration, observations[:done], base)
    lost = tuple(_lost(observations[:done], base))
    return HalfDone(migration, statements[:done], len(statements), steps, lost, tuple(left[done]))


def _steps(made: Copies, migration: Migration, done: Sequence[Observation], base: Catalog) -> tuple[Step, ...]:
    """Derive the way back; of its questions those that --fill answers are put, for nothing was kept to choose from."""
    if not done:
        return ()
    made.copy(_BEFORE, "again")
    with made.opened("again") as connection, foreign_keys(connection, on=True):
        for one in done:
            script.execute(connection, one.statement.sql, plain=True)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with attached(connection, made.path(_BEFORE), made.path(_SIDE)):
            after = read(connection)
            derived = derive(connection, migration.name, migration.checksum, done, base, after, keeps=False)
    return tuple(
        replace(step, checks=tuple(replace(one, keep_new=(), keep_old=()) for one in step.checks if one.setting))
        for step in derived.steps
    )


def _lost(done: Sequence[Observation], base: Catalog) -> list[str]:
    """Name the tables and columns that are nowhere any more; a rebuild's may be in a table of another name."""
    if not done:
        return []
    gone = []
    descent = lineage(base, done[-1].after, done)
    for name, table in base.tables.items():
        found = descent.get(fold(name))
        if found is None:
            gone.append(f"table {quote(name)}")
        else:
            left = [column.name for column in table.columns if fold(column.name) not in found.columns]
            gone += [f"column {quote(name, column)}" for column in left]
    return gone


def take_back(request: Request, options: RollbackOptions, target: FileTarget, began: float) -> Outcome:
    """Take back the statements that are in the file and mark Prisma's row rolled back, in one transaction."""
    version = target.version
    found = locate(target)
    connection, plan = target.connection, found.plan
    settings = conflicts.answers(options, [plan])
    if any(step.checks for step in plan.steps):  # its inverse asks for them, whether they are given or not
        answer(target, settings)
        version = target.version
    asked = conflicts.find(FileQuestions(connection, target.path, target.side, []), plan, options)

    def run() -> None:
        request.on_progress(Progress("rollback", found.migration.name))
        with foreign_keys(connection, on=False), connection.transaction():
            if target.version != version:
                raise HistoryError(
                    f"{target.path.name} was written to by something else meanwhile",
                    "Nothing was changed.",
                    ("safemigrate rollback --failed   # looks again",),
                )
            for sql in found.inverse:
                script.execute(connection, sql, plain=True)
            history.mark_rolled_back(connection, found.migration.name)

    return reached.take_back(target, options, found, began, run, asked)
