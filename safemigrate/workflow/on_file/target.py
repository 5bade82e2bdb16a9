"""An open SQLite file and the state of its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from safemigrate.db.sqlite.catalog import PRISMA, read
from safemigrate.db.sqlite.compare import fingerprint
from safemigrate.db.sqlite.connection import Connection, connect, value
from safemigrate.db.sqlite.errors import telling
from safemigrate.execute.runs import Hold, Run
from safemigrate.execute.sqlite import journal, kept, side
from safemigrate.model import AppliedMigration, KeptOutcome
from safemigrate.prisma import history as files
from safemigrate.prisma import sqlite_history as history
from safemigrate.prisma.history import HistoryState
from safemigrate.rollback.down import ByHand, of_file
from safemigrate.workflow.keeping import needed, outcomes, reasons
from safemigrate.workflow.target import Resolved


@dataclass(frozen=True, slots=True)
class FileTarget:
    """An open SQLite file; see `workflow.target.Target`. What is kept lies in the side database `side`.

    A run is one transaction, so none is ever interrupted or half rolled back.
    """

    resolved: Resolved
    connection: Connection
    side: Path
    rows: tuple[AppliedMigration, ...]
    state: HistoryState
    runs: tuple[Run, ...]
    holds: tuple[Hold, ...]
    guarded: bool
    interrupted: Run | None = None
    rolling_back: Run | None = None
    holder: str = ""

    @property
    def path(self) -> Path:
        """The file, links resolved."""
        return self.connection.path

    @property
    def bytes(self) -> int:
        """How large a copy of the file is."""
        size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(value(self.connection, size))

    @property
    def has_tables(self) -> bool:
        """Whether there is a table beside Prisma's own."""
        return any(name != PRISMA for name in read(self.connection).tables)

    @property
    def fingerprint(self) -> str:
        """The schema's fingerprint as it is now."""
        return fingerprint(read(self.connection))

    @property
    def by_hand(self) -> ByHand:
        """How a person runs a down.sql on this file."""
        return of_file(self.path, self.side, self.resolved.project.root.resolve())

    def require_writable(self) -> None:
        """Write, and undo it: what is in the way is said. Raises ConnectionFailed."""
        with telling(self.path):
            self.connection.execute("BEGIN IMMEDIATE")  # succeeds on what is read-only
            try:
                self.connection.execute(f"PRAGMA user_version = {value(self.connection, 'PRAGMA user_version')}")
            finally:
                if self.connection.in_transaction:  # a full disk has rolled back already
                    self.connection.execute("ROLLBACK")  # COMMIT, even of nothing, waits for readers

    def kept(self, retention: timedelta | None, now: datetime | None = None) -> tuple[KeptOutcome, ...]:
        """Return what is kept in the side database, then what no run in this file knows."""
        found = outcomes(kept.objects(self.connection), retention, now)
        found += (
            KeptOutcome(one, "", None, kept.size(self.connection, one.place), returned=False)
            for one in kept.orphans(self.connection)
        )
        return tuple(found)

    def count_kept(self, place: str) -> int:
        """Count the rows of a kept table."""
        return int(value(self.connection, f"SELECT count(*) FROM {place}"))

    def end_kept(self, chosen: Sequence[KeptOutcome]) -> None:
        """Empty what a rollback's SQL still names, drop the rest, and give their space back."""
        used = needed(chosen)
        side.detach(self.connection)
        with side.writing(self.path, self.side) as keeper:
            for migration, said in reasons(used).items():
                journal.weaken(keeper, migration, said)
            kept.empty(keeper, [one.kept.place for one in used])
            kept.drop(keeper, [one.kept.place for one in chosen if one not in used])
        side.shrink(self.path, self.side)
        side.attach(self.connection, self.side)

    def release(self, names: Sequence[str], *, guard: bool) -> bool:
        """End the guard in the file, and then these holds: what fails between the two can be asked for again."""
        side.detach(self.connection)
        lowered = guard and history.lower_guard(self.connection)
        if names:
            with side.writing(self.path, self.side) as keeper:
                for name in names:
                    journal.release(keeper, name)
        return lowered

    @property
    def version(self) -> int:
        """What SQLite counts up whenever another connection commits (sqlite.org/pragma.html#pragma_data_version)."""
        return int(value(self.connection, "PRAGMA data_version"))


@contextmanager
def opened(resolved: Resolved, *, make: bool = False) -> Iterator[FileTarget]:
    """Open the file and read where it stands; with `make` one that is not there is made. Raises ConnectionFailed."""
    path = resolved.url.path
    assert path is not None
    with connect(path, create=make, timeout=resolved.url.patience) as connection:
        beside = side.side_of(resolved.project.root, path)
        side.follow(connection, beside)
        side.attach(connection, beside)
        rows = history.read(connection)
        yield FileTarget(
            resolved,
            connection,
            beside,
            tuple(rows or ()),
            files.state(resolved.migrations, rows),
            tuple(journal.runs(connection)),
            tuple(journal.holds(connection)),
            history.guarded(connection),
        )
