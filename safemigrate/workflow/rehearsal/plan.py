"""A migration's plan: derived from what a shadow saw of it, and run in a shadow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace

from safemigrate.db.postgres import Connection
from safemigrate.execute import run
from safemigrate.model import Group, Migration, Plan, Proof, Step, Verdict
from safemigrate.rollback.derive import derive
from safemigrate.shadow.rehearse import Rehearsed
from safemigrate.sql import Statement, executable, statements_of
from safemigrate.workflow.rehearsal.scope import oids
from safemigrate.workflow.script import Script


def script_of(migration: Migration) -> Script:
    """Read a migration. Raises NotSql, and MigrationFailed for what cannot run whole."""
    return Script(migration, tuple(executable(migration, statements_of(migration))))


def plan_of(script: Script, rehearsed: Rehearsed, written: Mapping[int, set[str]]) -> tuple[Plan, tuple[str, ...]]:
    """Derive the plan of a migration, not proven yet, and what is known beforehand not to come back.

    `written` names the tables that each statement, by number, was seen to write at any time.
    """
    observations = [
        replace(one, written=one.written | oids(one.before, written.get(number, set())))
        for number, one in enumerate(rehearsed.observations)
    ]
    derived = derive(script.migration.name, script.migration.checksum, observations)
    groups, first = [], 0
    for group in rehearsed.groups:
        size = len(group.observations)
        groups.append(Group(derived.steps[first : first + size], group.transactional))
        first += size
    plan = Plan(
        script.migration.name,
        script.migration.checksum,
        tuple(groups) or (Group(()),),
        Proof(Verdict.IMPOSSIBLE, ("not proven yet",)),
        tuple(one.trace for one in rehearsed.observations),
        down=script.down,
    )
    return plan, derived.reasons


def forward(connection: Connection, plan: Plan) -> None:
    """Run a plan, group by group, as it will run on the target. Raises MigrationFailed."""
    for group in plan.groups:
        with connection.transaction() if group.transactional else nullcontext():
            for step in group.steps:
                run.run_step(connection, step)


def as_written(connection: Connection) -> Callable[[int, Statement], None]:
    """Run statements as they stand in the file, without a plan; raises MigrationFailed with their line."""

    def execute(_number: int, statement: Statement) -> None:
        run.execute(connection, statement.sql, Step(statement.sql, statement.span.line, (statement.sql,)))

    return execute
