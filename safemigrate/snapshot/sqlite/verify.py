"""Knowing that a snapshot of a SQLite file restores: it is the file that was written, and it is in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.db.sqlite.connection import VERSION, connect
from safemigrate.db.sqlite.copy import damage
from safemigrate.errors import SnapshotError
from safemigrate.model import counted
from safemigrate.snapshot.sqlite import facts
from safemigrate.snapshot.sqlite.take import ARCHIVE

if TYPE_CHECKING:
    from pathlib import Path

    from safemigrate.snapshot.store import Snapshot


def verify(snapshot: Snapshot, *, deep: bool = False) -> None:
    """Check size, sha256 and every page; `deep` also compares every index and every count with the manifest.

    Raises SnapshotError that says which promise is broken. A deep check that held is recorded beside the manifest.
    """
    require_file(snapshot)
    snapshot.require_intact()
    with connect(snapshot.archive, write=False) as connection:
        found = damage(connection, quick=not deep)
    if found:
        raise SnapshotError(
            f"snapshot {snapshot.id} cannot be read",
            "\n".join(found),
            ("safemigrate snapshot list   # others", "safemigrate snapshot create"),
        )
    if deep:
        compare(snapshot, snapshot.archive)


def compare(snapshot: Snapshot, restored: Path) -> None:
    """Compare a restored file with the manifest: tables, rows, counters; record that it held.

    To be called before anything else is done there. Raises SnapshotError with every difference.
    """
    manifest = snapshot.manifest
    expected = {table.name: table.rows for table in manifest.tables}
    with connect(restored, write=False) as connection:
        found, counters = facts.counts(connection), facts.counters(connection)
    said = [f"table {name} is missing" for name in expected.keys() - found.keys()]
    said += [f"table {name} was not in the snapshot" for name in found.keys() - expected.keys()]
    for name, count in found.items():
        if name in expected and count != expected[name]:
            said.append(counted(f"table {name} has {{count}} {{row|rows}} instead of {expected[name]:,}", count))
    for name, last in manifest.sequences.items():
        if counters.get(name) != last:
            said.append(f"the counter of {name} stands at {counters.get(name)} instead of {last}")
    if said:
        raise SnapshotError(
            f"snapshot {snapshot.id} does not restore to what it was taken of",
            "\n".join(sorted(said)[:20]),
            ("safemigrate snapshot list   # others", "safemigrate snapshot create"),
        )
    snapshot.mark_verified(f"SQLite {VERSION}")


def require_file(snapshot: Snapshot) -> None:
    """Raise SnapshotError for a snapshot of another kind of database."""
    if snapshot.manifest.archive != ARCHIVE:
        raise SnapshotError(
            f"snapshot {snapshot.id} is of {snapshot.manifest.database}, which is no SQLite file",
            fix=("safemigrate snapshot list",),
        )
