"""What a rollback cannot bring back as it was, asked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.errors import RollbackError
from safemigrate.execute import journal
from safemigrate.model import Conflict, Plan


def find(connection: Connection, plan: Plan, fill: Mapping[str, str]) -> list[Conflict]:
    """Ask the plan's questions; a question about something that is gone has no answer and no conflict.

    They are about the plan's own inverse: of a team's own down.sql nobody knows which rows it cannot take.
    """
    found: list[Conflict] = []
    if plan.down:
        return found
    for step in reversed(plan.steps):
        for check in step.checks:
            if check.setting and check.subject in fill:
                continue
            count = session.value(connection, check.count)
            if not count:
                continue
            sample = tuple(str(row[0]) for row in session.rows(connection, check.sample)) if check.sample else ()
            message = check.message.replace("{count}", f"{count:,}")
            found.append(Conflict(plan.migration, check.subject, message, count, sample, check.choices))
    return found


def going(connection: Connection, plan: Plan, unit: str = "") -> list[str]:
    """Say what was written since into things that the rollback drops; of one `unit`, where that is given."""
    found = []
    for parting in (parting for step in reversed(plan.steps) for parting in step.partings):
        if not parting.unit or (unit and parting.unit != unit):
            continue
        try:
            count = session.value(connection, parting.count)
        except session.SqlError:  # about something that only an earlier step of the rollback brings back
            continue
        if count:
            found.append(f"{parting.subject} goes with its {count:,} {parting.unit} of today; they would be kept")
    return found


def fill_is_asked_for(fill: Mapping[str, str], chosen: Sequence[journal.Run], flags: str) -> None:
    """Refuse a --fill that no column takes: it is a typing error, and the rollback would go on without it."""
    checks = [check for one in chosen for step in one.plan.steps for check in step.checks if check.setting]
    columns = list(dict.fromkeys(check.subject for check in checks))
    unknown = [each for each in fill if each not in columns]
    if unknown:
        raise RollbackError(
            f"--fill names {', '.join(unknown)}, which takes no value in this rollback",
            f"Nothing was changed. Columns that take one: {', '.join(columns) or 'none'}.",
            (f"safemigrate rollback --dry-run{flags}",),
        )
