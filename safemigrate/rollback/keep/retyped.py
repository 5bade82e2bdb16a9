"""Keeping the old values of columns whose type changed.

Only of the rows where the way back would not give them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from safemigrate.model import Check, Kept, KeptKind
from safemigrate.rollback.keep.table import Column, Keeping, Table


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column before and after its type changed.

    `labels` are the old type's, where it is an enum or an array of one. `plain` means that the statement has no USING
    of its own, so that the new values are what a cast makes of the old.
    """

    old: Column
    new: Column
    labels: tuple[str, ...] | None
    plain: bool

    @property
    def way_back(self) -> str | None:
        """The USING that takes new values back and never fails on values this migration made.

        None where there is none.
        """
        name = self.old.quoted
        if self.labels is not None:
            return f"CASE WHEN {self.known(name)} THEN {name}::{self.text}::{self.old.type} END"
        if self.plain and (_castable(self.new.type, self.old.type) or self.old.type in ("text", "character varying")):
            return f"{name}::{self.old.type}"
        return None

    @property
    def text(self) -> str:
        """The type through which labels travel."""
        return "text[]" if self.old.type.endswith("[]") else "text"

    def known(self, value: str) -> str:
        """Return the condition under which the old enum has the label, or all labels, of `value`."""
        assert self.labels is not None
        known = ", ".join("'" + label.replace("'", "''") + "'" for label in self.labels)
        return f"{value}::text[] <@ ARRAY[{known}]" if self.text == "text[]" else f"{value}::text IN ({known})"

    @property
    def widens(self) -> bool:
        """Whether every old value survives the change and the way back, so that nothing needs keeping."""
        return self.plain and _widens(self.old.type, self.new.type)


def keep_retyped(
    keeping: Keeping, place: str, before: Table, after: Table, end: Table | None, changes: tuple[Retyped, ...]
) -> dict[str, str]:
    """Keep what the retyped columns of one table lose, and return the USING for each column's way back.

    By column name.

    With a way back: rows are kept where old value and way back differ, and restored where the row still has the value
    that this migration gave it. Without one: all old values are kept beside the new ones; going back empties the
    column and fills it from both. `after` is the table right after the statement, `end` when the migration is over.
    """
    using = {change.old.name: change.way_back or f"NULL::{change.old.type}" for change in changes}
    for change in changes:
        if end:
            keeping.checks.append(_fits(before, end, change))
    losing = tuple(change for change in changes if not change.widens)
    names = {change.old.name for change in losing}
    if not losing or not before.key or names & {column.name for column in before.key}:
        return using
    before_key = ", ".join(column.kept for column in before.key)
    olds = ", ".join(f"t.{change.old.quoted}::text AS {_old(change)}" for change in losing)
    news = ", ".join(f"t.{change.new.quoted}::text AS {_new(change)}" for change in losing)
    backs = ", ".join(
        f"({_of('t', change)})::text AS {_back(change)}" if change.way_back else f"NULL::text AS {_back(change)}"
        for change in losing
    )
    differs = " OR ".join(
        f"k.{_old(change)} IS DISTINCT FROM ({_of('t', change)})::text" if change.way_back else "true"
        for change in losing
    )
    key = ", ".join(f"k.{column.quoted}" for column in before.key)
    match = _match(before, after)
    keeping.before += [
        f"LOCK TABLE {before.name} IN ACCESS EXCLUSIVE MODE",
        f"DROP TABLE IF EXISTS {place}",
        f"DROP TABLE IF EXISTS {place}_all",
        f"CREATE TABLE {place}_all AS SELECT {before_key}, {olds} FROM {before.name} AS t",
    ]
    old_columns = ", ".join(f"k.{_old(change)}" for change in losing)
    keeping.after += [
        f"CREATE TABLE {place} AS SELECT {key}, {old_columns}, {news}, {backs} "
        f"FROM {place}_all AS k JOIN {after.name} AS t ON {match} WHERE {differs}",
        f"DROP TABLE {place}_all",
    ]
    for change in losing:
        _give_back(keeping, place, before, after, change)
        keeping.kept.append(Kept(KeptKind.COLUMN, f"{before.name}.{change.old.quoted}", place))
    return using


