"""What is kept in the schema safemigrate of a server's database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from safemigrate.db.postgres import Connection
from safemigrate.execute import kept
from safemigrate.execute.runs import Run, RunState
from safemigrate.model import KeptOutcome
from safemigrate.workflow.keeping import outcomes


def kept_objects(
    connection: Connection, runs: Sequence[Run], retention: timedelta | None, now: datetime | None = None
) -> tuple[KeptOutcome, ...]:
    """Return what is kept, oldest run first, then what no run knows.

    What is older than `retention` and holds anything is due.
    """
    found = outcomes(kept.objects(connection), retention, now)
    # What an interrupted run keeps is entered at its end.
    under_way = (RunState.RUNNING, RunState.ROLLING_BACK)
    running = [one.plan for one in runs if one.state in under_way]
    known = [each.place for plan in running for each in plan.kept]
    for each in kept.orphans(connection, known):
        size = kept.size(connection, each.place)
        found.append(KeptOutcome(each, "", None, size, returned=False))
    return tuple(found)
