"""A history in files that are thrown away: one in which it runs, and copies of it to prove each migration in."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from safemigrate.db.sqlite.catalog import Catalog, fold, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, quote
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.written import writes
from safemigrate.errors import MigrationFailed, NotSql
from safemigrate.lint import lint
from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress
from safemigrate.rollback import down
from safemigrate.shadow.sqlite.copies import Copies, copies
from safemigrate.shadow.sqlite.rehearse import run_whole
from safemigrate.shadow.sqlite.same_end import same_end
from safemigrate.sql import Statement, executable, statements_of
from safemigrate.workflow.on_file.facts import described
from safemigrate.workflow.on_file.judge import judged
from safemigrate.workflow.on_file.sampled import Sampled
from safemigrate.workflow.on_file.trial import Trial, tried
from safemigrate.workflow.proving import BROKEN, PROVEN, UNCHANGED, Terms
from safemigrate.workflow.proving.processes import Proven, at_once, cores, parts
from safemigrate.workflow.proving.remember import Memory, recalled

_BASE, _BEFORE, _AFTER, _SIDE = "base", "before", "after", "side"
_WORTH_IT = 12  # migrations for each process: it takes the time of some five to start
# A history has no file; where it is applied the way back names that.
_BY_HAND = down.of_file(Path("dev.db"), Path(".safemigrate/kept/dev.db"), Path())
_NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)  # what time it is for every migration, so that a proof is the same again


def proven(
    history: Sequence[Migration],
    wanted: Sequence[int],
    terms: Terms,
    memory: Memory | None,
    on_progress: OnProgress,
    *,
    start: Path | None = None,
    at: int = 0,
    made: Copies | None = None,
    jobs: int = 1,
) -> dict[int, MigrationOutcome]:
    """Prove the migrations of these numbers, each on what all before it made, rows of their own included.

    `start` is a file to begin with, where it is not an empty one; the first `at` of the history have run there. `made`
    is where copies of it go. A long part of a history is proven by so many processes as `jobs` says, 0 for one a core.
    """

    def prove(missing: Sequence[int]) -> Generator[Proven]:
        shared = parts(missing, max(1, min(jobs or cores(), len(missing) // _WORTH_IT)))
        if len(shared) < 2:
            yield from run_lane(history, missing, terms, start, at, made)
            return
        with nullcontext(made) if made else copies() as home:
            calls = [
                (history, part, terms, start, at, home.inside(f"lane_{number}")) for number, part in enumerate(shared)
            ]
            yield from at_once(run_lane, calls)

    return recalled(history, wanted, memory, on_progress, prove)


def run_lane(
    history: Sequence[Migration],
    wanted: Sequence[int],
    terms: Terms,
    start: Path | None,
    at: int = 0,
    made: Copies | None = None,
) -> Generator[Proven]:
    """Prove the migrations of these numbers, and return each as soon as it is."""
    with ExitStack() as stack:
        made = made or stack.enter_context(copies())
        if start:
            backup(start, made.path(_BASE))
        lane = Lane(made, stack.enter_context(made.opened(_BASE)), history, at)
        for number in wanted:
            lane.advance(number)
            yield number, lane.prove_next(terms)


class Lane:
    """A file in which migrations run one after another, without rows of our making.

    One that does not run is passed over.
    """

    def __init__(self, made: Copies, base: Connection, history: Sequence[Migration], at: int = 0) -> None:
        self._copies = made
        self._base = base
        self._history = history
        self._at = at
        self._failed: list[str] = []
        self._catalog: Catalog | None = None
        self._indexes: set[str] = set()  # that migrations made

    def advance(self, to: int) -> None:
        """Run every migration before number `to`."""
        while self._at < to:
            migration = self._history[self._at]
            try:
                run_whole(self._base, migration, _statements(migration))
            except (MigrationFailed, NotSql):
                self._failed.append(migration.name)
            self._at += 1
            self._catalog = None

    def prove_next(self, terms: Terms) -> MigrationOutcome:
        """Run the next migration, and prove it in copies of the file before it."""
        migration = self._history[self._at]
        self._copies.copy(_BASE, _BEFORE)
        findings: tuple[Finding, ...] = ()
        try:
            statements = _statements(migration)
            before = self._catalog or read(self._base)
            findings = tuple(lint(migration, statements, described(before), ()))
            self._indexes |= set(before.indexes)
            with writes(self._base) as written:
                run_whole(self._base, migration, statements)
            self._catalog = read(self._base)
            touched = _touched(before, migration, {table for _, table in written})
            found = self._tried(migration, statements, findings, Sampled(before, touched, statements, terms))
        except (MigrationFailed, NotSql) as error:
            self._failed.append(migration.name)
            said = [f"{error.summary}: {error.why}"]
            if earlier := self._failed[:-1]:
                said.append(f"before it, this does not run either: {', '.join(earlier)}")
            found = MigrationOutcome(migration.name, migration.checksum, BROKEN, findings, detail="\n".join(said))
        self._at += 1
        return found

    def _tried(
        self, migration: Migration, statements: Sequence[Statement], findings: Sequence[Finding], rows: Sampled
    ) -> MigrationOutcome:
        began = time.perf_counter()
        while True:
            before = self._copies.copy(_BEFORE, "sampled")
            with self._copies.opened("sampled") as connection:
                rows.put(connection)
            self._copies.copy("sampled", _AFTER)
            side = self._copies.path(_SIDE)
            side.unlink(missing_ok=True)
            try:
                with self._copies.opened(_AFTER) as connection:
                    found = tried(connection, migration, statements, before, side, _NOON, self._indexes)
                    elsewhere = same_end(connection, found.seen, statements, before, self._copies)
            except MigrationFailed as error:
                if not rows.make_way(error):
                    raise
            else:
                told = judged(findings, found, before, side, own=False)
                return _outcome(found, told, elsewhere, rows.said, time.perf_counter() - began)


def _outcome(
    found: Trial, findings: Sequence[Finding], elsewhere: Sequence[str], said: str, seconds: float
) -> MigrationOutcome:
    """What came of a trial."""
    seen, migration = found.seen, found.seen.migration
    told = [said] if said else []
    if elsewhere:
        told.append(f"Prisma, statement by statement, ends otherwise: {'; '.join(elsewhere)}")
    changed = any(one.changed for one in seen.observations) or bool(compare(seen.before, seen.after))
    if not changed and (aimed := sorted(map(quote, seen.written))):
        told.append(f"it writes to {', '.join(aimed)}, and no row there is one that it changes")
    traces = tuple(one.trace for one in seen.observations)
    return MigrationOutcome(
        migration.name,
        migration.checksum,
        PROVEN if changed else UNCHANGED,
        tuple(findings),
        traces,
        transactions=(len(traces),),
        proof=replace(found.plan.proof, seconds=seconds),
        script=down.render(found.plan, _BY_HAND) if changed else "",
        detail="\n".join(told),
    )


def _statements(migration: Migration) -> list[Statement]:
    """The statements of a file that may run whole. Raises MigrationFailed and NotSql for another."""
    statements = statements_of(migration, "sqlite")
    executable(migration, statements)
    return statements


def _touched(before: Catalog, migration: Migration, written: set[str]) -> set[str]:
    """The tables from before it that a migration writes, changes, or names: what it reads decides what it writes."""
    named = set(re.findall(r"\w+", fold(migration.sql))) | {fold(name) for name in written}
    return {name for name in before.tables if fold(name) in named}
