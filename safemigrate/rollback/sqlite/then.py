"""A table as it will be when it is back, to be asked before anything changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Table, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.rollback.sqlite.keep import CHANGED, DELETED, Keeping, old
from safemigrate.rollback.sqlite.pair import held, rowid
from safemigrate.rollback.sqlite.result import Back, stays, values
from safemigrate.rollback.sqlite.script import Change


@dataclass(frozen=True, slots=True)
class Then:
    """A former table: `stays` selects what stays of today's rows, `returns` what was kept; "" for none of that kind.

    Both give `safemigrate_at`, the rowid of a row of today, or of a kept row, and the former columns; with a row of
    today comes `safemigrate_kept`, the rowid of the kept row that has its former values. `back` is what is there today.
    """

    was: Table
    stays: str
    returns: str
    back: Back | None
    keeping: Keeping

    def alters(self, columns: Sequence[str], *, comes: bool) -> bool:
        """Whether other values than today's will stand in these columns: ones that come, or ones that are gone."""
        if self.back is None or not self.back.placed:
            return True
        changed = {fold(column.name) for column in self.keeping.changed}
        moved = self.keeping.deleted if comes else self.keeping.inserted
        return bool(moved or changed & {fold(name) for name in columns})

    @property
    def rows(self) -> str:
        """All of its rows."""
        return f"({' UNION ALL '.join(one for one in (self.stays, self.returns) if one)})"


def thens(change: Change) -> list[Then]:
    """Describe every former table."""
    found = []
    for back in change.backs:
        returns = _returns(back.pair.was, back.keeping) if back.keeping.deleted else ""
        found.append(Then(back.pair.was, _stays(change, back), returns, back, back.keeping))
    for table, keeping in change.gone:
        returns = _returns(table, keeping) if keeping.name else _nothing(table)
        found.append(Then(table, "", returns, None, keeping))
    return found


def _stays(change: Change, back: Back) -> str:
    at = "NULL"
    if own := rowid(back.pair.now):
        at = f"n.{own}" if back.keeping.key or not back.keeping.addressed else "n.safemigrate_rowid"
    kept = f"CASE WHEN k.what = '{CHANGED}' THEN k.rowid END" if back.keeping.changed else "NULL"
    listed = [f"{at} AS safemigrate_at", f"{kept} AS safemigrate_kept"]
    listed += [f"{how} AS {quote(column.name)}" for column, how in values(back, typed=True)]
    if not back.keeping.addressed:
        return f"SELECT {', '.join(listed)} FROM {back.name} AS n"
    return stays(back, back.name, listed, change.pointing(back), lambda other: other.name)


def _returns(table: Table, keeping: Keeping) -> str:
    listed = [f"k.{old(column)} AS {quote(column.name)}" for column in held(table)]
    listed[:0] = ["k.rowid AS safemigrate_at", "NULL AS safemigrate_kept"]
    return f"SELECT {', '.join(listed)} FROM {keeping.place} AS k WHERE k.what = '{DELETED}'"


def _nothing(table: Table) -> str:
    listed: Sequence[str] = [f"NULL AS {quote(column.name)}" for column in held(table)]
    return f"SELECT {', '.join(['NULL AS safemigrate_at', 'NULL AS safemigrate_kept', *listed])} WHERE 0"
