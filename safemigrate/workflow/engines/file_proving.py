"""A history in files that are thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from safemigrate.db.sqlite.connection import VERSION, connect
from safemigrate.model import AppliedState, Migration, MigrationOutcome
from safemigrate.prisma import sqlite_history
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.on_file.proving import proven
from safemigrate.workflow.on_file.room import copies_in, require_free
from safemigrate.workflow.options import ProveOptions
from safemigrate.workflow.proving import Terms
from safemigrate.workflow.proving.remember import Memory
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class FileProving:
    """Where a history is proven; see `Proving`. `start` is what to begin with, None for an empty file."""

    request: Request
    history: Sequence[Migration]
    terms: Terms
    memory: Memory | None
    start: Snapshot | None
    jobs: int

    def proven(self, wanted: Sequence[int]) -> dict[int, MigrationOutcome]:
        """Prove the migrations of these numbers; several at once where no rows are to be copied for each."""
        on_progress = self.request.on_progress
        if self.start is None:
            return proven(self.history, wanted, self.terms, self.memory, on_progress, jobs=self.jobs)
        store, start = self.start.path.parent, self.start.archive
        require_free({store: 4 * start.stat().st_size}, "to prove it in copies")
        with copies_in(store) as made:
            return proven(self.history, wanted, self.terms, self.memory, on_progress, start=start, made=made)


@contextmanager
def proving(
    request: Request, options: ProveOptions, history: Sequence[Migration], snapshot: Snapshot | None
) -> Iterator[FileProving]:
    """Begin with what a snapshot holds, where one is given."""
    terms = Terms(0 if snapshot else options.rows, options.seed)
    if snapshot:
        with connect(snapshot.archive, write=False) as connection:
            rows = sqlite_history.read(connection) or ()
        applied = {row.name for row in rows if row.state is AppliedState.APPLIED}
        history = [one for one in history if one.name not in applied]
    ground = (f"SQLite {VERSION}", terms, snapshot and snapshot.manifest.sha256)
    yield FileProving(request, history, terms, Memory(*ground) if options.cache else None, snapshot, options.jobs)
