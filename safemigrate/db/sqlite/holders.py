"""Who else has a SQLite file open, for the one who waits."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_WRITER_IN_WAL = 120  # the byte of NAME-shm that a writer locks (sqlite.org/walformat.html, 2.3.1)
_LOCK = re.compile(r"\d+: (?:POSIX|OFDLCK) +ADVISORY +WRITE +(\d+) \w+:\w+:(\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class Holder:
    """Another process, with its program as its user would name it."""

    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.program} (pid {self.pid})"


def holders(path: Path) -> list[Holder]:
    """Return the other processes that lock a file, else those that have it open; only Linux tells."""
    found = _locking(path) - {os.getpid()} or _opening(path) - {os.getpid()}
    return [Holder(pid, program) for pid in sorted(found) if (program := _program(pid))]


def _locking(path: Path) -> set[int]:
    bytes_of = {}
    for file, byte in ((path, None), (path.with_name(f"{path.name}-shm"), _WRITER_IN_WAL)):
        with suppress(OSError):
            bytes_of[file.stat().st_ino] = byte
    found = set()
    with suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            held = _LOCK.match(line)
            if held and int(held[2]) in bytes_of and bytes_of[int(held[2])] in (None, int(held[3])):
                found.add(int(held[1]))
    return found


def _opening(path: Path) -> set[int]:
    files = {str(path), f"{path}-wal", f"{path}-shm"}
    found = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):  # it ended, or is another user's
            if any(str(one.readlink()) in files for one in folder.iterdir()):
                found.add(int(folder.parent.name))
    return found


def _program(pid: int) -> str:
    """Name it `node .../prisma studio` and not `node`; "" where it has ended."""
    with suppress(OSError):
        words = [
            word.decode(errors="replace") for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if word
        ]
        named = " ".join(Path(word).name if number == 0 else word for number, word in enumerate(words))
        shown = " ".join(named.split())
        return shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ""
