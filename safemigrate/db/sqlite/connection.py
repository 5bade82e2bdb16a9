"""Connections to SQLite files, and running SQL on them."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from safemigrate.db.sqlite import errors

SqlError = sqlite3.Error

SECONDS_TO_WAIT = 5.0
# What SQLite keeps of each file at most, in KiB: with its own 2 MB, rows that come in the order of no key are read and
# written again for each. The other in bytes, as much as a build takes (sqlite.org/mmap.html).
_CACHE, _MAPPED = 64 * 1024, 2**31 - 2**16
KEPT = "safemigrate"  # what SQL calls the file with what is kept; only what takes a rollback back names it

# The library's own: "3.40.1" and 3040001 (sqlite.org/c3ref/libversion.html).
VERSION = sqlite3.sqlite_version
VERSION_NUMBER = sum(part * 1000**place for place, part in enumerate(reversed(sqlite3.sqlite_version_info)))


@dataclass(slots=True)
class Clock:
    """What time it is on a connection, as SQLite's date functions take it, and where chance comes from."""

    now: str
    chance: Random


class Connection(sqlite3.Connection):
    """A connection in autocommit mode; `path` is the file itself, links resolved.

    `beside` are the attached files, and whether they may be written, by the name that SQL has for them. `clock` is what
    `standstill` sets.
    """

    path: Path
    closed: bool = False
    clock: Clock | None = None
    beside: Mapping[str, tuple[Path, bool]] = MappingProxyType({})

    def execute(self, sql: str | bytes, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement."""
        text = sql.decode("utf-8", "surrogateescape") if isinstance(sql, bytes) else sql
        try:
            return super().execute(text, parameters)
        except sqlite3.Warning as error:  # Python 3.11: more than one statement
            raise sqlite3.ProgrammingError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit when the block ends well, else roll back. The outermost takes the write lock at once."""
        nested = self.in_transaction
        self.execute("SAVEPOINT nested" if nested else "BEGIN IMMEDIATE")
        try:
            yield
            self.execute("RELEASE nested" if nested else "COMMIT")
        except BaseException:
            if self.in_transaction:  # a full disk has rolled back already
                for statement in ("ROLLBACK TO nested", "RELEASE nested") if nested else ("ROLLBACK",):
                    self.execute(statement)
            raise

    def attach(self, path: Path, name: str, *, write: bool = False, create: bool = False) -> None:
        """Let SQL name the tables of another file as `name.table`. Raises ConnectionFailed."""
        path = path.resolve()
        errors.refuse_no_file(path, create=create)
        with errors.telling(path):
            if not write:
                _recover(path, SECONDS_TO_WAIT)
            self.execute(f"ATTACH DATABASE ? AS {quote(name)}", [_uri(path, write=write, create=create)])
            self.execute(f"PRAGMA {quote(name)}.cache_size = -{_CACHE}")
            value(self, f"PRAGMA {quote(name)}.schema_version")
        self.beside = {**self.beside, name: (path, write)}

    def detach(self, name: str) -> None:
        """Let go of an attached file; not within a transaction."""
        self.execute(f"DETACH DATABASE {quote(name)}")
        self.beside = {known: how for known, how in self.beside.items() if known != name}

    @contextmanager
    def alone(self, script: Iterable[str] = ()) -> Iterator[None]:
        """Let go of attached files inside the block, which is around a transaction: but for what the script names.

        A statement would find in another file the table or index that this one has not, or not any more. What is
        temporary ends with the block.
        """
        statements = list(script)
        beside = {
            name: how
            for name, how in self.beside.items()
            if name != KEPT or not any(f"{quote(KEPT)}." in sql for sql in statements)
        }
        for name in beside:
            self.detach(name)
        try:
            yield
        finally:
            self.forget_temporary()
            self.attach_all(beside)

    def forget_temporary(self) -> None:
        """Drop what is temporary."""
        for kind, name in rows(self, "SELECT type, name FROM temp.sqlite_master WHERE type <> 'index'"):
            self.execute(f"DROP {kind} IF EXISTS temp.{quote(name)}")

    def attach_all(self, files: Mapping[str, tuple[Path, bool]]) -> None:
        """Attach those that are not, each as `beside` has it; within a transaction too."""
        for name, (path, write) in files.items():
            if name not in self.beside:
                self.attach(path, name, write=write)

    def map_files(self) -> None:
        """Read this file and what is attached from now on in the system's memory, where nobody else can cut them short.

        Of a file that another program may truncate, or of a disk that fails, that would end the process.
        """
        self.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchall()

    def close(self) -> None:
        """Close; what is open is rolled back."""
        self.closed = True
        super().close()


@contextmanager
def connect(
    path: Path, *, write: bool = True, create: bool = False, timeout: float = SECONDS_TO_WAIT
) -> Iterator[Connection]:
    """Open a file with foreign keys enforced, as Prisma does; a missing one is made only with `create`.

    Without `write` nothing is written but what a killed writer left half done, which is taken back.
    `timeout` is how long a statement waits for another process's lock, in seconds.
    Raises ConnectionFailed for what is wrong with the file, the disk or the rights, on opening and inside the block.
    """
    path = path.resolve()
    errors.refuse_old_library()
    errors.refuse_no_file(path, create=create)
    with errors.telling(path):
        if not write:
            _recover(path, timeout)
        connection = sqlite3.connect(
            _uri(path, write=write, create=create),
            uri=True,
            timeout=timeout,
            isolation_level=None,
            factory=Connection,
        )
        with closing(connection):
            connection.path = path
            connection.text_factory = _text
            # What a build may have another default for (sqlite.org/compile.html).
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA legacy_alter_table = OFF")
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            value(connection, "SELECT count(*) FROM sqlite_master")  # opening reads nothing
            yield connection


def _recover(path: Path, timeout: float) -> None:
    """Take back what a killed writer left half done, for one who may not write cannot, and so cannot read either."""
    if path.with_name(f"{path.name}-journal").exists():
        with connect(path, timeout=timeout):
            pass


def run(connection: Connection, sql: str | bytes, parameters: Any = ()) -> int:
    """Execute one statement; return how many rows it changed itself."""
    return max(connection.execute(sql, parameters).rowcount, 0)


def rows(connection: Connection, sql: str | bytes, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    return connection.execute(sql, parameters).fetchall()


def value(connection: Connection, sql: str | bytes, parameters: Sequence[object] = ()) -> Any:
    """Return the first column of a query's first row, None where it has no row."""
    found = connection.execute(sql, parameters).fetchone()
    return found[0] if found else None


def quote(*parts: str) -> str:
    """Write a name as SQL: always quoted, parts joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: object) -> str:
    """Write a value as SQL that gives back the same value of the same type."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "9e999" if value > 0 else "-9e999"
    if isinstance(value, int):
        return str(int(value))
    text = str(value)
    if "\0" in text or not _encodable(text):  # a literal ends at a zero byte (sqlite.org/nulinstr.html)
        return f"CAST(x'{text.encode('utf-8', 'surrogateescape').hex()}' AS TEXT)"
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What SQLite said: its code ("SQLITE_CONSTRAINT_UNIQUE", "" for Python's own), message and quoted table."""

    code: str
    message: str
    table: str = ""

    @classmethod
    def of(cls, error: sqlite3.Error) -> Refusal:
        """Read the diagnosis; a constraint's message begins with the table it is on."""
        message = str(error)
        named = re.search(r"(?:UNIQUE|NOT NULL) constraint failed: (.+?)\.", message)
        code = getattr(error, "sqlite_errorname", "")
        return cls(code, message, quote(named[1]) if named else "")


def _uri(path: Path, *, write: bool, create: bool) -> str:
    return f"{path.as_uri()}?mode={'rwc' if create else 'rw' if write else 'ro'}"


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