def _give_back(keeping: Keeping, place: str, before: Table, after: Table, change: Retyped) -> None:
    name, match = change.old.quoted, before.key_match
    if change.way_back:
        keeping.refill += before.silenced(
            [
                f"UPDATE {before.name} AS t SET {name} = k.{_old(change)}::{change.old.type} FROM {place} AS k "
                f"WHERE {match} AND t.{name}::text IS NOT DISTINCT FROM k.{_back(change)} "
                f"AND k.{_old(change)} IS DISTINCT FROM k.{_back(change)}"
            ]
        )
        return
    since = f"{place}_since"
    key = ", ".join(f"t.{column.quoted}" for column in after.key)
    keeping.first += [
        f"CREATE TABLE {since} AS SELECT {key}, t.{change.new.quoted}::text AS now FROM {after.name} AS t "
        f"WHERE NOT EXISTS (SELECT FROM {place} AS k WHERE {_match(before, after)} "
        f"AND k.{_new(change)} IS NOT DISTINCT FROM t.{change.new.quoted}::text)"
    ]
    by_key = " AND ".join(
        f"t.{b.quoted}::text = s.{a.quoted}::text" for b, a in zip(before.key, after.key, strict=True)
    )
    keeping.refill += before.silenced(
        [
            f"UPDATE {before.name} AS t SET {name} = k.{_old(change)}::{change.old.type} FROM {place} AS k WHERE {match}",
            f"UPDATE {before.name} AS t SET {name} = s.now::{change.old.type} FROM {since} AS s WHERE {by_key}",
        ]
    )
    keeping.settle.append(f"DROP TABLE {since}")


def _fits(before: Table, end: Table, change: Retyped) -> Check:
    """Ask how many values of today the old type cannot hold.

    A value that the cast would cut short does not fit either.
    """
    now = next((column for column in end.columns if column.name == change.new.name), change.new)
    value = f"t.{now.quoted}"
    if change.labels is not None:
        fails = f"NOT ({change.known(value)})"
    else:
        old, new = change.old.type.replace("'", "''"), now.type.replace("'", "''")
        fails = f"NOT safemigrate.fits({value}::text, '{old}', '{new}')"
    source = f"{end.name} AS t WHERE {value} IS NOT NULL AND {fails}"
    key = ", ".join(f"t.{column.quoted}" for column in end.key) or value
    return Check(
        f"{before.name}.{change.old.quoted}",
        f"{{count}} values of today do not fit {change.old.type}",
        f"SELECT count(*) FROM {source}",
        f"SELECT concat_ws(', ', {key}, {value}::text) FROM {source} LIMIT 5",
        (f"change these values, then roll back: SELECT * FROM {source}",),
    )


def _of(alias: str, change: Retyped) -> str:
    """Return the way back, its column read from `alias` under the name that it has after the statement."""
    assert change.way_back is not None
    return change.way_back.replace(f"{change.old.quoted}::", f"{alias}.{change.new.quoted}::")


def _match(before: Table, after: Table) -> str:
    return " AND ".join(
        f"t.{new.quoted} = k.{old.quoted}" if old.builtin else f"t.{new.quoted}::text = k.{old.quoted}"
        for old, new in zip(before.key, after.key, strict=True)
    )


def _old(change: Retyped) -> str:
    return _named("old", change)


def _new(change: Retyped) -> str:
    return _named("new", change)


def _back(change: Retyped) -> str:
    return _named("back", change)


def _named(role: str, change: Retyped) -> str:
    # A column name may have 63 bytes already; what is cut off must not make two columns one.
    return f'"{role} {change.old.name.replace(chr(34), chr(34) * 2)[:40]}"'


_FAMILIES = (
    ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    ("text", "character varying", "character", "bpchar"),
    ("date", "timestamp without time zone", "timestamp with time zone"),
    ("time without time zone", "time with time zone"),
    ("json", "jsonb"),
    ("inet", "cidr"),
    ("bit", "bit varying"),
)


def _castable(new: str, old: str) -> bool:
    """Whether a cast from `new` gives every value back that a cast from `old` made: both are of one family."""
    bare = [re.sub(r"\(.*?\)", "", name) for name in (new, old)]
    return any(bare[0] in family and bare[1] in family for family in _FAMILIES)


def _widens(old: str, new: str) -> bool:
    """Whether a cast from `old` to `new` and back is the identity for every value (measured on PostgreSQL 10 to 18)."""
    if old == new:
        return True
    integers = ["smallint", "integer", "bigint"]
    if old in integers:
        return new == "numeric" or (new in integers and integers.index(new) >= integers.index(old))
    texts = r"character varying(?:\((\d+)\))?|text"
    if (was := re.fullmatch(texts, old)) and (now := re.fullmatch(texts, new)):
        return now[1] is None or (was[1] is not None and int(now[1]) >= int(was[1]))
    number = r"numeric\((\d+),(\d+)\)"
    if was := re.fullmatch(number, old):
        now = re.fullmatch(number, new)
        return bool(now and now[2] == was[2] and int(now[1]) >= int(was[1]))
    moment = r"timestamp(?:\((\d)\))? (with(?:out)? time zone)"
    if (was := re.fullmatch(moment, old)) and (now := re.fullmatch(moment, new)):
        return was[2] == now[2] and int(now[1] or 6) >= int(was[1] or 6)
    return (old, new) == ("real", "double precision")
