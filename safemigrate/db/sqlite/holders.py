"""Who else has a SQLite file open, for the one who waits."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_WRITER_IN_WAL = 120  # the byte of NAME-shm that a writer locks (sqlite.org/walformat.html, 2.3.1)


def holders(path: Path) -> list[str]:
    """Say which other processes lock a file, else which have it open; only Linux tells, elsewhere it is nobody."""
    locking = _locking(path) or _opening(path)
    return [f"pid {pid} ({command})" for pid in sorted(locking - {os.getpid()}) if (command := _command(pid))]


def _locking(path: Path) -> set[int]:
    inodes = {}
    for name, byte in ((path, None), (path.with_name(f"{path.name}-shm"), _WRITER_IN_WAL)):
        with suppress(OSError):
            inodes[name.stat().st_ino] = byte
    found = set()
    with suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            held = re.match(r"\d+: (?:POSIX|OFDLCK) +ADVISORY +WRITE +(\d+) \w+:\w+:(\d+) (\d+)", line)
            if held and int(held[2]) in inodes and inodes[int(held[2])] in (None, int(held[3])):
                found.add(int(held[1]))
    return found


def _opening(path: Path) -> set[int]:
    files = {str(path), f"{path}-wal"}
    found = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):  # another user's process, or one that has just ended
            if any(str(one.readlink()) in files for one in folder.iterdir()):
                found.add(int(folder.parent.name))
    return found


def _command(pid: int) -> str:
    with suppress(OSError):
        return " ".join(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")).strip()[:80]
    return ""
