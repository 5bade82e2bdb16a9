"""What something else changed since apply, where the way back needs it as it was: asked before anything changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from safemigrate.model import Conflict, OnConflict, Plan, counted
from safemigrate.rollback.in_the_way import Obstacle, There, in_the_way, without
from safemigrate.workflow.back.conflicts import Questions
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.target import Target


def drifted(target: Target, plan: Plan) -> bool:
    """Whether the schema is another than the migration left."""
    runs = [one for one in target.runs if one.migration == plan.migration]
    return bool(runs) and target.fingerprint != runs[-1].fingerprint_after


def cleared(
    ask: Questions, plan: Plan, there: There, options: RollbackOptions, notes: list[str]
) -> tuple[Plan, list[Conflict]]:
    """Return the plan without what is about things that are gone, where the user chose that; else what stands there."""
    found = in_the_way(plan, there)
    free = all(one.optional for one in found)
    if free and options.on_conflict is OnConflict.KEEP_NEW:
        notes += (f"left out, for {_what(one)} {one.why}: {' '.join(one.sql.split())[:100]}" for one in found)
        return without(plan, found), []
    same: dict[tuple[str, str], list[Obstacle]] = {}
    for one in found:
        same.setdefault((_what(one), one.why), []).append(one)
    return plan, [_conflict(ask, plan, options, ones, free=free) for ones in same.values()]


def _what(one: Obstacle) -> str:
    return f"{one.kind} {one.name}"


def _conflict(
    ask: Questions, plan: Plan, options: RollbackOptions, ones: Sequence[Obstacle], *, free: bool
) -> Conflict:
    first, optional = ones[0], all(one.optional for one in ones)
    left_out = counted("{count} {statement|statements} of the rollback {is|are} left out", len(ones))
    return Conflict(
        plan.migration,
        _what(first),
        first.why,
        0,
        choices=tuple(_choices(ask, options, first, free=free)),
        keep_new=left_out if optional else "",
    )


def _choices(ask: Questions, options: RollbackOptions, one: Obstacle, *, free: bool) -> Iterator[str]:
    for sql in one.commands:
        command, _, why = sql.partition("   -- ")
        yield ask.showing(command) + (f"   # {why}" if why else "")
    if free and options.on_conflict is not OnConflict.KEEP_NEW:
        yield f"{replace(options, on_conflict=OnConflict.STOP).again} --on-conflict keep-new"
