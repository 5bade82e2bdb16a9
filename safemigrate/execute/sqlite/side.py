"""The side database: a file beside the project's snapshots that holds the journal of one SQLite file and what is kept.

SQL names it `safemigrate`, as it does PostgreSQL's schema; Prisma never sees it. Nothing in the two files is committed
together, for in WAL mode that is not atomic (sqlite.org/lang_attach.html): see `run`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safemigrate.db.sqlite.connection import KEPT, Connection, SqlError, connect, value
from safemigrate.db.sqlite.copy import backup
from safemigrate.disk import make_private
from safemigrate.errors import ConnectionFailed, word

_APPLICATION = 0x736D6B31  # PRAGMA application_id: "smk1"
_VERSION = 1

_TABLES = (
    """CREATE TABLE IF NOT EXISTS safemigrate.rollback (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  undo TEXT NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
)""",
    """CREATE TABLE IF NOT EXISTS safemigrate.run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  row TEXT NOT NULL UNIQUE,
  migration TEXT NOT NULL,
  checksum TEXT NOT NULL,
  plan TEXT NOT NULL,
  fingerprint_before TEXT NOT NULL,
  fingerprint_after TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
)""",
    """CREATE TABLE IF NOT EXISTS safemigrate.taken_back (
  rollback INTEGER NOT NULL,
  run INTEGER NOT NULL,
  PRIMARY KEY (rollback, run)
)""",
    """CREATE TABLE IF NOT EXISTS safemigrate.kept (
  run INTEGER NOT NULL,
  rollback INTEGER,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  place TEXT NOT NULL,
  since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  pruned_at TEXT
)""",
    """CREATE TABLE IF NOT EXISTS safemigrate.hold (
  migration TEXT NOT NULL,
  checksum TEXT NOT NULL,
  reason TEXT NOT NULL,
  rollback INTEGER,
  since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  released_at TEXT
)""",
    "CREATE TABLE IF NOT EXISTS safemigrate.setting (name TEXT PRIMARY KEY, value)",
)


def side_of(project_root: Path, database: Path) -> Path:
    """Return where the side database of a file lies; links are resolved, so that one file has one."""
    root, file = project_root.resolve(), database.resolve()
    home = root / ".safemigrate" / "kept"
    if file.is_relative_to(root):
        return home / file.relative_to(root)
    drive = file.drive.replace(":", "").strip("\\/")
    return home.joinpath("_", *([drive] if drive else []), *file.parts[1:])


def follow(connection: Connection, side: Path) -> Path | None:
    """Take along what is kept for a file that was moved or copied, and return from where: its rows are known there.

    Raises ConnectionFailed where there is something to take along and that is not possible.
    """
    if side.exists():
        return None
    for found in _elsewhere(connection, side):
        _make_folders(side)
        backup(found, side)
        return found
    return None


def _elsewhere(connection: Connection, side: Path) -> Iterator[Path]:
    known = "SELECT 1 FROM safemigrate.run JOIN main._prisma_migrations p ON p.id = row LIMIT 1"
    for path in sorted((_home(side) / "kept").rglob("*")):
        with suppress(ConnectionFailed, SqlError):  # no side database, a broken one, or a file without a history
            mine = path.is_file() and attach(connection, path) and value(connection, known)
            detach(connection)
            if mine:
                yield path
        detach(connection)


def attach(connection: Connection, side: Path) -> bool:
    """Let SQL on this connection say `safemigrate.`; False where nothing was ever kept. Raises ConnectionFailed."""
    if attached(connection):
        return True
    if not side.exists():
        return False
    _attach(connection, side)
    if value(connection, "PRAGMA safemigrate.application_id") == 0:  # killed before it was made
        connection.detach(KEPT)
        return False
    return True


def attached(connection: Connection) -> bool:
    """Whether SQL on this connection may say `safemigrate.`."""
    return bool(value(connection, "SELECT 1 FROM pragma_database_list WHERE name = ?", [KEPT]))


def remembers(connection: Connection) -> bool:
    """Whether anything is remembered that Prisma's table in the file could bear out."""
    managed = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = '_prisma_migrations'"
    return attached(connection) and value(connection, managed) is not None


