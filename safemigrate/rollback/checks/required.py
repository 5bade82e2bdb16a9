"""Rows written since that have no value for a required column which comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safemigrate.model import Check, Way
from safemigrate.rollback.checks.ways import removed
from safemigrate.rollback.keep.columns import filled_by
from safemigrate.rollback.keep.table import Column, Table


def required(
    place: str,
    table: Table,
    end: Table,
    gone: Sequence[Column],
    left: Callable[[], str],
    pointing: Sequence[tuple[str, str]],
) -> list[Check]:
    """Ask about rows that none of the values in `place`, of the columns `gone` of `table`, belongs to.

    `end` is the table when the migration is over; its key is `table`'s under the names it has then, or empty.
    """
    checks = []
    for number, column in enumerate(gone):
        if not column.not_null or column.default or column.identity:
            continue
        count = f"SELECT greatest(0, (SELECT count(*) FROM {end.rows}) - (SELECT count(*) FROM {place}))"
        sample = look = ""
        ways: tuple[Way, ...] = ()
        if table.key and end.key:
            match = " AND ".join(
                f"t.{now.quoted}{'' if then.builtin else '::text'} = k.{then.quoted}"
                for then, now in zip(table.key, end.key, strict=True)
            )
            where = f"NOT EXISTS (SELECT FROM {place} AS k WHERE {match})"
            new = f"{end.rows} AS t WHERE {where}"
            count = f"SELECT count(*) FROM {new}"
            sample = f"SELECT concat_ws(', ', {', '.join(f't.{c.quoted}' for c in end.key)}) FROM {new} LIMIT 5"
            look = f"SELECT * FROM {new}"
            ways = (removed(left(), end, where, pointing),)
        checks.append(
            Check(
                f"{table.name}.{column.quoted}",
                "{count} {row written since has|rows written since have} no value for this required column",
                count,
                sample,
                look,
                filled_by(place, number),
                keep_old=ways,
            )
        )
    return checks
