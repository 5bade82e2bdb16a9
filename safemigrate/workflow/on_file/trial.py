"""One migration in a copy of a file: run, what it would lose kept beside it, its way back derived and proven."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.connection import Connection, connect, run
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.foreign_keys import foreign_keys
from safemigrate.db.sqlite.standstill import standstill
from safemigrate.db.sqlite.written import touched
from safemigrate.execute.sqlite import put_back
from safemigrate.model import Group, Migration, Plan, Proof, Step, Verdict
from safemigrate.rollback.sqlite.derive import SETTING, derive
from safemigrate.rollback.sqlite.prove import prove, prove_own
from safemigrate.shadow.sqlite.rehearse import Rehearsed, rehearse, whole
from safemigrate.sql import Statement

OWN = ".own"  # of the copy in which a team's own down.sql is tried


@dataclass(frozen=True, slots=True)
class Trial:
    """A migration that ran in a copy: `seen` as written, `after` with what was `lost` put back; its proven plan.

    `moment` is the time that it was, and is to be again in the file itself.
    """

    seen: Rehearsed
    after: Catalog
    lost: put_back.Lost
    plan: Plan
    moment: datetime

    @property
    def touched(self) -> set[str]:
        """The tables, by their names before and after, whose rows may be others than before."""
        return touched(self.seen.before, self.after, self.seen.written)


def tried(
    connection: Connection,
    migration: Migration,
    statements: Sequence[Statement],
    before: Path,
    side: Path,
    moment: datetime,
    known_indexes: Collection[str] = (),
    made_later: Collection[tuple[str, str]] = (),
    *,
    down: str = "",
    whole: bool = False,
) -> Trial:
    """Run a migration in the file of `connection`, a copy of `before`, which nobody writes to.

    What it would lose is kept in the file `side`. `down` is the team's own way back, proven beside ours. With `whole`
    nothing is put back behind the statements. The copy is left as the migration left it. Raises MigrationFailed where
    it does not run.
    """
    with attached(connection, before, side):
        with standstill(connection, moment, migration.checksum):
            seen = rehearse(connection, migration, statements)
        ran = [one.statement.sql for one in seen.observations]
        found = put_back.Lost() if whole else put_back.lost(seen.before, seen.after, ran, known_indexes, made_later)
        found = put_back.tried(connection, found, seen.before, seen.after)
        with foreign_keys(connection, on=False), connection.transaction():
            for sql in found.sql:
                script.execute(connection, sql)
        after = read(connection)
        derived = derive(connection, migration.name, migration.checksum, seen.observations, seen.before, after)
        plan = Plan(
            migration.name,
            migration.checksum,
            (Group(with_last(derived.steps, found.sql)),),
            Proof(Verdict.IMPOSSIBLE, ("not proven yet",)),
            tuple(one.trace for one in seen.observations),
        )
        if down:
            backup(connection, connection.path.with_suffix(OWN))
        plan = prove(
            connection,
            plan,
            seen.before,
            after,
            forward=lambda: forward(connection, plan, moment, on=seen.foreign_keys),
            reasons=derived.reasons,
            written=seen.written,
        )
    if down:
        with connect(connection.path.with_suffix(OWN)) as copy, attached(copy, before, side):
            plan = prove_own(
                copy,
                plan,
                down,
                seen.before,
                after,
                forward=lambda: forward(copy, plan, moment, on=seen.foreign_keys),
                reasons=derived.reasons,
            )
    return Trial(seen, after, found, plan, moment)


def with_last(steps: tuple[Step, ...], after: tuple[str, ...]) -> tuple[Step, ...]:
    """Run these statements behind the last step."""
    return (*steps[:-1], replace(steps[-1], after=(*steps[-1].after, *after))) if after else steps


def forward(connection: Connection, plan: Plan, moment: datetime, *, on: bool) -> None:
    """Run a plan, in one transaction, with foreign keys `on` or not. Raises MigrationFailed."""
    statements = [(sql, step.line) for step in plan.steps for sql in (*step.before, *step.run, *step.after)]
    with standstill(connection, moment, plan.checksum), whole(connection, [sql for sql, _ in statements], on=on):
        for sql, line in statements:
            script.execute(connection, sql, line)


@contextmanager
def attached(connection: Connection, before: Path, side: Path) -> Iterator[None]:
    """Let SQL say `before.` and `safemigrate.`, which is written to and lasts no longer than the copy."""
    connection.attach(before, "before")
    try:
        connection.attach(side, "safemigrate", write=True, create=True)
        run(connection, "PRAGMA safemigrate.synchronous = OFF")  # it is a copy, too
        run(connection, SETTING)  # the way back of what kept nothing asks for it too
        try:
            yield
        finally:
            connection.detach("safemigrate")
    finally:
        connection.detach("before")
