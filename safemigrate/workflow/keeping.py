"""What is kept, as `status` lists it and `prune` ends it: whose, how old, and what needs it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from safemigrate.execute.runs import KeptObject
from safemigrate.model import KeptOutcome


def outcomes(
    objects: Iterable[KeptObject], retention: timedelta | None, now: datetime | None = None
) -> list[KeptOutcome]:
    """Say how old each is; what is older than `retention` and holds anything is due."""
    now = now or datetime.now(UTC)
    found = []
    for one in objects:
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
    return found


def total(found: Iterable[KeptOutcome]) -> int:
    """Return the bytes of all these; columns that lie in one table are counted once."""
    return sum({one.kept.place: one.bytes for one in found}.values())
