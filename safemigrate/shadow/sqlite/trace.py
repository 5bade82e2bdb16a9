"""What one statement does in a copy of a file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.connection import Connection, SqlError, literal, quote, rows, run, value
from safemigrate.db.sqlite.written import Change, Write, writes
from safemigrate.model import Trace
from safemigrate.sql import Statement
from safemigrate.sql.pragmas import pragma

# Their clause decides row by row what becomes of one that is there already; a table's constraint may have it too.
_OTHERWISE = re.compile(r"\b(REPLACE|CONFLICT)\b", re.IGNORECASE)
_CHANGES: tuple[Change, ...] = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Observation:
    """A statement, its trace, and the catalogs around it.

    `written` holds the tables, by the name they had then, whose rows it changed or, had they been there, could have:
    SQLite says so itself, of what triggers and foreign keys' actions reach too. `changed` holds those where it did.
    """

    statement: Statement
    trace: Trace
    before: Catalog
    after: Catalog
    written: frozenset[str]
    changed: frozenset[str]


class Tracer:
    """Observes statements on one connection, one after another, in whatever transaction the caller has open."""

    def __init__(self, connection: Connection, now: Catalog | None = None) -> None:
        self._connection = connection
        self.catalog = now or read(connection)
        self._start = self.catalog
        self._version = self._schema_version()

    def observe(self, statement: Statement, execute: Callable[[], None]) -> Observation:
        """Execute a statement and say what it did. Errors of `execute` pass."""
        before = self.catalog
        foreseen = self._own(self._foreseen(statement))
        with self._counted(statement, foreseen) as counts, writes(self._connection) as seen:
            began = time.perf_counter()
            execute()
            seconds = time.perf_counter() - began
        after = self._look()
        changed = {table: (found[0], found[1], found[2]) for table, found in counts.items() if any(found)}
        born, moved = _born(statement, before, after), self._moved(statement, before, after)
        trace = Trace(
            statement.span.line,
            statement.sql,
            seconds,
            rewrites=tuple(sorted(map(quote, moved))),
            rows={quote(table): found for table, found in sorted(changed.items())},
            born=tuple(sorted(map(quote, born))),
        )
        written = {table for _, table in foreseen | self._own(seen)}
        return Observation(statement, trace, before, after, frozenset(written), frozenset(changed))

    def _schema_version(self) -> int:
        return int(value(self._connection, "PRAGMA schema_version"))

    def _look(self) -> Catalog:
        """The catalog as it is now; it is read again only where SQLite says that it is another."""
        version = self._schema_version()
        if version != self._version:
            self._version, self.catalog = version, read(self._connection)
        return self.catalog

    def _foreseen(self, statement: Statement) -> set[Write]:
        """What a statement may write, from its compilation alone; a PRAGMA may act while it is compiled."""
        with writes(self._connection) as found:
            if not pragma(statement)[0]:
                with suppress(SqlError):  # said where it runs
                    self._connection.execute(f"EXPLAIN {statement.sql}").close()
        return found

    def _own(self, found: set[Write]) -> set[Write]:
        """Those to rows of tables that are in the catalog, by its spelling: SQLite's own of a virtual table are not."""
        known = self.catalog.tables
        return {(change, known[table].name) for change, table in found if table in known and change != "alter"}

    @contextmanager
    def _counted(self, statement: Statement, foreseen: set[Write]) -> Iterator[dict[str, list[int]]]:
        """Count the rows of each table that are inserted, updated and deleted inside the block.

        A change of one kind to one table is what SQLite counts itself; else triggers of ours do. A dropped table's own
        rows are not counted: it is gone as a whole.
        """
        tables = {name: self.catalog.tables[name] for _, name in foreseen}
        counted = sorted(write for write in foreseen if not tables[write[1]].virtual)
        counts = {name: [0, 0, 0] for _, name in counted}
        replacing = [name for name in counts if _OTHERWISE.search(statement.sql + tables[name].sql)]
        sizes = {name: self._size(name) for name in replacing}
        if len(counted) == 1 and not replacing:
            ((change, name),) = counted
            before = self._connection.total_changes
            yield counts
            if statement.kind != "DROP TABLE":
                counts[name][_CHANGES.index(change)] = self._connection.total_changes - before
        elif counted:
            with _watched(self._connection, counted) as seen:
                yield counts
            for number, (change, name) in enumerate(counted):
                counts[name][_CHANGES.index(change)] = seen.get(number, 0)
            for name, size in sizes.items():  # what a REPLACE removes fires no trigger
                counts[name][2] = max(0, size + counts[name][0] - self._size(name))
        else:
            yield counts

    def _size(self, table: str) -> int:
        return int(value(self._connection, f"SELECT count(*) FROM {quote(table)}"))

    def _moved(self, statement: Statement, before: Catalog, after: Catalog) -> set[str]:
        """The tables whose rows were written anew: another table has taken the name, or a column left every row."""
        if before is after or statement.kind != "ALTER TABLE":
            return set()
        found = set()
        for table in after.tables.values():
            was = before.tables.get(table.name)
            rebuilt = was is None and table.name in self._start.tables
            narrower = was and was.root == table.root and len(was.columns) > len(table.columns)
            if rebuilt or narrower:
                found.add(table.name)
        return found


def _born(statement: Statement, before: Catalog, after: Catalog) -> set[str]:
    if not statement.kind.startswith("CREATE"):
        return set()
    return {name for name in after.tables if name not in before.tables}


@contextmanager
def _watched(connection: Connection, counted: Sequence[Write]) -> Iterator[dict[int, int]]:
    """Let triggers of ours count; what they saw is there, by the number of the write, when the block has ended."""
    seen: dict[int, int] = {}
    run(connection, "CREATE TEMP TABLE safemigrate_counted (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL)")
    made = []
    try:
        for number, (change, table) in enumerate(counted):
            name = f"safemigrate_counts_{number}"
            run(connection, f"INSERT INTO safemigrate_counted VALUES ({literal(number)}, 0)")
            run(
                connection,
                f"CREATE TEMP TRIGGER {name} AFTER {change} ON main.{quote(table)} BEGIN"
                f" UPDATE safemigrate_counted SET rows = rows + 1 WHERE number = {literal(number)}; END",
            )
            made.append(name)
        yield seen
        seen.update(rows(connection, "SELECT number, rows FROM safemigrate_counted"))
    finally:
        for name in made:
            run(connection, f"DROP TRIGGER IF EXISTS temp.{name}")
        run(connection, "DROP TABLE IF EXISTS temp.safemigrate_counted")
