"""What is kept, as `status` lists it and `prune` ends it: whose, how old, and what needs it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from safemigrate.execute.runs import KeptObject
from safemigrate.model import KeptKind, KeptOutcome


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


def needed(chosen: Iterable[KeptOutcome]) -> list[KeptOutcome]:
    """Return what the SQL of a rollback still names."""
    return [one for one in chosen if one.migration and not one.returned and one.kept.kind is not KeptKind.LEFT]


def reasons(used: Iterable[KeptOutcome], now: datetime | None = None) -> dict[str, list[str]]:
    """Say, by migration, what its rollback can no longer bring back once these are empty."""
    today = f"{now or datetime.now(UTC):%Y-%m-%d}"
    found: dict[str, list[str]] = {}
    for one in used:
        found.setdefault(one.migration, []).append(f"{one.loss.partition('bring back ')[2]}, pruned {today}")
    return found