def detach(connection: Connection) -> None:
    """Let go of the side database, so that another connection can write to it; not within a transaction."""
    if attached(connection):
        connection.detach(KEPT)


@contextmanager
def writing(database: Path, side: Path, *, timeout: float = 5.0) -> Iterator[Connection]:
    """Give a connection that only reads the file and writes its side database, which is made where there is none.

    All of the block is one transaction of the side database, durable when the block has ended. Raises ConnectionFailed.
    """
    _make(side)
    with connect(database, write=False, timeout=timeout) as connection:
        _attach(connection, side)
        try:
            connection.execute(f"PRAGMA {KEPT}.secure_delete = ON")  # what is deleted is somebody's data
            with connection.transaction():
                for statement in (*_TABLES, *_stamps(connection)):
                    connection.execute(statement)
                yield connection
        except SqlError as error:
            raise ConnectionFailed(
                f"cannot write to {side}, where rows that would be lost are kept",
                f"SQLite said: {error}",
                (f"df -h {word(side.parent)}", f"ls -l {word(side)}"),
            ) from error


def shrink(database: Path, side: Path) -> None:
    """Write a side database anew, without what was deleted from it. Raises ConnectionFailed."""
    with connect(database, write=False) as connection:
        attach(connection, side)
        try:
            connection.execute(f"VACUUM {KEPT}")
        except SqlError as error:
            raise ConnectionFailed(
                f"{side} could not be written anew, and takes the room that it took",
                f"What was to go from it is gone. SQLite said: {error}",
                (f"df -h {word(side.parent)}", f"sqlite3 {word(side)} VACUUM"),
            ) from error


def _stamps(connection: Connection) -> Iterator[str]:
    if value(connection, "PRAGMA safemigrate.application_id") != _APPLICATION:
        yield f"PRAGMA safemigrate.application_id = {_APPLICATION}"
        yield f"PRAGMA safemigrate.user_version = {_VERSION}"


def _home(side: Path) -> Path:
    return next(one for one in side.parents if one.name == ".safemigrate")


def _make(side: Path) -> None:
    """Make an empty file that only its owner can read."""
    _make_folders(side)
    try:
        with suppress(FileExistsError):
            os.close(os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _no_place(side, error) from error


def _make_folders(side: Path) -> None:
    """Make its folders, private to their owner and ignored by git."""
    try:
        make_private(side.parent, _home(side))
    except OSError as error:
        raise _no_place(side, error) from error


def _no_place(side: Path, error: OSError) -> ConnectionFailed:
    return ConnectionFailed(
        f"cannot make {side}, where rows that would be lost are kept: {error.strerror}",
        fix=(f"ls -ld {word(side.parent)}",),
    )


def _attach(connection: Connection, side: Path) -> None:
    quoted = word(side)
    try:
        connection.attach(side, KEPT, write=True)  # a killed writer leaves something to undo, for a reader too
        mark, version, size = (
            int(value(connection, f"PRAGMA safemigrate.{name}"))
            for name in ("application_id", "user_version", "page_count")
        )
    except (ConnectionFailed, SqlError) as error:
        raise ConnectionFailed(
            f"what safemigrate keeps for {connection.path} cannot be read: {side}",
            f"{error}\nWithout it nothing that was applied can be rolled back; the database itself is not affected.",
            (f"mv {quoted} {quoted}.broken   # begins anew",),
        ) from error
    if (mark == _APPLICATION and version == _VERSION) or (mark == 0 and size == 0):
        return
    connection.detach(KEPT)
    if mark == _APPLICATION:
        raise ConnectionFailed(
            f"what safemigrate keeps for {connection.path} was written by a newer version: {side}",
            fix=("pip install --upgrade safemigrate",),
        )
    raise ConnectionFailed(
        f"{side} is another database, and no place where safemigrate keeps rows",
        fix=(f"mv {quoted} {quoted}.moved",),
    )
