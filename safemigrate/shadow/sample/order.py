"""Which table comes first, and which foreign keys have to wait until all tables have rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.shadow.sample.table import ForeignKey, Table


def parents_first(tables: Sequence[Table]) -> Iterator[tuple[Table, tuple[ForeignKey, ...]]]:
    """Yield each table after those it refers to, with the foreign keys whose parent has no rows by then.

    Those are of a circle, a table's own included. A circle is cut where a key may be NULL, if it can be.
    """
    left = {table.name: table for table in tables}
    while left:
        ready = [one for one in left.values() if not _waits(one, left, also_optional=True)]
        if not ready:
            circle = [one for one in left.values() if one.name in _reached(one, left)]
            ready = ([one for one in circle if not _waits(one, left, also_optional=False)] or circle)[:1]
        for table in ready:
            yield table, tuple(key for key in table.foreign_keys if key.parent in left)
            del left[table.name]


def optional(table: Table, key: ForeignKey) -> bool:
    """Whether a foreign key can be left open: one of its columns, or with MATCH FULL all of them, may be NULL."""
    open_ = [not column.required for column in table.columns if column.name in key.columns]
    return all(open_) if key.full else any(open_)


def _waits(table: Table, left: dict[str, Table], *, also_optional: bool) -> bool:
    return any(
        key.parent in left and key.parent != table.name and (also_optional or not optional(table, key))
        for key in table.foreign_keys
    )


def _reached(table: Table, left: dict[str, Table]) -> set[str]:
    """Return the tables that a table refers to, and those that they refer to."""
    found: set[str] = set()
    ahead = [table]
    while ahead:
        one = ahead.pop()
        new = {key.parent for key in one.foreign_keys if key.parent != one.name and key.parent in left} - found
        found |= new
        ahead += [left[name] for name in sorted(new)]
    return found
