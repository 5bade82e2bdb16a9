"""Data directories in the user's cache: copied from, never run in, and let go of when they are many.

A kill leaves none half written under its name, and two runs may keep, take and let go of the same one.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import platformdirs

from safemigrate import proc


class Kept:
    """The newest `limit` data directories of one kind, by a key without a dot."""

    def __init__(self, kind: str, limit: int) -> None:
        self._home = platformdirs.user_cache_path("safemigrate") / kind
        self._limit = limit

    def take(self, key: str, data: Path) -> Path | None:
        """Copy one to `data`, which does not exist yet; return where it lies, None where there is none."""
        kept = self._home / key
        try:
            about = kept.stat()
            copy(kept, data)
            os.utime(kept)
            if kept.stat().st_ino == about.st_ino:  # else it was let go of, and the copy may lack files
                return kept
        except OSError:
            pass
        shutil.rmtree(data, ignore_errors=True)
        return None

    def put(self, key: str, data: Path) -> None:
        """Keep a copy of a data directory that no server runs in; a cache that cannot be written costs time only."""
        partial = self._home / f"{key}.{os.getpid()}"
        with suppress(OSError):
            try:
                self._home.mkdir(parents=True, exist_ok=True)
                copy(data, partial)
                os.utime(partial)
                if sys.platform != "win32":
                    os.sync()  # nothing was made durable on the way, and the name says that all of it is there
                partial.rename(self._home / key)  # refused where another run was first
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            everything = sorted(self._home.iterdir(), key=lambda path: path.stat().st_mtime)
            for old in everything[: -self._limit]:
                drop(old)


def drop(kept: Path) -> None:
    """Let go of one: first of its name, so that nobody who copies it takes what is left for the whole."""
    gone = kept.with_name(f"{kept.name}.{os.getpid()}.gone")
    with suppress(OSError):
        kept.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def copy(source: Path, target: Path) -> None:
    """Copy a tree with owners and permissions. Raises OSError."""
    if sys.platform == "win32":
        shutil.copytree(source, target)
        return
    copied = proc.run(["cp", "-a", source, target])  # four times as fast as shutil, clones where the file system can
    if copied.status != 0:
        raise OSError(copied.stderr.strip())
