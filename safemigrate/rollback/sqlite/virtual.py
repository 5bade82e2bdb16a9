"""Virtual tables: full-text and spatial indexes have rows of their own, or are made anew from another table's."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from safemigrate.db.sqlite.catalog import Catalog, Column, Table, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.rollback.sqlite.lineage import Descent

_TEXT = re.compile(r"fts[345]")
_TREE = re.compile(r"rtree(_i32)?|geopoly")
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(\w*))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Virtual:
    """What is known of a virtual table. `rows` is it with its key, None where its rows cannot be read and written.

    `content` is the table from which it is made anew, "" for none.
    """

    table: Table
    rows: Table | None
    content: str

    @classmethod
    def of(cls, table: Table) -> Virtual:
        """Read how a module stores (sqlite.org/fts5.html#external_content_and_contentless_tables, rtree.html)."""
        module = table.virtual.lower()
        if _TREE.fullmatch(module) and table.columns:
            return cls(table, _keyed(table, table.columns), "")
        if not _TEXT.fullmatch(module):
            return cls(table, None, "")
        if found := _CONTENT.search(table.sql):
            return cls(table, None, next((one for one in found.groups() if one), ""))
        own = Column(
            "rowid", "INTEGER", "INTEGER", required=True, default=None, key=1, generated="", collation="BINARY"
        )
        return cls(table, _keyed(table, (own, *table.columns)), "")

    def descent(self, after: Catalog) -> Descent | None:
        """Return what it is called afterwards: the same, where it is there as it was."""
        now = after.tables.get(self.table.name)
        if now is None or (now.name, now.sql) != (self.table.name, self.table.sql):
            return None
        return Descent(now.name, {fold(one.name): one.name for one in (self.rows or now).columns})


def made_anew(table: Table) -> str:
    """Write what fills an index from the rows of its content table."""
    return f"INSERT INTO {quote(table.name)} ({quote(table.name)}) VALUES ('rebuild')"


def _keyed(table: Table, columns: tuple[Column, ...]) -> Table:
    first = replace(columns[0], key=1, required=True, type="INTEGER", affinity="INTEGER")
    return replace(table, columns=(first, *columns[1:]), primary_key=(first.name,))
