"""Files that are written whole: a reader, or a kill, finds the old one or the new one."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put a text on the disk under a name that keeps its rights; a link stays one. Raises OSError, and leaves nothing.

    What is no file, as a pipe or /dev/null, is written to: it is not ours to replace.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8", newline="")
        return
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)
        with part.open("x", encoding="utf-8", newline="") as file:  # never through a link that somebody laid there
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def make_private(folder: Path, home: Path) -> None:
    """Make a folder of `home`, both for their owner alone and with all in them ignored by git. Raises OSError."""
    for one in reversed((folder, *folder.parents)):
        if one.is_relative_to(home):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = home / ".gitignore"
    if not ignore.exists():
        write_whole(ignore, "*\n")


def part_of(path: Path) -> Path:
    """Where a file is until it is whole, and what a kill leaves of it; `path` is no link."""
    return path.with_name(f".{path.name}.safemigrate")


def existing(path: Path) -> Path:
    """Return a path, or the folder nearest to where it will be."""
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk: a rename is only durable after that (fsync(2), notes)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
