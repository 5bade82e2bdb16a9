"""There and back in a file: proven, written to, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.foreign_keys import added, foreign_keys, violations
from safemigrate.db.sqlite.rows import differences
from safemigrate.db.sqlite.script import execute
from safemigrate.errors import MigrationFailed
from safemigrate.model import Group, Migration, Plan, Proof, Verdict
from safemigrate.rollback.in_the_way import in_the_way
from safemigrate.rollback.sqlite.dangling import dangling
from safemigrate.rollback.sqlite.derive import derive, key_of
from safemigrate.rollback.sqlite.lineage import Lineage, lineage
from safemigrate.rollback.sqlite.prove import prove
from safemigrate.rollback.sqlite.there import there
from safemigrate.shadow.sqlite.rehearse import rehearse
from safemigrate.sql import split


@dataclass
class Journey:
    """A file after its migration, with its plan; `before` and `safemigrate` are attached."""

    connection: Connection
    plan: Plan
    descent: Lineage

    @property
    def verdict(self) -> Verdict:
        return self.plan.proof.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.plan.proof.reasons

    def write(self, sql: str) -> None:
        script(self.connection, sql)

    def back(self) -> None:
        take_back(self.connection, self.plan)

    def unlike(self, folder: Path, then: str) -> list[str]:
        """Say how the file differs from what it would be had there been no migration."""
        backup(folder / "before.db", folder / "twin.db")
        with connect(folder / "twin.db") as twin:
            script(twin, then)
            expected = read(twin)
        self.connection.attach(folder / "twin.db", "twin")
        found = [*compare(expected, read(self.connection)), *differences(self.connection, "twin", "main")]
        self.connection.detach("twin")
        return found


def take_back(connection: Connection, plan: Plan) -> None:
    """Run the way back in one transaction. Raises MigrationFailed, and nothing has changed."""
    with foreign_keys(connection, on=False), connection.transaction():
        found = in_the_way(plan, there(read(connection)))
        assert not found, found
        known = violations(connection) | dangling(connection, key_of(plan.migration, plan.checksum))
        for step in reversed(plan.steps):
            for sql in step.inverse:
                execute(connection, sql, plain=True)
        if new := added(known, violations(connection)):
            raise MigrationFailed(f"rows point nowhere: {dict(new)}")


def script(connection: Connection, sql: str) -> None:
    for statement in split(sql, dialect="sqlite"):
        connection.execute(statement.sql).fetchall()


@contextmanager
def journey(
    folder: Path, before: str | Callable[[Connection], None], sql: str, *, only_written: bool = False
) -> Iterator[Journey]:
    """Make a file, migrate it, and prove the way back."""
    with connect(folder / "dev.db", create=True) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA foreign_keys = OFF")
        if isinstance(before, str):
            script(connection, before)
        else:
            before(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        backup(connection, folder / "before.db")
        connection.attach(folder / "before.db", "before")
        connection.attach(folder / "kept.db", "safemigrate", create=True, write=True)
        written = Migration("1_change", folder / "migration.sql", sql, "0")
        statements = split(sql, dialect="sqlite")

        def forward() -> None:
            rehearse(connection, written, statements)

        seen = rehearse(connection, written, statements)
        derived = derive(connection, "1_change", "0", seen.observations, seen.before, seen.after)
        plan = Plan("1_change", "0", (Group(derived.steps),), Proof(Verdict.IMPOSSIBLE))
        plan = prove(
            connection,
            plan,
            seen.before,
            seen.after,
            forward=forward,
            reasons=derived.reasons,
            written=seen.written if only_written else None,
        )
        yield Journey(connection, plan, lineage(seen.before, seen.after, seen.observations))
