"""The rows made for one trial on a file: where they lie, where there can be none, and where they were in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, fold
from safemigrate.db.sqlite.connection import Connection, Refusal, SqlError, quote
from safemigrate.db.sqlite.script import NEW
from safemigrate.errors import MigrationFailed
from safemigrate.shadow.sqlite.rehearse import Orphaned
from safemigrate.shadow.sqlite.sample.asked import asked
from safemigrate.shadow.sqlite.sample.fill import fill
from safemigrate.sql import Statement
from safemigrate.workflow.proving import Terms


class Sampled:
    """Rows for the tables that a migration touches, for those they refer to and for those that refer to them."""

    def __init__(self, catalog: Catalog, tables: Iterable[str], statements: Sequence[Statement], terms: Terms) -> None:
        self._catalog = catalog
        self._terms = terms
        self._asked = asked(statements)
        self._tables = _reached(catalog, tables)
        self._plain: set[str] = set()
        self._away: dict[str, str] = {}
        self._met: set[str] = set()
        self._made: Mapping[str, int] = {}
        self._unfilled: Mapping[str, str] = {}

    def put(self, connection: Connection) -> None:
        """Make the rows in a file that has none of ours."""
        if not self._terms.rows:
            return
        done = fill(
            connection,
            seed=self._terms.seed,
            rows=self._terms.rows,
            tables={quote(name) for name in self._tables - self._away.keys()},
            plain={quote(name) for name in self._plain},
            asked=self._asked,
        )
        self._made, self._unfilled = done.rows, done.unfilled

    def make_way(self, error: MigrationFailed) -> bool:
        """Have plainer rows the next time where a migration failed on these, and none where it failed on those too.

        The rows are the table's that SQLite names, else all; False where there are none.
        """
        said, named = _refused(error)
        made = {name for name in self._tables if quote(name) in self._made}
        meant = {name for name in made if {fold(name), fold(NEW + name)} & named} or made
        if not meant:
            return False
        if said in self._met or meant <= self._plain:
            self._away |= dict.fromkeys(_reached(self._catalog, meant, up=False) & made, said)
        else:
            self._met.add(said)
            self._plain |= meant
        return True

    @property
    def said(self) -> str:
        """What a reader must know about the rows: where there were none."""
        away: dict[str, list[str]] = {}
        for table, why in sorted(self._away.items()):
            away.setdefault(why, []).append(quote(table))
        lines = [
            f"tested without rows in {', '.join(tables)}: with rows it fails: {why}" for why, tables in away.items()
        ]
        orphans = {quote(name) for name in _reached(self._catalog, self._away, up=False)}
        lines += [
            f"no rows could be made for {table}: {why}"
            for table, why in sorted(self._unfilled.items())
            if table not in orphans
        ]
        return "\n".join(lines)


def _reached(catalog: Catalog, tables: Iterable[str], *, up: bool = True) -> set[str]:
    """Return the tables, those that refer to them, and, `up`, those that all of these refer to."""
    keys = [
        (name, catalog.tables[key.table].name)
        for name, table in catalog.tables.items()
        for key in table.foreign_keys
        if key.table in catalog.tables
    ]
    found = {name for name in tables if name != PRISMA}
    while new := {child for child, parent in keys if parent in found} - found:
        found |= new
    while up and (new := {parent for child, parent in keys if child in found} - found):
        found |= new
    return found


def _refused(error: MigrationFailed) -> tuple[str, set[str]]:
    """What SQLite, or we, said, and the tables that it named."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Orphaned):
            return cause.summary, {fold(name) for name in cause.tables}
        if isinstance(cause, SqlError):
            refusal = Refusal.of(cause)
            return refusal.message, {fold(refusal.table.strip('"'))} if refusal.table else set()
        cause = cause.__cause__
    return str(error), set()
