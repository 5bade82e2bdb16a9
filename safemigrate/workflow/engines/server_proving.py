"""A history in databases of a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import AppliedState, Migration, MigrationOutcome, Progress
from safemigrate.prisma import history as prisma_history
from safemigrate.shadow.provider import Shadow, shadow_server
from safemigrate.snapshot.restore import restore
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.on_server.shadow import origin
from safemigrate.workflow.options import ProveOptions
from safemigrate.workflow.proving import BEGIN, Terms
from safemigrate.workflow.proving.proven import proven
from safemigrate.workflow.proving.remember import Memory
from safemigrate.workflow.rehearsal.shadows import ensure_schema
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class ServerProving:
    """A shadow in which a history is proven; see `Proving`."""

    request: Request
    options: ProveOptions
    history: Sequence[Migration]
    shadow: Shadow
    terms: Terms
    memory: Memory | None

    def proven(self, wanted: Sequence[int]) -> dict[int, MigrationOutcome]:
        """Prove the migrations of these numbers, several at once."""
        on_progress, jobs = self.request.on_progress, self.options.jobs
        return proven(self.shadow, self.history, wanted, self.terms, self.memory, on_progress, jobs=jobs)


@contextmanager
def proving(
    request: Request, options: ProveOptions, history: Sequence[Migration], snapshot: Snapshot | None
) -> Iterator[ServerProving]:
    """Start a shadow, with what a snapshot holds where one is given. Raises ShadowError."""
    terms = Terms(0 if snapshot else options.rows, options.seed)
    with shadow_server(
        options.shadow,
        target_server=origin(snapshot) if snapshot else None,
        target_url=None,
        roles=snapshot.manifest.roles if snapshot else (),
        on_progress=request.on_progress,
    ) as shadow:
        begin = shadow.create(BEGIN)
        if snapshot:
            request.on_progress(Progress("restore", f"snapshot {snapshot.id} into the shadow"))
            restore(snapshot, begin, shadow=True)
            applied = _applied(begin)
            history = [one for one in history if one.name not in applied]
        ensure_schema(begin)
        ground = (shadow.describe, terms, snapshot and snapshot.manifest.sha256)
        yield ServerProving(request, options, history, shadow, terms, Memory(*ground) if options.cache else None)


def _applied(url: DatabaseUrl) -> set[str]:
    with connect(url) as connection:
        rows = prisma_history.read(connection, url.schema) or ()
    return {row.name for row in rows if row.state is AppliedState.APPLIED}
