"""Taking a snapshot of a SQLite file: one moment of it, copied while others go on writing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from safemigrate.db.sqlite import copy
from safemigrate.db.sqlite.connection import VERSION, VERSION_NUMBER, Connection, connect, value
from safemigrate.db.sqlite.errors import damaged
from safemigrate.errors import SnapshotError
from safemigrate.model import OnProgress, silent
from safemigrate.snapshot.manifest import Manifest, Table
from safemigrate.snapshot.sqlite import facts
from safemigrate.snapshot.store import Snapshot, being_written, require_space, sha256, write_manifest

ARCHIVE: Final = "database.db"


def take(
    connection: Connection,
    *,
    store: Path,
    migration: str = "",
    git: Mapping[str, Any] | None = None,
    compact: bool = False,
    on_progress: OnProgress = silent,
) -> Snapshot:
    """Write a snapshot of the whole file at one moment; `compact` leaves out its free pages, and takes longer.

    Whatever stops it, Ctrl-C, kill -9 or a full disk, no half snapshot gets a final name. A copy that is not in order
    where the file is raises SnapshotError; ConnectionFailed says what is wrong with the file, its damage too, or the
    disk.
    """
    size = value(connection, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    require_space(store, size)
    taken_at = datetime.now(UTC)
    name = f"{taken_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    with being_written(store, name) as folder:
        path = folder / ARCHIVE
        if compact:
            copy.compact(connection, path)
        else:
            copy.backup(connection, path, on_progress)
        with ThreadPoolExecutor(1) as beside, connect(path, write=False) as copied:
            digest = beside.submit(sha256, path)
            copied.map_files()
            if found := copy.damage(copied):
                if found == copy.damage(connection):
                    raise damaged(connection.path, found)
                raise SnapshotError(
                    f"the copy of {connection.path} is damaged", "\n".join(found), ("safemigrate doctor",)
                )
            counts, counters = facts.counts(copied), facts.counters(copied)
        manifest = Manifest(
            id=name,
            migration=migration,
            scope="full",
            taken_at=taken_at,
            lsn="",
            database=f"file:{connection.path}",
            server_version=VERSION_NUMBER,
            system_identifier="",
            encoding=value(connection, "PRAGMA encoding"),
            collate="",
            ctype="",
            pg_dump="",
            archive=ARCHIVE,
            bytes=path.stat().st_size,
            sha256=digest.result(),
            tables=tuple(Table(table, count) for table, count in counts.items()),
            sequences=counters,
            extensions={},
            roles=(),
            git=dict(git or {}),
            journal_mode=value(connection, "PRAGMA journal_mode"),
        )
        write_manifest(folder, manifest)
    taken = Snapshot(store / name, manifest)
    taken.mark_verified(f"SQLite {VERSION}")  # restored is what it is: a file that was opened, read and counted
    return taken
