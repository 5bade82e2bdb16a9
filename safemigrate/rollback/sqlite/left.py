"""What a rollback drops and users may have written since: kept before it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from safemigrate.db.sqlite.catalog import Column
from safemigrate.db.sqlite.connection import quote
from safemigrate.model import Parting
from safemigrate.rollback.sqlite.pair import held
from safemigrate.rollback.sqlite.script import Change


def partings(change: Change, left: Callable[[], str]) -> Iterator[Parting]:
    """Say what goes: the rows of new tables, the values of new columns."""
    for table in change.born:
        source = quote(table.name)
        keep = _kept(place := left(), held(table), source, "1")
        yield Parting(source, place, f"SELECT count(*) FROM {source}", keep, "rows")
    for back in change.backs:
        for column in back.pair.new:
            # With its table: what names no column in double quotes is a string to SQLite (sqlite.org/quirks.html).
            where, source = f"n.{quote(column.name)} IS NOT NULL", f"{back.name} AS n"
            certain = (one.certain("n") for one in back.pair.inverses.values() if one.today == column)
            where = " AND NOT ".join([where, *certain])
            key = [one for one in back.keeping.key or held(back.pair.now) if one.name != column.name]
            yield Parting(
                quote(back.pair.now.name, column.name),
                place := left(),
                f"SELECT count(*) FROM {source} WHERE {where}",
                _kept(place, [*key, column], source, where),
                "values",
            )


def _kept(place: str, columns: Sequence[Column], source: str, where: str) -> tuple[str, ...]:
    """Copy rows into columns without a type, where every value stays what it is."""
    listed = ", ".join(quote(column.name) for column in columns)
    return (f"CREATE TABLE {place} ({listed})", f"INSERT INTO {place} SELECT {listed} FROM {source} WHERE {where}")
