"""`safemigrate snapshot prune`: old snapshots go; the newest verified one stays, and what a rollback may need."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConsentRequired, SafemigrateError, SnapshotError, word
from safemigrate.execute.runs import RunState
from safemigrate.model import Outcome, Result, Verdict
from safemigrate.snapshot import store
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.options import in_hours, said
from safemigrate.workflow.request import Request
from safemigrate.workflow.snapshot import described, store_of
from safemigrate.workflow.target import resolve


@dataclass(frozen=True, slots=True)
class SnapshotPruneOptions:
    """The flags of `snapshot prune`: both must be true of a snapshot that goes. `keep` counts from the newest."""

    older_than: timedelta | None = None
    keep: int | None = None
    dry_run: bool = False

    @property
    def again(self) -> str:
        """The command that asks for the same again."""
        return said("safemigrate snapshot prune", [("--older-than", in_hours(self.older_than)), ("--keep", self.keep)])


def prune(request: Request, options: SnapshotPruneOptions) -> Outcome:
    """Delete the chosen snapshots. Raises ConsentRequired where nobody agreed to lose what they hold."""
    began = time.perf_counter()
    found = store.all_in(store_of(request))
    limit = options.older_than or (request.settings.retention if options.keep is None else None)
    if limit is None and options.keep is None:
        raise SnapshotError(
            "nothing says which snapshots to prune",
            "There is no setting `retention`, and no flag was given.",
            ("safemigrate snapshot prune --keep 5 --dry-run", "safemigrate snapshot prune --older-than 30d --dry-run"),
        )
    now = datetime.now(UTC)
    chosen = [
        one
        for number, one in enumerate(found)
        if number >= (options.keep or 0) and (limit is None or now - one.manifest.taken_at > limit)
    ]
    needed, notes = _needed(request)
    if verified := next((one for one in found if one.verified), None):
        needed[verified.id] = "it is the newest that was restored once and found equal"
    notes += [f"{one.id} stays: {needed[one.id]}" for one in chosen if one.id in needed]
    chosen = [one for one in chosen if one.id not in needed]
    result = Result.REHEARSED if options.dry_run else Result.PRUNED
    if chosen and not options.dry_run:
        _agree(request, options, chosen)
        for one in chosen:
            store.remove(one)
    return Outcome(
        "snapshot prune",
        result if chosen else Result.NOTHING,
        snapshots=tuple(described(one) for one in chosen),
        notes=tuple(notes),
        next=("safemigrate snapshot list",),
        seconds=time.perf_counter() - began,
    )


def _needed(request: Request) -> tuple[dict[str, str], list[str]]:
    """Return the snapshots that have what a rollback cannot bring back, as the database's journal says."""
    try:
        resolved = resolve(request)
        with engine_of(resolved.project.provider).opened(resolved) as opened:
            runs = [one for one in opened.target.runs if one.state is RunState.APPLIED]
    except SafemigrateError as error:
        return {}, [f"whether a rollback needs one could not be asked: {error.summary}"]
    lossy = [one for one in runs if one.plan.proof.verdict is not Verdict.EXACT]
    return {one.snapshot: f"the rollback of {one.migration} is {one.plan.proof.verdict}" for one in lossy}, []


def _agree(request: Request, options: SnapshotPruneOptions, chosen: list[Snapshot]) -> None:
    losses = [
        f"snapshot {one.id}: the rows of {len(one.manifest.held):,} tables as they stood "
        f"{one.manifest.taken_at:%Y-%m-%d %H:%M} UTC in {one.manifest.database}"
        for one in chosen
    ]
    database = DatabaseUrl.parse(chosen[0].manifest.database).name
    if not request.consent(database, losses):
        raise ConsentRequired(
            f"nobody agreed to lose snapshots of database {database}",
            "\n".join(losses),
            (f"{options.again} --confirm {word(database)}", f"{options.again} --dry-run"),
        )
