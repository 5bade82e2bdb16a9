"""Keeping the old values of columns whose type changed.

Only of the rows where the way back would not give them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from safemigrate.model import Kept, KeptKind
from safemigrate.rollback.keep.table import KEY_CHANGES, NO_KEY, Column, Keeping, Table, text

TEXTS = ("text", "character varying")


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column before and after its type changed.

    `labels` are the old type's, where it is an enum or an array of one. `plain` means that the statement has no USING
    of its own, so that the new values are what a cast makes of the old; `formats` that this cast may have made texts
    of a format which the way back would not read.
    """

    old: Column
    new: Column
    labels: tuple[str, ...] | None
    plain: bool
    formats: bool = False

    @property
    def way_back(self) -> str | None:
        """The USING that takes new values back and never fails on values this migration made.

        None where there is none.
        """
        name = self.old.quoted
        if self.old.type == self.new.type and self.labels is None:
            return f"{name}::{self.old.type}"
        if self.labels is not None:
            return f"CASE WHEN {self.known(name)} THEN {name}::{self.carrier}::{self.old.type} END"
        texts = [re.sub(r"\(.*?\)", "", one.type) in TEXTS for one in (self.old, self.new)]
        if self.formats and texts[0] != texts[1]:
            return None
        if self.plain and (
            _castable(self.new.type, self.old.type)
            or self.old.type in ("text", "character varying")
            or self.new.type in ("text", "character varying")
        ):
            return f"{name}::{self.old.type}"
        return None

    def back(self, alias: str) -> str:
        """Return the way back, its column read from `alias` under the name that it has after the statement.

        NULL where there is none.
        """
        if not self.way_back:
            return "NULL::text"
        given = self.way_back.replace(f"{self.old.quoted}::", f"{alias}.{self.new.quoted}::")
        return f"({given})" if self.old.builtin else f"({given})::text"

    @property
    def carrier(self) -> str:
        """The type through which labels travel."""
        return "text[]" if self.old.type.endswith("[]") else "text"

    def known(self, value: str) -> str:
        """Return the condition under which the old enum has the label, or all labels, of `value`."""
        assert self.labels is not None
        known = ", ".join("'" + label.replace("'", "''") + "'" for label in self.labels)
        return (
            f"array_remove({value}::text[], NULL) <@ ARRAY[{known}]"
            if self.carrier == "text[]"
            else f"{value}::text IN ({known})"
        )

    @property
    def widens(self) -> bool:
        """Whether every old value survives the change and the way back, so that nothing needs keeping."""
        return self.plain and _widens(self.old.type, self.new.type)


@dataclass(frozen=True, slots=True)
class Given:
    """The USING of each column's way back, by column name; where values are kept by key; and what is not kept."""

    using: dict[str, str]
    place: str = ""
    reasons: tuple[str, ...] = ()


def keep_retyped(
    keeping: Keeping,
    place: str,
    before: Table,
    after: Table,
    changes: tuple[Retyped, ...],
    *,
    in_order: bool,
) -> Given:
    """Keep what the retyped columns of one table lose, and return the USING for each column's way back.

    With a way back: rows are kept where old value and way back differ, and restored where the row still has the value
    that this migration gave it. Without one: all old values are kept beside the new ones; going back empties the
    column and fills it from both. `after` is the table right after the statement. `in_order` says that the statement
    rewrote the table row by row and did nothing else, so that rows can be told by their order where the key is among
    the retyped columns, or where there is none.
    """
    using = {change.old.name: change.way_back or f"NULL::{change.old.type}" for change in changes}
    losing = tuple(change for change in changes if not change.widens)
    if not losing:
        return Given(using)
    names = {change.old.name for change in losing}
    if before.key and not names & {column.name for column in before.key}:
        _keep_by_key(keeping, place, before, after, losing)
        return Given(using, place)
    stuck = [
        change
        for change in losing
        if not change.way_back and (not before.key or change.old.name in {column.name for column in before.key})
    ]
    if stuck or not in_order or (before.key and not all(change.way_back for change in losing)):
        why = "the key of its rows changes too" if before.key else "the table has no key"
        return Given(
            using,
            reasons=tuple(
                f"former values of {before.name}.{one.old.quoted} are not kept: {why}"
                + ("" if one.way_back else "; values written since are lost too, for nothing leads back")
                for one in losing
            ),
        )
    _keep_by_order(keeping, place, before, after, losing)
    return Given(using)


