"""What is kept in the database, as `status` lists it and `prune` ends it: whose, how old, and what needs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from safemigrate.db.postgres import Connection
from safemigrate.execute import kept
from safemigrate.execute.runs import Run, RunState
from safemigrate.model import KeptOutcome


def kept_objects(
    connection: Connection, runs: Sequence[Run], retention: timedelta | None, now: datetime | None = None
) -> tuple[KeptOutcome, ...]:
    """Return what is kept, oldest run first, then what no run knows.

    What is older than `retention` and holds anything is due.
    """
    now = now or datetime.now(UTC)
    found = []
    for one in kept.objects(connection):
        age = now - one.since
        due = retention is not None and age > retention and not (one.pruned and not one.returned)
        found.append(
            KeptOutcome(
                one.kept,
                one.migration,
                one.since,
                one.bytes,
                one.returned,
                days=max(0, age.days),
                due=due,
                pruned=one.pruned,
            )
        )
    # What an interrupted run keeps is entered at its end.
    under_way = (RunState.RUNNING, RunState.ROLLING_BACK)
    running = [one.plan for one in runs if one.state in under_way]
    known = [each.place for plan in running for step in plan.steps for each in step.kept]
    for each in kept.orphans(connection, known):
        size = kept.size(connection, each.place)
        found.append(KeptOutcome(each, "", None, size, returned=False))
    return tuple(found)


def total(found: Sequence[KeptOutcome]) -> int:
    """Return the bytes of all these; columns that lie in one table are counted once."""
    return sum({one.kept.place: one.bytes for one in found}.values())
