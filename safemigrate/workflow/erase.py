"""`safemigrate erase`: takes one row's values out of everything that is kept of a database.

A later rollback then does as if the row had been deleted since. Snapshots are whole files: those that hold the table
are named.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safemigrate.errors import ConsentRequired, HistoryError, word
from safemigrate.model import KeptKind, Outcome, Result
from safemigrate.snapshot import store
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.options import EraseOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, resolve


def erase(request: Request, options: EraseOptions) -> Outcome:
    """Delete a row's kept values wherever they are, in one transaction. Raises ConsentRequired and HistoryError."""
    began = time.perf_counter()
    resolved = resolve(request)
    with engine_of(resolved.project.provider).opened(resolved) as opened:
        table = opened.called(options.table)
        places = opened.find_kept(table, options.key)
        kept = [one.kept for one in opened.target.kept(None) if one.migration]
        if not places:
            known = sorted({one.subject for one in kept})
            raise HistoryError(
                f"nothing is kept of table {table}",
                f"Something is kept of {', '.join(known)}." if known else "Nothing is kept at all.",
                ("safemigrate status",),
            )
        said = [f"{one.what} in {one.place}: {one.rows:,} rows" for one in places if one.where]
        lost = [f"{one.what} in {one.place} cannot be searched by this key" for one in places if not one.where]
        if others := {one.subject for one in kept if one.kind in (KeptKind.TABLE, KeptKind.ROWS)} - {table}:
            listed = ", ".join(sorted(others))
            lost.append(f"rows of {listed} that point to it are kept on: erase them too, by that column")
        notes = (*said, *lost, *_snapshots(resolved, table))
        outcome = Outcome("erase", Result.NOTHING, str(resolved.url), notes=notes, seconds=time.perf_counter() - began)
        if options.dry_run or not any(one.rows for one in places):
            return replace(outcome, result=Result.REHEARSED) if options.dry_run else outcome
        if not request.consent(resolved.url.name, [f"{one}, erased for good" for one in said]):
            raise ConsentRequired(
                f"nobody agreed to erase from database {resolved.url.name}",
                "\n".join(said),
                (f"{options.again} --dry-run", f"{options.again} --confirm {word(resolved.url.name)}"),
            )
        opened.erase(request, options)
    return replace(outcome, result=Result.ERASED, seconds=time.perf_counter() - began)


def _snapshots(resolved: Resolved, table: str) -> Sequence[str]:
    plain = table.replace('"', "")
    holding = [
        one for one in store.all_in(resolved.store) if plain in {held.replace('"', "") for held in one.manifest.held}
    ]
    return [
        f"snapshot {one.id} holds rows of {table}; no single row can be taken out of it: {one.path}" for one in holding
    ]