def _keep_by_key(keeping: Keeping, place: str, before: Table, after: Table, losing: tuple[Retyped, ...]) -> None:
    key = ", ".join(column.kept for column in before.key)
    same = same_row(before, after)
    keeping.before += [
        f"LOCK TABLE {before.name} IN ACCESS EXCLUSIVE MODE",
        f"DROP TABLE IF EXISTS {place}",
        f"DROP TABLE IF EXISTS {place}_all",
        *before.unforced([f"CREATE TABLE {place}_all AS SELECT {key}, {_olds(losing)} FROM {before.rows} AS t"]),
    ]
    columns = ", ".join([*(f"k.{column.quoted}" for column in before.key), _news(losing)])
    keeping.after += [
        *before.unforced(
            [
                f"CREATE TABLE {place} AS SELECT {columns} FROM {place}_all AS k "
                f"JOIN {after.rows} AS t ON {same} WHERE {_differs(losing)}"
            ]
        ),
        f"DROP TABLE {place}_all",
    ]
    simple = [(number, change) for number, change in enumerate(losing) if change.way_back]
    if simple:
        keeping.refill += before.refill(
            place, [f"UPDATE {before.rows} AS t\nSET {_given(simple)}\nFROM {place} AS k\nWHERE {before.key_match}"]
        )
    for number, change in enumerate(losing):
        if not change.way_back:
            _give_back(keeping, place, before, after, number, change)
        keeping.kept.append(Kept(KeptKind.COLUMN, f"{before.name}.{change.old.quoted}", place))


def _keep_by_order(keeping: Keeping, place: str, before: Table, after: Table, losing: tuple[Retyped, ...]) -> None:
    """Pair old and new values by the order of rows, which a rewrite keeps (source: ATRewriteTable in tablecmds.c).

    A row is found again by its key, or else by all its columns, as they are after the way back.
    """
    keys = before.key or tuple(column for column in before.columns if not column.generated)
    ways = {change.old.name: change for change in losing}
    now = {
        then.position: column for then in before.columns for column in after.columns if column.position == then.position
    }
    number = "row_number() OVER (ORDER BY t.tableoid, t.ctid) AS safemigrate_row"
    found = [
        (ways[column.name].back("t") if column.name in ways else f"t.{now[column.position].quoted}::text")
        + f" AS is_{at}"
        for at, column in enumerate(keys)
    ]
    keeping.before += [
        f"LOCK TABLE {before.name} IN ACCESS EXCLUSIVE MODE",
        "SET LOCAL synchronize_seqscans = off",  # else a large table's rewrite may start in its middle
        f"DROP TABLE IF EXISTS {place}",
        f"DROP TABLE IF EXISTS {place}_all",
        *before.unforced([f"CREATE TABLE {place}_all AS SELECT {number}, {_olds(losing)} FROM {before.rows} AS t"]),
    ]
    keeping.after += [
        *before.unforced(
            [
                f"CREATE TABLE {place} AS SELECT {', '.join(found)}, {_news(losing)} FROM {place}_all AS k "
                f"JOIN (SELECT {number}, t.* FROM {after.rows} AS t) AS t USING (safemigrate_row) "
                f"WHERE {_differs(losing)}"
            ]
        ),
        f"DROP TABLE {place}_all",
    ]
    given = _given(list(enumerate(losing)))
    if before.key:
        match = "\n  AND ".join(f"{text('t', column)} = k.is_{at}::text" for at, column in enumerate(keys))
        restore = f"UPDATE {before.rows} AS t\nSET {given}\nFROM {place} AS k\nWHERE {match}"
    else:
        here = f"md5(ROW({', '.join(f't.{column.quoted}::text' for column in keys)})::text)"
        there = f"md5(ROW({', '.join(f'k.is_{at}::text' for at in range(len(keys)))})::text)"
        twin = "row_number() OVER (PARTITION BY {0}) AS twin"
        restore = (
            f"UPDATE {before.rows} AS t\nSET {given}\n"
            f"FROM (SELECT t.tableoid AS home, t.ctid AS at, {here} AS content, {twin.format(here)}\n"
            f"      FROM {before.rows} AS t) AS r\n"
            f"JOIN (SELECT k.*, {there} AS content, {twin.format(there)} FROM {place} AS k) AS k\n"
            "  ON k.content = r.content AND k.twin = r.twin\nWHERE t.tableoid = r.home AND t.ctid = r.at"
        )
    keeping.refill += before.refill(place, [restore], whole=KEY_CHANGES if before.key else NO_KEY)
    keeping.kept += [Kept(KeptKind.COLUMN, f"{before.name}.{change.old.quoted}", place) for change in losing]


