"""What is wrong with a file, a disk or the rights, where SQLite says a word or two."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from safemigrate.db.sqlite.holders import holders
from safemigrate.errors import ConnectionFailed, word

_OLDEST: Final = (3, 37)  # pragma_table_list, STRICT
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class _Case(NamedTuple):
    """A code's beginning, or words of the message, and what it means; the first that fits is taken."""

    begins: str
    summary: str
    why: str
    fix: tuple[str, ...]


_RESTORE: Final = (
    "safemigrate snapshot list    # those from before the damage",
    "mv {quoted} {quoted}.broken && safemigrate snapshot restore ID --into {quoted}",
)

_CASES: Final = (
    _Case(
        "SQLITE_NOTADB",
        "{path} is not a SQLite database, or it is encrypted",
        "Its first bytes are {header}, SQLite's are `SQLite format 3`. A file of SQLCipher's looks so too.",
        (
            "file {quoted}",
            "sqlcipher {quoted}    # then: PRAGMA key = '...'; ATTACH 'plain.db' AS plain KEY ''; "
            "SELECT sqlcipher_export('plain');",
            *_RESTORE,
        ),
    ),
    _Case(
        "malformed database schema",
        "{path} has a schema that SQLite {version} cannot read",
        "It was written by a newer SQLite, or damaged.",
        ("sqlite3 --version", "sqlite3 {quoted} .schema", "python3 -c 'import sqlite3; print(sqlite3.sqlite_version)'"),
    ),
    _Case(
        "unsupported file format",
        "{path} is in a file format that SQLite {version} does not know",
        "It was written by a newer SQLite, or its first page is damaged.",
        ("sqlite3 --version", "python3 -c 'import sqlite3; print(sqlite3.sqlite_version)'"),
    ),
    _Case(
        "SQLITE_CORRUPT",
        "{path} is damaged",
        "",
        (
            "sqlite3 {quoted} 'PRAGMA integrity_check'",
            *_RESTORE,
            "sqlite3 {quoted} .recover | sqlite3 recovered.db    # saves what can be read",
        ),
    ),
    _Case(
        "SQLITE_READONLY_DBMOVED",
        "{path} was moved or deleted while it was open",
        "What is under that name now is another file, or none.",
        ("ls -l {quoted}",),
    ),
    _Case(
        "SQLITE_FULL",
        "the disk is full: {folder} has {free} MB left",
        "SQLite took back what it had begun; the database is as it was.",
        ("df -h {folder}", "safemigrate snapshot prune    # old snapshots, if they lie on the same disk"),
    ),
    _Case(
        "SQLITE_IOERR",
        "{path} cannot be read or written: the disk says no",
        "A file-size limit, a broken or disconnected disk, or a network folder without locks.",
        ("df -h {folder}", "ulimit -f", "dmesg | tail"),
    ),
)


