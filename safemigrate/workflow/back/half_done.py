"""A migration that plain Prisma left half done: how far it got, and taking that part back.

Prisma 7.4 and later send a file statement by statement, so a failure leaves those before it in place. How far it got
is read from the catalog: the history is replayed in a shadow, the failed migration statement by statement, and the
target is compared with each state.
"""

from __future__ import annotations

from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import compare
from safemigrate.errors import MigrationFailed
from safemigrate.execute import journal, run
from safemigrate.model import Outcome, Progress
from safemigrate.prisma import history
from safemigrate.rollback.derive import change_of, derive
from safemigrate.shadow.rehearse import rehearse
from safemigrate.shadow.trace import Observation
from safemigrate.workflow.back import reached
from safemigrate.workflow.back.reached import HalfDone, failed
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.shadow import shadow_for
from safemigrate.workflow.on_server.verify import invalid_indexes
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.rehearsal.plan import as_written, script_of
from safemigrate.workflow.rehearsal.shadows import replayed
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved


def locate(request: Request, resolved: Resolved, target: ServerTarget, shadow: str | None) -> HalfDone:
    """Find out how far the failed migration got. Raises HistoryError where that cannot be told."""
    migration = failed(target)
    earlier = [one for one in resolved.migrations if any(one.name == applied.name for applied in target.state.applied)]
    with (
        shadow_for(request, resolved, target, shadow, [migration]) as server,
        replayed(
            server,
            earlier,
            request.on_progress,
            purpose="Without that nobody can say how far the failed migration got.",
            fix=("safemigrate snapshot list", "npx prisma migrate resolve --help"),
        ) as connection,
    ):
        request.on_progress(Progress("compare", migration.name))
        statements = script_of(migration).statements
        if not target.state.managed or not earlier:
            history.create_table(connection, resolved.url.schema)
        observations: list[Observation] = []
        for statement in statements:
            try:
                seen = rehearse(connection, migration, [statement], as_written(connection))
            except MigrationFailed:
                break  # it failed in the target too, and nothing after it ran
            observations += seen.observations
        base = observations[0].before if observations else read(connection)
    found = read(target.connection)
    owners = () if server.own else ("owner", "acl")
    states = [base, *(one.after for one in observations)]
    left = [compare(state, found, ignore=owners) for state in states]
    left = [[line for line in lines if "_prisma_migrations" not in line] for lines in left]
    # Statements that change rows alone leave no mark in the catalog: the latest state that fits is taken.
    done = min(range(len(states)), key=lambda number: (len(left[number]), -number))
    derived = derive(migration.name, migration.checksum, observations[:done], keeps=False)
    lost = tuple(
        one.address
        for seen in observations[:done]
        for one in change_of(seen).gone
        if one.kind == "table" or (one.kind == "column" and one.table in seen.after)
    )
    return HalfDone(
        migration,
        statements[:done],
        len(statements),
        derived.steps,
        lost,
        tuple(left[done]),
    )


def take_back(
    request: Request, options: RollbackOptions, resolved: Resolved, target: ServerTarget, aim: run.Target, began: float
) -> Outcome:
    """Take back the statements that are in the target and mark Prisma's row rolled back, in one transaction."""
    connection = target.connection
    found = locate(request, resolved, target, options.shadow)

    def body() -> None:
        for index in sorted(invalid_indexes(connection)):
            name = index.rpartition(".")[2]
            if name.strip('"') in found.migration.sql:
                run.execute(connection, f"DROP INDEX {index}")
        for sql in found.inverse:
            run.execute(connection, sql)
        history.mark_rolled_back(connection, resolved.url.schema, found.migration.name)

    def whole() -> None:
        with run.exclusive(connection):
            journal.prepare(connection)
            run.transaction(aim, body)

    return reached.take_back(target, options, found, began, whole)
