"""The archive of a snapshot: pg_dump's output into a private file, hashed on the way, and read again."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate import proc
from safemigrate.db import programs
from safemigrate.errors import SnapshotError
from safemigrate.model import OnProgress, Progress
from safemigrate.snapshot.store import create_private, not_written, write_all

if TYPE_CHECKING:
    from safemigrate.db.url import DatabaseUrl

_BLOCK = 1 << 20


def write(pg_dump: Sequence[str], url: DatabaseUrl, path: Path, total: int, on_progress: OnProgress) -> tuple[int, str]:
    """Run pg_dump into a file; return its size and sha256 once it is on the disk. Raises SnapshotError."""
    done = 0

    def on_line(line: str) -> None:
        nonlocal done
        if found := re.search(r'dumping contents of table "(.*)"', line):
            done += 1
            on_progress(Progress("snapshot", found[1], done, total))

    digest, size = hashlib.sha256(), 0
    with (
        create_private(path) as file,
        proc.stream(pg_dump, environment=programs.environment(url), on_line=on_line) as (output, wait),
    ):
        try:
            while block := output.read(_BLOCK):
                digest.update(block)
                write_all(file, block)
                size += len(block)
            finished = wait()
            os.fsync(file)
        except OSError as error:
            raise not_written(path, error) from error
    if finished.status != 0:
        raise _failed(url, finished)
    return size, digest.hexdigest()


def read_through(path: Path, pg_restore: Path) -> str:
    """Read and decompress everything; return "" or what pg_restore said.

    `pg_restore --list` reads the table of contents alone and passes a dump cut in half.
    """
    finished = proc.run([pg_restore, "-f", os.devnull, path], environment={"LC_ALL": "C"})
    return "" if finished.status == 0 else finished.stderr.strip() or f"status {finished.status}"


def contents(path: Path, pg_restore: Path) -> list[str]:
    """Return the entries of the table of contents as `--use-list` takes them, in the archive's order."""
    finished = proc.run([pg_restore, "--list", path], environment={"LC_ALL": "C"})
    if finished.status != 0:
        raise SnapshotError(
            f"pg_restore cannot read {path}",
            finished.stderr.strip(),
            ("safemigrate snapshot list   # others", "safemigrate snapshot create"),
        )
    return [line for line in finished.stdout.splitlines() if line and not line.startswith(";")]


def _failed(url: DatabaseUrl, finished: proc.Completed) -> SnapshotError:
    said = [line for line in finished.stderr.splitlines() if re.search(r"error|fatal|detail|hint", line, re.IGNORECASE)]
    fix: tuple[str, ...] = ()
    if "permission denied" in finished.stderr:
        fix = (f'GRANT pg_read_all_data TO "{url.user}";  -- as a superuser, PostgreSQL 14 and later',)
    elif "lock timeout" in finished.stderr:
        fix = ("SELECT pid, usename, query FROM pg_stat_activity WHERE state <> 'idle';  -- who holds the lock",)
    return SnapshotError(
        f"pg_dump of {url} failed", "\n".join(said[-6:]) or f"It ended with status {finished.status}.", fix
    )
