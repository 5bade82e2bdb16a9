"""What is wrong with a file, a disk or the rights, where SQLite says a word or two."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from safemigrate.errors import ConnectionFailed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def refuse_no_file(path: Path, *, create: bool) -> None:
    """Raise ConnectionFailed where there is nothing to open."""
    if path.is_dir():
        raise ConnectionFailed(f"{path} is a folder, not a database file")
    if not create and not path.exists():
        raise ConnectionFailed(
            f"there is no file {path}", "SQLite's database is this file; opening it would make an empty one."
        )


def told(path: Path, error: sqlite3.Error) -> ConnectionFailed | None:
    """Say what is wrong outside of SQL; None where it is the statement's own fault."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_BUSY"):
        return busy(path)
    for begin, summary in _SUMMARIES.items():
        if code.startswith(begin):
            return ConnectionFailed(summary.format(path=path), f"SQLite said: {error}")
    return None


def busy(path: Path) -> ConnectionFailed:
    """Name who holds the file."""
    return ConnectionFailed(f"{path} is in use by another process")


def not_written(path: Path, error: OSError) -> ConnectionFailed:
    """Say why a file could not be made."""
    if error.errno in _FULL:
        return ConnectionFailed(f"the disk is full: {path} does not fit", str(error))
    return ConnectionFailed(f"{path} cannot be written: {error.strerror}")


_SUMMARIES = {
    "SQLITE_NOTADB": "{path} is no SQLite database, or an encrypted one",
    "SQLITE_CORRUPT": "{path} is damaged",
    "SQLITE_READONLY": "{path} cannot be written to",
    "SQLITE_CANTOPEN": "{path} cannot be opened",
    "SQLITE_FULL": "the disk is full: {path}",
    "SQLITE_IOERR": "{path} cannot be read or written",
}