def _give_back(keeping: Keeping, place: str, before: Table, after: Table, number: int, change: Retyped) -> None:
    name, match, now = change.old.quoted, before.key_match, text("t", change.new)
    since = f"{place}_since_{number}"
    key = ", ".join(f"t.{column.quoted}" for column in after.key)
    keeping.first += [
        *before.unforced(
            [
                f"CREATE TABLE {since} AS SELECT {key}, t.{change.new.quoted}::text AS safemigrate_now\n"
                f"FROM {after.rows} AS t\nWHERE NOT EXISTS (SELECT FROM {place} AS k WHERE {same_row(before, after)} "
                f"AND k.new_{number}::text IS NOT DISTINCT FROM {now})"
            ]
        )
    ]
    by_key = " AND ".join(
        f"t.{b.quoted}::text = s.{a.quoted}::text" for b, a in zip(before.key, after.key, strict=True)
    )
    new, empty = f"NOT EXISTS (SELECT FROM {since} AS s WHERE {by_key})", f"t.{name} IS NULL"
    keeping.refill += before.refill(
        place,
        [
            f"UPDATE {before.rows} AS t\nSET {name} = k.old_{number}::{change.old.type}\n"
            f"FROM {place} AS k\nWHERE {match} AND {empty} AND {new}"
        ],
        [
            f"UPDATE {before.rows} AS t\nSET {name} = s.safemigrate_now::{change.old.type}\n"
            f"FROM {since} AS s\nWHERE {by_key} AND {empty}"
        ],
    )
    keeping.settle.append(f"DROP TABLE {since}")


def same_row(before: Table, after: Table) -> str:
    """Return the condition that joins row `t`, under the key's names of `after`, with kept row `k`."""
    return " AND ".join(
        f"t.{new.quoted} = k.{old.quoted}" if old.builtin else f"t.{new.quoted}::text = k.{old.quoted}"
        for old, new in zip(before.key, after.key, strict=True)
    )


def _olds(losing: tuple[Retyped, ...]) -> str:
    return ", ".join(f"{_held('t', change.old)} AS old_{number}" for number, change in enumerate(losing))


def _news(losing: tuple[Retyped, ...]) -> str:
    return ", ".join(
        f"k.old_{number}, {_held('t', change.new)} AS new_{number}, {change.back('t')} AS back_{number}"
        for number, change in enumerate(losing)
    )


def _differs(losing: tuple[Retyped, ...]) -> str:
    return " OR ".join(
        f"k.old_{number}::text IS DISTINCT FROM ({change.back('t')})::text" if change.way_back else "true"
        for number, change in enumerate(losing)
    )


def _given(changes: list[tuple[int, Retyped]]) -> str:
    """Give the old value back to every column that still has what the migration made of it."""
    return ",\n    ".join(
        f"{change.old.quoted} = CASE WHEN {text('t', change.old)} IS NOT DISTINCT FROM k.back_{number}::text "
        f"THEN k.old_{number}::{change.old.type} ELSE t.{change.old.quoted} END"
        for number, change in changes
    )


def _held(alias: str, column: Column) -> str:
    """Hold a value as it is, where its type stays: as text it would depend on the session's settings."""
    return f"{alias}.{column.quoted}" + ("" if column.builtin else "::text")


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