def refuse_old_library() -> None:
    """Raise ConnectionFailed where Python's SQLite does not know what we ask it, and Prisma's files may hold."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise ConnectionFailed(
            f"this Python has SQLite {sqlite3.sqlite_version}; {'.'.join(map(str, _OLDEST))} is the oldest that works",
            "The library belongs to Python, or to the system; the shell's `sqlite3 --version` may be another.",
            ("pipx install --python 3.12 --fetch-missing-python safemigrate    # a Python that brings its own",),
        )


def refuse_no_file(path: Path, *, create: bool) -> None:
    """Raise ConnectionFailed where there is nothing to open."""
    quoted = word(path)
    try:
        if path.is_dir():
            raise ConnectionFailed(f"{path} is a folder, not a database file", fix=(f"ls {quoted}",))
        if path.exists() and not path.is_file():
            raise ConnectionFailed(f"{path} is no regular file", fix=(f"ls -l {quoted}",))
        if path.exists() or (create and path.parent.is_dir()):
            return
    except PermissionError as error:
        raise ConnectionFailed(f"{path} cannot be opened: permission denied", "", _rights(path)) from error
    if not path.parent.is_dir():
        home = " Only a shell reads ~ as a home folder; Prisma does not." if "~" in path.parts else ""
        raise ConnectionFailed(
            f"there is no folder {path.parent}",
            f"{path.name} should lie in it.{home}",
            () if home else (f"mkdir -p {word(path.parent)}",),
        )
    raise ConnectionFailed(
        f"there is no file {path}",
        "A SQLite database is a file, and this one does not exist. An empty file is an empty database.",
        (f"touch {quoted}", f"ls -l {word(path.parent)}"),
    )


def told(path: Path, error: sqlite3.Error) -> ConnectionFailed | None:
    """Say what is wrong outside of SQL; None where it is the statement's own fault."""
    code, message = getattr(error, "sqlite_errorname", ""), str(error)
    said = f"SQLite said: {message} ({code})."
    if code.startswith(("SQLITE_BUSY", "SQLITE_PROTOCOL")):
        return busy(path)
    for case in _CASES:
        if code.startswith(case.begins) or message.startswith(case.begins):
            return _told(case, path, said)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return _no_rights(path, code, said)
    return None


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Raise ConnectionFailed for what SQLite says inside the block of the file, the disk or the rights."""
    try:
        yield
    except sqlite3.Error as error:
        raise told(path, error) or error from error


def damaged(path: Path, found: Sequence[str]) -> ConnectionFailed:
    """Say what a check found in a file."""
    case = next(one for one in _CASES if one.begins == "SQLITE_CORRUPT")
    return _told(case, path, "\n".join(found))


def busy(path: Path) -> ConnectionFailed:
    """Name who holds the file."""
    if found := holders(path):
        pids = ",".join(str(one.pid) for one in found)
        return ConnectionFailed(
            f"{path.name} is in use: {', '.join(map(str, found))}",
            f"One of them is in the middle of a transaction on {path}. Nothing was changed.",
            (
                f"ps -o pid,etime,args -p {pids}",
                "close it, or wait until it is done; with ?socket_timeout=60 in the URL safemigrate waits longer",
            ),
        )
    return ConnectionFailed(
        f"{path.name} is in use by another process",
        f"It is in the middle of a transaction on {path}, and cannot be seen from here. Nothing was changed.",
        (
            f"lsof {word(path)}    # who it is; in a container or on another machine, look there",
            "close it, or wait until it is done; with ?socket_timeout=60 in the URL safemigrate waits longer",
        ),
    )


def not_written(path: Path, error: OSError) -> ConnectionFailed:
    """Say why a file could not be made."""
    facts = _facts(path)
    if error.errno in _FULL:
        return ConnectionFailed(
            f"the disk is full: {path.name} does not fit into {path.parent}",
            f"{error.strerror}; {facts['free']} MB are free. What was begun is removed.",
            (f"df -h {facts['folder']}",),
        )
    return ConnectionFailed(f"{path} cannot be written: {error.strerror}", "", _rights(path))


def _told(case: _Case, path: Path, said: str) -> ConnectionFailed:
    facts = _facts(path)
    why = case.why.replace("{header}", _header(path)) if "{header}" in case.why else case.why
    return ConnectionFailed(
        case.summary.format(**facts),
        f"{why.format(**facts)} {said}".strip(),
        tuple(line.format(**facts) for line in case.fix),
    )


def _no_rights(path: Path, code: str, said: str) -> ConnectionFailed:
    """Tell apart the file, its folder, and a journal that must be read before the file can."""
    fix = _rights(path)
    if path.exists() and not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
        return ConnectionFailed(f"{path} cannot be read: you have no right to", said, fix)
    if os.access(path.parent, os.W_OK, effective_ids=_EFFECTIVE):
        if os.access(path, os.W_OK, effective_ids=_EFFECTIVE):
            return ConnectionFailed(f"{path} cannot be written to", said, fix)
        return ConnectionFailed(f"{path} is read-only", f"You have no right to write to it. {said}", fix)
    if code.endswith(("_ROLLBACK", "_RECOVERY")) or path.with_name(f"{path.name}-journal").exists():
        why = "A program was killed while it wrote, and SQLite must first take back the half of it from the journal."
    else:
        why = "SQLite writes a journal beside the file, and in WAL mode it does so even to read."
    return ConnectionFailed(f"the folder {path.parent} is read-only", f"{why} {said}", fix)


def _header(path: Path) -> str:
    """Only of what is no database: closing a file lets go of this process's locks on it (howtocorrupt.html, 2.2)."""
    try:
        with path.open("rb") as file:
            return repr(file.read(16))[1:].replace("{", "{{").replace("}", "}}")
    except OSError:
        return "not readable"


def _facts(path: Path) -> dict[str, str]:
    return {
        "path": str(path),
        "quoted": word(path),
        "folder": word(path.parent),
        "free": f"{_free(path.parent) // 1_000_000:,}",
        "version": sqlite3.sqlite_version,
    }


def _free(folder: Path) -> int:
    import shutil

    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _rights(path: Path) -> tuple[str, ...]:
    both = f"{word(path.parent)} {word(path)}"
    return (f"ls -ld {both}", f'sudo chown "$USER" {both}', f"chmod u+rw {both}")


_EFFECTIVE: Final = os.access in os.supports_effective_ids
