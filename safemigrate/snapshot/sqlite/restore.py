"""Restoring a snapshot of a SQLite file: as a new file, or in the place of what a file holds, which is kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from safemigrate.db.sqlite import copy
from safemigrate.db.sqlite.connection import SECONDS_TO_WAIT, connect, run
from safemigrate.errors import SnapshotError, word
from safemigrate.model import OnProgress, silent
from safemigrate.snapshot.sqlite import facts
from safemigrate.snapshot.sqlite.verify import require_file

if TYPE_CHECKING:
    from pathlib import Path

    from safemigrate.snapshot.store import Snapshot


def restore(
    snapshot: Snapshot,
    into: Path,
    *,
    over_live: bool = False,
    timeout: float = SECONDS_TO_WAIT,
    on_progress: OnProgress = silent,
) -> tuple[str, ...]:
    """Restore into a file, which is made if it is missing and must be empty; return what there is to say of it.

    `over_live` allows one that holds something: that is copied beside it, and gives way in one transaction of the same
    file, so that nobody who has it open is left with another one; a kill leaves it as it was. In both cases whoever is
    in the middle of a transaction is not disturbed: then ConnectionFailed says who. Raises SnapshotError.
    """
    require_file(snapshot)
    into = into.resolve()
    if not into.exists():
        copy.backup(snapshot.archive, into, on_progress)
        with connect(into) as connection:
            run(connection, f"PRAGMA journal_mode = {snapshot.manifest.journal_mode or 'delete'}")
        into.chmod(0o666 & ~_mask())
        return ()
    with connect(into, timeout=timeout) as connection:
        holds = facts.holds_something(connection)
    if holds and not over_live:
        beside = into.with_name(f"{into.stem}_restored{into.suffix}")
        raise SnapshotError(
            f"{into} is not empty",
            "A restore would mix what is there with the snapshot. Nothing was changed.",
            (f"safemigrate snapshot restore {snapshot.id} --into {word(f'file:{beside}')}",),
        )
    kept = into.with_name(f"{into.stem}_before_{datetime.now(UTC):%Y%m%dT%H%M%S}{into.suffix}") if holds else None
    copy.overwrite(into, snapshot.archive, kept, timeout=timeout, on_progress=on_progress)
    return (f"the database as it was is kept as {kept}",) if kept else ()


def _mask() -> int:
    """Return what the user wants new files not to allow."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
