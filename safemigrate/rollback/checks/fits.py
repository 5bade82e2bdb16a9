"""Values of today that the former type of their column cannot hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from safemigrate.model import Check
from safemigrate.rollback.checks.labels import mapped, relabel
from safemigrate.rollback.checks.ways import given_back, yielded
from safemigrate.rollback.keep.retyped import TEXTS, Retyped, same_row
from safemigrate.rollback.keep.table import Column, Table, text


def fits(
    before: Table,
    end: Table,
    place: str,
    number: int,
    change: Retyped,
    *,
    now: Column,
    lies: str,
    also: str,
    left: Callable[[], str],
    pointing: Sequence[tuple[str, str]],
) -> Check:
    """Ask how many values of today the old type cannot hold, without those that this migration made.

    A value that the cast would cut short does not fit either. `end` is the table when the migration is over, its key
    that of `before` or empty; `now` is the column then, and `lies` names the old type where it is then. `place` is
    where values were kept by key, "" where none were; `also` is one more condition on row `t`.
    """
    value = f"t.{now.quoted}"
    plain = f"{value} IS NOT NULL AND {_unfit(value, change, now, lies)}{also}"
    mapping, source, where = None, f"{end.rows} AS t WHERE {plain}", plain
    by_key = place if place and end.key else ""
    if by_key:  # OFFSET 0 keeps the planner from asking about every value before it looks which are kept
        ours = f"SELECT FROM {place} AS k WHERE {same_row(before, end)} AND k.new_{number}::text = {text('t', now)}"
        source = (
            f"(SELECT t.* FROM {end.rows} AS t WHERE {value} IS NOT NULL AND NOT EXISTS ({ours}) OFFSET 0) AS t "
            f"WHERE {_unfit(value, change, now, lies)}{also}"
        )
        where = f"{plain} AND NOT EXISTS ({ours})"
    if change.labels is not None and change.way_back and (by_key or not place):
        name = change.old.quoted
        given = mapped(change.old.type, change.labels)
        follow = []
        if by_key:  # the way back of what the migration made, by which the rollback knows it again, is mapped too
            made = given(f"k.new_{number}")
            follow.append(
                f"UPDATE {place} AS k SET back_{number} = {made}::text FROM {end.rows} AS t "
                f"WHERE k.back_{number} IS NULL AND {made} IS NOT NULL "
                f"AND {same_row(before, end)} AND k.new_{number}::text = {text('t', now)}"
            )
        mapping = relabel(change.old.type, change.labels, (change.way_back, name), end, now, where, left(), follow)
        unmapped = f"{given(value)} IS NULL"
        source, where = f"{source} AND {unmapped}", f"{where} AND {unmapped}"
    key = ", ".join(f"t.{column.quoted}" for column in end.key) or value
    ways, others = [], where
    if by_key:
        same = same_row(before, end)
        changed = f"{where} AND k.new_{number}::text IS DISTINCT FROM {text('t', now)}"
        ways.append(
            given_back(left(), end, now, f"k.new_{number}::{now.type}", f" JOIN {place} AS k ON {same}", changed)
        )
        others = f"{where} AND NOT EXISTS (SELECT FROM {place} AS k WHERE {same})"
    ways.append(yielded(left(), end, (now,), others, pointing))
    return Check(
        f"{before.name}.{change.old.quoted}",
        f"{{count}} {{value of today does|values of today do}} not fit {change.old.type}",
        f"SELECT count(*) FROM {source}",
        f"SELECT concat_ws(', ', {key}, {value}::text) FROM {source} LIMIT 5",
        look=f"SELECT * FROM {end.name} AS t WHERE {where}",
        loses=True,
        table=end.name,
        relabel=mapping,
        keep_old=tuple(ways),
    )


def _unfit(value: str, change: Retyped, now: Column, lies: str) -> str:
    """Return the condition under which the old type cannot hold a value; arithmetic where a cast would cost 20 µs."""
    if change.labels is not None:
        return f"NOT ({change.known(value)})"
    if found := re.fullmatch(r"numeric\((\d+),(\d+)\)", change.old.type if now.type.startswith("numeric") else ""):
        precision, scale = int(found[1]), int(found[2])
        too_large = f"abs({value}) >= 1e{precision - scale}"
        return f"{value} <> 'NaN' AND ({too_large} OR round({value}, {scale}) <> {value})"
    if found := re.fullmatch(r"character varying\((\d+)\)", change.old.type if now.type in TEXTS else ""):
        return f"char_length({value}) > {found[1]}"
    old, new = lies.replace("'", "''"), now.type.replace("'", "''")
    return f"NOT safemigrate.fits({value}::text, '{old}', '{new}')"
