"""A migration that plain Prisma left half done in a file: how far it got, and taking that part back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection
from safemigrate.db.sqlite.foreign_keys import foreign_keys
from safemigrate.errors import HistoryError, MigrationFailed, Restored
from safemigrate.model import Migration, MigrationOutcome, Outcome, Progress, Proof, Result, Verdict
from safemigrate.prisma import sqlite_history as history
from safemigrate.rollback.sqlite.derive import derive
from safemigrate.shadow.sqlite.copies import Copies, copies
from safemigrate.shadow.sqlite.rehearse import replay
from safemigrate.shadow.sqlite.trace import Observation, Tracer
from safemigrate.sql import statements_of
from safemigrate.workflow.back.outcome import outcome_of
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.on_file.trial import attached
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.request import Request

_BASE, _BEFORE, _SIDE = "history", "before", "kept"


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A failed migration: the first `done` of its statements are in the file, `inverse` takes those back.

    `lost` names what those statements dropped; nobody kept it. `differences` are left over between file and copy.
    """

    migration: Migration
    done: int
    total: int
    line: int
    inverse: tuple[str, ...]
    lost: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def said(self) -> str:
        """How far it got, in words."""
        if not self.done:
            return f"none of its {self.total} statements is in the file"
        return f"{self.done} of its {self.total} statements are in the file, up to line {self.line}"


def reached(target: FileTarget) -> HalfDone:
    """Find out how far the failed migration got. Raises HistoryError where that cannot be told."""
    row = target.state.failed[-1]
    resolved = target.resolved
    migration = next((one for one in resolved.migrations if one.name == row.name), None)
    if migration is None:
        raise HistoryError(
            f"migration {row.name} failed, and its folder is not in {resolved.project.migrations}",
            "Without its SQL nobody can say how far it got.",
            ("git log --all -- '**/" + row.name + "/migration.sql'",),
        )
    applied = {one.name for one in target.state.applied}
    with copies() as made:
        with made.opened(_BASE) as connection:
            for one in resolved.migrations:
                if one.name in applied:
                    _replayed(connection, one)
        made.copy(_BASE, _BEFORE)
        with made.opened(_BASE) as connection:
            return _compared(made, connection, migration, read(target.connection))


def _replayed(connection: Connection, one: Migration) -> None:
    try:
        replay(connection, one, statements_of(one, "sqlite"))
    except MigrationFailed as error:
        raise HistoryError(
            f"the history does not run in an empty file: {error.summary}",
            f"{error.why}\nWithout that nobody can say how far the failed migration got.",
            ("safemigrate snapshot list", "npx prisma migrate resolve --help"),
        ) from error


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
    inverse = _inverse(made, migration, observations[:done], base)
    line = observations[done - 1].statement.span.line if done else 0
    return HalfDone(
        migration, done, len(statements), line, inverse, tuple(_lost(observations[:done])), tuple(left[done])
    )


def _inverse(made: Copies, migration: Migration, done: Sequence[Observation], base: Catalog) -> tuple[str, ...]:
    if not done:
        return ()
    made.copy(_BEFORE, "again")
    with made.opened("again") as connection, foreign_keys(connection, on=True):
        for one in done:
            script.execute(connection, one.statement.sql, plain=True)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with attached(connection, made.path(_BEFORE), made.path(_SIDE)):
            derived = derive(connection, migration.name, migration.checksum, done, base, read(connection))
    return tuple(sql for step in reversed(derived.steps) for sql in step.inverse)


def _lost(done: Sequence[Observation]) -> list[str]:
    """Name the tables and columns that the statements dropped, but for a table whose rows a rebuild holds."""
    gone = []
    for seen in done:
        for name, table in seen.before.tables.items():
            now = seen.after.tables.get(name)
            if now is None and table.root not in {one.root for one in seen.after.tables.values()}:
                gone += [] if f"new_{name}" in seen.after.tables else [f'table "{name}"']
    return gone


def take_back_failed(request: Request, options: RollbackOptions, target: FileTarget, began: float) -> Outcome:
    """Take back the statements that are in the file and mark Prisma's row rolled back, in one transaction.

    Raises Restored where that fails: the file is as it was, and a copy of it from before is named.
    """
    found = reached(target)
    name = found.migration.name
    verdict = Verdict.LOSSY if found.lost else Verdict.EXACT
    proof = Proof(verdict, tuple(f"{one} comes back empty" for one in found.lost))
    notes = [f"{name}: {found.said}."]
    notes += [f"{one} was dropped by Prisma and comes back empty: nothing was kept" for one in found.lost]
    notes += [f"left as it is: {line}" for line in found.differences]
    script_text = "\n".join(f"{sql};" for sql in found.inverse)
    outcome = MigrationOutcome(name, found.migration.checksum, "failed", proof=proof, script=script_text)
    result, follow = Result.REHEARSED, "safemigrate rollback --failed"
    if not options.dry_run:
        request.on_progress(Progress("rollback", name))
        _run(target, found)
        result, follow = Result.ROLLED_BACK, "safemigrate apply   # once the file is mended"
    return outcome_of(target.resolved, result, (outcome,), began, notes=notes, follow=(follow,))


def _run(target: FileTarget, found: HalfDone) -> None:
    connection = target.connection
    try:
        with foreign_keys(connection, on=False), connection.transaction():
            for sql in found.inverse:
                script.execute(connection, sql, plain=True)
            history.mark_rolled_back(connection, found.migration.name)
    except MigrationFailed as error:
        raise Restored(
            f"taking {found.migration.name} back failed and changed nothing: {error.summary}",
            error.why,
            ("safemigrate status", "safemigrate snapshot list"),
        ) from error
