"""Copies of a file in use, each whole or not there; and whether a file is in order."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path

from safemigrate.db.sqlite import errors
from safemigrate.db.sqlite.connection import (
    SECONDS_TO_WAIT,
    Connection,
    Refusal,
    SqlError,
    connect,
    quote,
    rows,
    run,
    value,
)
from safemigrate.disk import part_of, sync_folder
from safemigrate.errors import ConnectionFailed, word
from safemigrate.model import OnProgress, Progress, silent

# What lies beside a file and belongs to it (sqlite.org/tempfiles.html).
COMPANIONS = ("-journal", "-wal", "-shm")

# Where a file says that it is in WAL mode, 2, or not, 1 (sqlite.org/fileformat.html, 1.3.3).
_VERSIONS = 18
_PAGES = 1024  # some 4 MB a step: a sign of life often enough, and no cost
_SHOWN = 20

# What a check says of rows that break a rule of their table, which is no damage (sqlite.org/pragma.html).
_BROKEN_RULE = re.compile(r"NULL value in |CHECK constraint failed in |\w+ value in ")


def backup(source: Path | Connection, into: Path, on_progress: OnProgress = silent) -> None:
    """Copy all that a file holds at one moment into a new one, whoever is writing (sqlite.org/backup.html).

    The copy is in no WAL mode, so that reading it makes no files beside it. A connection's own uncommitted changes go
    along. Raises ConnectionFailed, and leaves nothing.
    """
    with _open(source) as connection, _moment(connection), _whole(into) as part, closing(sqlite3.connect(part)) as copy:
        # A half copy is thrown away, so it needs no journal of its own, and one fsync at its end.
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        _pour(connection, copy, into, connection.path.name, on_progress)


def compact(source: Path | Connection, into: Path) -> None:
    """Write what a file holds into a new one, in order and without free pages. Raises ConnectionFailed."""
    with _open(source) as connection, _whole(into) as part, errors.telling(into):
        connection.execute("VACUUM INTO ?", [str(part)])


def overwrite(
    live: Path,
    source: Path,
    kept: Path | None = None,
    *,
    timeout: float = SECONDS_TO_WAIT,
    on_progress: OnProgress = silent,
) -> None:
    """Put what `source` holds in the place of what `live` holds, as one transaction of `live`; copy that to `kept`.

    The file stays the one that others have open, and they read the new content from then on; a kill leaves the old one.
    Raises ConnectionFailed where somebody holds a lock.
    """
    with connect(source, write=False) as connection, connect(live, timeout=timeout) as target:
        if kept is None:
            _pour(connection, target, live, live.name, on_progress)
            return
        try:
            with _kept(target, kept, on_progress) as require_unchanged:
                _pour(connection, target, live, live.name, require_unchanged)
        except BaseException:
            kept.unlink(missing_ok=True)
            raise


@contextmanager
def _kept(target: Connection, kept: Path, on_progress: OnProgress) -> Iterator[OnProgress]:
    """Copy a file that will be overwritten so that nobody writes between; give what to call while that is done."""
    if value(target, "PRAGMA journal_mode") != "wal":
        # The write lock outlives its transaction (pragma.html#pragma_locking_mode).
        run(target, "PRAGMA locking_mode = EXCLUSIVE")
        with target.transaction():
            pass
        backup(target, kept, on_progress)
        yield on_progress
        return
    # Whoever else has the file open is in the way of that lock; but one that reads may look while another writes.
    with connect(target.path) as watch:
        with _moment(watch):
            seen = value(watch, "PRAGMA data_version")
            backup(watch, kept, on_progress)

        def require_unchanged(progress: Progress) -> None:
            # From the first step on the write lock is held, and after the last one the change is our own.
            if progress.done < progress.total and value(watch, "PRAGMA data_version") != seen:
                raise errors.busy(target.path)
            on_progress(progress)

        yield require_unchanged


def integrity(
    connection: Connection, schema: str = "main", *, quick: bool = False, tables: Collection[str] | None = None
) -> list[str]:
    """Say what is damaged in a file, or in these tables of it; `quick` does not compare indexes with their tables.

    A table that needs a function or a collation that only the application has cannot be looked at.
    """
    pragma = f"PRAGMA {quote(schema)}.{'quick_check' if quick else 'integrity_check'}"
    wanted = [str(_SHOWN)] if tables is None else [quote(one) for one in tables]
    found: list[str] = []
    for one in wanted:
        try:
            found += (str(text) for (text,) in rows(connection, f"{pragma}({one})"))
        except SqlError as error:
            if Refusal.of(error).code != "SQLITE_ERROR":
                return [str(error)]
            if tables is None:
                names = rows(connection, f"SELECT name FROM {quote(schema)}.sqlite_master WHERE type = 'table'")
                return integrity(connection, schema, quick=quick, tables=[name for (name,) in names])
    return [text for text in found if text != "ok"]


def damage(connection: Connection, *, quick: bool = True) -> list[str]:
    """Say what is damaged in a file; rows that break a rule of their table are not."""
    return [line for line in integrity(connection, quick=quick) if not _BROKEN_RULE.match(line)]


def require_undamaged(copy: Path, of: Path) -> None:
    """Read a copy of the file `of` through, page by page. Raises ConnectionFailed where it is damaged."""
    with connect(copy, write=False) as connection:
        connection.map_files()
        if found := damage(connection):
            raise errors.damaged(of, found)


def _open(source: Path | Connection) -> AbstractContextManager[Connection]:
    return nullcontext(source) if isinstance(source, Connection) else connect(source)


@contextmanager
def _moment(connection: Connection) -> Iterator[None]:
    """Hold what is read at one moment: a writer would make the copy begin again, without end."""
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN")
        rows(connection, "SELECT 1 FROM sqlite_master LIMIT 1")
    try:
        yield
    finally:
        if own and connection.in_transaction:
            connection.execute("COMMIT")


def _pour(source: Connection, target: sqlite3.Connection, path: Path, name: str, on_progress: OnProgress) -> None:
    def progress(status: int, remaining: int, total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:  # Python would try for ever
            raise errors.busy(path)
        on_progress(Progress("snapshot", name, total - remaining, total))

    pages = max(value(source, "PRAGMA page_count") // 2, 1)  # two steps at least
    with errors.telling(path):
        source.backup(target, pages=min(pages, _PAGES), progress=progress)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give the place to write a new file to; it gets its name when the block ends well, its bytes on the disk."""
    path = path.resolve()
    if there := next((one for one in (path, *companions(path)) if one.exists()), None):
        raise ConnectionFailed(
            f"{there} is there already",
            "It would become part of the copy, or be lost.",
            (f"ls -l {word(there)}",),
        )
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        with part.open("rb+") as file:
            if part.stat().st_size:
                file.seek(_VERSIONS)
                file.write(b"\1\1")
                file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise errors.not_written(path, error) from error
    finally:
        for left in (part, *companions(part)):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def companions(path: Path) -> list[Path]:
    """Return where a file's journals lie, there or not."""
    return [path.with_name(path.name + ending) for ending in COMPANIONS]
