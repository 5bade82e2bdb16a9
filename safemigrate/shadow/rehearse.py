"""Running a migration in a shadow, statement by statement, and finding out which of them may share a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safemigrate.db import session
from safemigrate.db.catalog import Catalog
from safemigrate.db.postgres import Connection
from safemigrate.errors import MigrationFailed
from safemigrate.model import Migration
from safemigrate.shadow.trace import Observation, Tracer
from safemigrate.sql import Statement, refuses_transaction

# What the server says to a statement that must stand alone, or come after a COMMIT.
ALONE = (session.ACTIVE_SQL_TRANSACTION, session.INVALID_TRANSACTION_TERMINATION)

_DDL = ("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "REINDEX", "LOCK", "VACUUM", "ANALYZE")


@dataclass(frozen=True, slots=True)
class ObservedGroup:
    """Statements that committed together; `transactional` is False for one that refuses a transaction block."""

    observations: tuple[Observation, ...]
    transactional: bool


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A migration that ran to its end in a shadow."""

    migration: Migration
    groups: tuple[ObservedGroup, ...]
    before: Catalog
    after: Catalog

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Every statement's observation, in order."""
        return tuple(one for group in self.groups for one in group.observations)


def rehearse(
    connection: Connection,
    migration: Migration,
    statements: Sequence[Statement],
    execute: Callable[[int, Statement], None],
    now: Catalog | None = None,
) -> Rehearsed:
    """Run `statements` through `execute(number, statement)`, as few groups as the server allows, each observed.

    All run in one transaction, unless a COMMIT is kept, or the server refuses: a new enum value that is used before it
    is committed, a statement that stands alone, a table with checks that wait for a COMMIT which was folded. Then the
    transaction is rolled back and cut there. Raises MigrationFailed, naming the file and the line, where a statement
    fails for any other reason. `now` is the catalog as it stands, where somebody has just read it.
    """
    tracer = Tracer(connection, now)
    before = tracer.catalog
    alone = {number for number, statement in enumerate(statements) if refuses_transaction(statement)}
    apart = {number for number, statement in enumerate(statements) if statement.commit == "kept"}
    groups: list[ObservedGroup] = []
    start = 0
    end = len(statements)
    while start < len(statements):
        number = start

        def run(number: int, tracer: Tracer = tracer) -> Observation:
            statement = statements[number]
            may_write = not statement.kind.startswith(_DDL) or statement.kind.startswith("CREATE TABLE AS")
            return tracer.observe(statement, lambda: execute(number, statement), may_write=may_write)

        try:
            if start in alone:
                tracer.look()
                groups.append(ObservedGroup((run(start),), transactional=False))
                start += 1
            else:
                end = min((n for n in alone | apart if start < n < end), default=end)
                with connection.transaction():
                    tracer.look()
                    observations = []
                    for number in range(start, end):
                        observations.append(run(number))
                    session.run(connection, "RESET ROLE")  # as on the target: what follows is ours
                groups.append(ObservedGroup(tuple(observations), transactional=True))
                start = end
            end = len(statements)
        except MigrationFailed as error:
            if error.sqlstate == session.UNSAFE_NEW_ENUM_VALUE and number > start:
                end = number
            elif error.sqlstate in ALONE and number not in alone:
                alone.add(number)
            elif error.sqlstate == session.OBJECT_IN_USE and (folded := _folded(statements, start, number)):
                apart.add(folded)
            else:
                raise error.of(migration.name, migration.path) from error
            tracer = Tracer(connection)
    return Rehearsed(migration, tuple(groups), before, tracer.catalog)


def _folded(statements: Sequence[Statement], start: int, number: int) -> int:
    """The last statement behind a folded COMMIT, up to `number` in a transaction that `start` begins; 0 for none."""
    return max((n for n in range(start + 1, number + 1) if statements[n].commit == "folded"), default=0)
