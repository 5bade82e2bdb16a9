"""SQLite: a branch is tried in copies of a file that has gone through its base's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import VERSION, Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import MigrationFailed, NotSql
from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress, Progress, SchemaChange, silent
from safemigrate.prisma import sqlite_history as history
from safemigrate.shadow.sqlite.copies import Copies, copies
from safemigrate.shadow.sqlite.rehearse import rehearse, run_whole
from safemigrate.shadow.sqlite.trace import Observation
from safemigrate.sql import statements_of
from safemigrate.workflow.gate.live import Live
from safemigrate.workflow.on_file.change import change_of
from safemigrate.workflow.on_file.proving import proven
from safemigrate.workflow.proving import Terms
from safemigrate.workflow.proving.remember import Memory

_BASE, _END, _AFTER, _ASKED, _PLACE = "base", "end", "after", "asked", "live"


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A live file, and its schema as it was read."""

    live: Live
    catalog: Catalog

    @classmethod
    def at(cls, url: DatabaseUrl) -> LiveFile:
        """Read one. Raises ConnectionFailed."""
        assert url.path is not None
        with connect(url.path, write=False, timeout=url.patience) as connection:
            rows = history.read(connection)
            return cls(Live(url, None if rows is None else tuple(rows)), read(connection))


@dataclass(frozen=True, slots=True)
class FileGround:
    """A file that has gone through `before`, which nobody writes to, and copies of it; see `Ground`."""

    copies: Copies
    before: Sequence[Migration]
    failed: tuple[str, ...] = ()
    live: LiveFile | None = None

    @property
    def describe(self) -> str:
        """The library's version."""
        return tools()

    @property
    def major(self) -> None:
        """A file has none."""

    @property
    def begin(self) -> DatabaseUrl:
        """The file."""
        return self.copies.url(_BASE)

    def end(self, new: Sequence[Migration]) -> DatabaseUrl | None:
        """Run what is new in a copy."""
        with self._copied(_END) as connection:
            return None if _replayed(connection, new) else self.copies.url(_END)

    def parts(self, sql: str, new: Sequence[Migration]) -> list[str]:
        """What it changes: of a rebuild the text says neither that, nor the same twice."""
        asked = Migration("schema.prisma", Path("schema.prisma"), sql, "")
        with self._copied(_ASKED) as connection:
            _replayed(connection, new)
            before = read(connection)
            failed = _replayed(connection, [asked])
            said = [] if failed else compare(read(connection), before, order=False)
        return said or [one.sql for one in statements_of(asked, "sqlite")]

    def change(self, new: Sequence[Migration]) -> SchemaChange:
        """Compare the catalogs before and after what is new, and see on the way what is renamed."""
        seen: list[Observation] = []
        with self._copied(_AFTER) as connection:
            before = read(connection)
            for one in new:
                try:
                    seen += rehearse(connection, one, statements_of(one, "sqlite")).observations
                except (MigrationFailed, NotSql):
                    continue  # told by its trial
            return change_of(before, read(connection), seen)

    def tried(
        self, new: Sequence[Migration], terms: Terms, on_progress: OnProgress, *, cache: bool, alone: bool
    ) -> list[MigrationOutcome]:
        """Prove what is new in copies of their own."""
        del alone
        memory = Memory(self.describe, terms, None) if cache else None  # the same as that of `prove`
        at = len(self.before)
        wanted = range(at, at + len(new))
        start = self.copies.path(_BASE)
        found = proven([*self.before, *new], wanted, terms, memory, on_progress, start=start, at=at)
        return [found[number] for number in wanted]

    def beside(self, new: Sequence[Migration]) -> tuple[list[Finding], list[str]]:
        """Hold the live file against the migrations."""
        return self.live.live.findings(self.before, new, self._drift) if self.live else ([], [])

    def _drift(self, applied: Sequence[Migration]) -> tuple[list[str], list[str]]:
        assert self.live is not None
        with self.copies.opened(_PLACE) as connection:
            _replayed(connection, applied)
            return compare(read(connection), self.live.catalog, order=False), []

    @contextmanager
    def _copied(self, name: str) -> Iterator[Connection]:
        self.copies.copy(_BASE, name)
        with self.copies.opened(name) as connection:
            yield connection


def tools() -> str:
    """Name the library."""
    return f"SQLite {VERSION}"


@contextmanager
def ground(
    choice: str | None,
    before: Sequence[Migration],
    new: Sequence[Migration],
    on_progress: OnProgress,
    *,
    live: DatabaseUrl | None = None,
    cache: bool = True,
) -> Iterator[FileGround]:
    """Run the base's history in a new file, which takes milliseconds, so nothing is kept."""
    del choice, new, cache
    there = LiveFile.at(live) if live else None
    with copies() as made:
        with made.opened(_BASE) as connection:
            failed = _replayed(connection, before, on_progress)
        yield FileGround(made, before, tuple(failed), there)


def _replayed(connection: Connection, migrations: Sequence[Migration], on_progress: OnProgress = silent) -> list[str]:
    """Run migrations, and return those that do not run."""
    failed = []
    for number, one in enumerate(migrations):
        on_progress(Progress("base", one.name, number, len(migrations)))
        try:
            run_whole(connection, one, statements_of(one, "sqlite"))
        except (MigrationFailed, NotSql):
            failed.append(one.name)
    return failed
