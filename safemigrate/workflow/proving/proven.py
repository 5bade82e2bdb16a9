"""Proofs of a history, those that nobody remembers made anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing

from safemigrate.model import Migration, MigrationOutcome, OnProgress, Progress
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.proving import Terms
from safemigrate.workflow.proving.lanes import run_lanes
from safemigrate.workflow.proving.remember import Memory, keys


def proven(
    shadow: Shadow,
    history: Sequence[Migration],
    wanted: Sequence[int],
    terms: Terms,
    memory: Memory | None,
    on_progress: OnProgress,
    *,
    jobs: int = 0,
    at: int = 0,
    spend: bool = False,
) -> dict[int, MigrationOutcome]:
    """Prove the migrations of these numbers, one process a core unless `jobs` says; `run_lanes` knows `at` and `spend`.

    Also of a run that is interrupted, what it proved is remembered.
    """
    key = keys(history)
    known = {number: memory.get(key[number]) for number in wanted} if memory else {}
    found = {number: outcome for number, outcome in known.items() if outcome}
    missing = [number for number in wanted if number not in found]
    total, before = len(wanted), len(found)
    on_progress(Progress("prove", f"{before} of {total} known from before", before, total))
    try:
        with closing(run_lanes(shadow, history, missing, terms, jobs or _cores(), at=at, spend=spend)) as lanes:
            for number, outcome in lanes:
                found[number] = outcome
                if memory:
                    memory.put(key[number], outcome)
                on_progress(Progress("prove", outcome.name, len(found), total))
    finally:
        if missing and memory:
            memory.save()
    on_progress(Progress("prove", f"{total} migrations, {before} known from before", total, total))
    return found


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
