"""Knowing that a snapshot restores: three promises of rising price.

Size and sha256 say that the file is the one that was written; reading it through, that it can be unpacked; a restore
compared with the manifest, that the database comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.db import programs
from safemigrate.db.postgres import connect, server
from safemigrate.errors import SnapshotError
from safemigrate.model import counted
from safemigrate.snapshot import archive, facts
from safemigrate.snapshot.restore import restore

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection
    from safemigrate.db.url import DatabaseUrl
    from safemigrate.snapshot.store import Snapshot


def verify(snapshot: Snapshot, into: DatabaseUrl | None = None) -> None:
    """Check size, sha256 and a full read; with `into`, an empty database to use up, also a restore of everything.

    Raises SnapshotError that says which promise is broken. A restore that held is recorded beside the manifest.
    """
    snapshot.require_intact()
    pg_restore = programs.client("pg_restore", int(snapshot.manifest.pg_dump.split(".")[0]))
    if said := archive.read_through(snapshot.archive, pg_restore):
        raise SnapshotError(
            f"snapshot {snapshot.id} cannot be read", said, ("safemigrate snapshot create", "safemigrate snapshot list")
        )
    if into:
        restore(snapshot, into, shadow=True)
        compare(snapshot, into)


def compare(snapshot: Snapshot, restored: DatabaseUrl) -> None:
    """Compare a restored database with the manifest: tables, rows, sequences, extensions; record that it held.

    To be called before anything else is done there. Raises SnapshotError with every difference.
    """
    with connect(restored) as connection:
        differences = _differences(snapshot, connection)
        where = f"PostgreSQL {server(connection).version_text}"
    if differences:
        raise SnapshotError(
            f"snapshot {snapshot.id} does not restore to what it was taken of",
            "\n".join(differences[:20]),
            ("safemigrate snapshot list   # others", "safemigrate snapshot create"),
        )
    snapshot.mark_verified(where)


def _differences(snapshot: Snapshot, connection: Connection) -> list[str]:
    manifest = snapshot.manifest
    expected = {table.name: table.rows for table in manifest.tables}
    found = [table.name for table in facts.tables(connection) if table.stores]
    said = [f"table {name} is missing" for name in expected.keys() - set(found)]
    said += [f"table {name} was not in the snapshot" for name in set(found) - expected.keys()]
    for name, count in facts.counts(connection, [name for name in found if name in expected]).items():
        if count != (expected[name] or 0):
            said.append(counted(f"table {name} has {{count}} {{row|rows}} instead of {expected[name] or 0:,}", count))
    said += facts.behind(connection, manifest.sequences)
    there = facts.extensions(connection)
    said += [f"extension {name} is missing" for name in manifest.extensions if name not in there]
    return sorted(said)
