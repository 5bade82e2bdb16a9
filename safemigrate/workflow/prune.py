"""`safemigrate prune`: ends what is kept in the database, and says first what can no longer come back.

What a rollback still needs is emptied, not dropped: its rows are gone and its room is free, and the rollback's SQL
still runs. The run's proof says from then on that it is lossy, and why.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from safemigrate.errors import ConsentRequired, HistoryError, word
from safemigrate.model import KeptKind, KeptOutcome, Outcome, Progress, Result
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.keeping import total
from safemigrate.workflow.options import PruneOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Target, require_no_rollback_under_way, resolve

# These hold no rows of a user's: a type has none, and where a sequence stood is one number.
_STAYS = (KeptKind.TYPE, KeptKind.SEQUENCE)


def prune(request: Request, options: PruneOptions) -> Outcome:
    """End what is kept and chosen, in one transaction under Prisma's lock.

    Raises ConsentRequired where a rollback, or its undoing, still needs some of it and nobody agreed to the loss.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    retention = request.settings.retention
    with engine_of(resolved.project.provider).opened(resolved) as opened:
        target = opened.target
        require_no_rollback_under_way(target)
        chosen = _chosen(options, target, retention)
        outcome = Outcome("prune", Result.NOTHING, str(resolved.url), kept=chosen)
        if not chosen:
            return replace(outcome, seconds=time.perf_counter() - began)
        request.on_progress(Progress("prune", "counting what can no longer come back"))
        chosen = tuple(replace(one, loss=_loss(target, one)) for one in chosen)
        freed = total(chosen)
        if options.dry_run:
            return replace(
                outcome,
                result=Result.REHEARSED,
                kept=chosen,
                notes=(f"it would free {freed:,} bytes in database {resolved.url.name}",),
                seconds=time.perf_counter() - began,
            )
        losses = [one.loss for one in chosen if one.loss]
        if losses and not request.consent(resolved.url.name, losses):
            raise ConsentRequired(
                f"nobody agreed to lose what is kept in database {resolved.url.name}",
                "\n".join(losses),
                (f"{options.again} --confirm {word(resolved.url.name)}", f"{options.again} --dry-run"),
            )
        still = opened.end_kept(request, options, lambda: _among(chosen, options, target, retention))
    return replace(
        outcome,
        result=Result.PRUNED,
        kept=tuple(still),
        notes=(f"{freed:,} bytes are free again in database {resolved.url.name}",),
        next=("safemigrate status",),
        seconds=time.perf_counter() - began,
    )


def _chosen(options: PruneOptions, target: Target, retention: timedelta | None) -> tuple[KeptOutcome, ...]:
    asked = options.older_than is not None or options.migration is not None or options.returned
    if not asked and not options.orphans and retention is None:
        raise HistoryError(
            "nothing says what to prune",
            "There is no setting `retention`, and no flag was given.",
            (
                "safemigrate status   # lists what is kept",
                "safemigrate prune --older-than 30d --dry-run",
                "safemigrate prune --returned --dry-run   # what no rollback needs any more",
                "echo 'retention = \"30d\"' >> safemigrate.toml",
            ),
        )
    limit = options.older_than if asked or options.orphans else retention
    now = datetime.now(UTC)
    found = target.kept(retention, now)
    if options.migration is not None and all(one.migration != options.migration for one in found):
        names = sorted({one.migration for one in found if one.migration})
        raise HistoryError(
            f"nothing is kept for migration {options.migration}",
            f"Something is kept for {', '.join(names)}." if names else "Nothing is kept for any migration.",
            ("safemigrate status",),
        )
    chosen = []
    for one in found:
        if one.since is None:
            take = options.orphans
        else:
            take = (asked or not options.orphans) and (limit is None or now - one.since > limit)
            take &= options.migration in (None, one.migration) and (one.returned or not options.returned)
            take &= one.returned or not (one.pruned or one.kept.kind in _STAYS)
        if take:
            chosen.append(one)
    return tuple(chosen)


def _among(
    chosen: Sequence[KeptOutcome], options: PruneOptions, target: Target, retention: timedelta | None
) -> list[KeptOutcome]:
    """Return those that are still to go: a rollback may have come between."""
    now = {(one.kept, one.migration) for one in _chosen(options, target, retention)}
    return [one for one in chosen if (one.kept, one.migration) in now]


def _loss(target: Target, one: KeptOutcome) -> str:
    """Say what can no longer come back without this object; "" where nothing needs it."""
    if one.returned:
        return ""
    count = target.count_kept(one.kept.place)
    if not one.migration:
        return f"{one.kept.place}: {count:,} rows; no run knows what they are"
    unit = "values" if one.kept.kind is KeptKind.COLUMN else "rows"
    if one.kept.kind is KeptKind.LEFT:
        return f"taking back the rollback of {one.migration} cannot bring back {one.kept.subject}: {count:,} {unit}"
    return f"a rollback of {one.migration} cannot bring back {one.kept.subject}: {count:,} {unit}"
