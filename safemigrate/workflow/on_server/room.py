"""How much room keeping takes on the target's server, estimated before anything is kept.

What is moved costs nothing. What is copied is asked of a sample of the rows with the very queries that will copy them;
how many rows a statement changes was counted in the rehearsal. How much room the server has, nobody but its owner
can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.errors import HistoryError
from safemigrate.model import Kept, KeptKind, Plan, Step, Trace

_SAMPLE = 1000
# A row's header and its line pointer (PostgreSQL docs 73.6), with the padding of its columns.
_ROW = 32
_ARRAY = r'ARRAY\[.*\]::text\[\](?: COLLATE "C")?'


@dataclass(frozen=True, slots=True)
class Room:
    """What one kept place takes: an estimate in bytes; `subjects` are what it holds, as users write them."""

    subjects: tuple[str, ...]
    place: str
    bytes: int


def estimated(connection: Connection, plans: Sequence[Plan]) -> list[Room]:
    """Estimate every place that is filled by copying, largest first."""
    found = []
    for plan in plans:
        traces = dict(enumerate(plan.traces))
        for number, step in enumerate(plan.steps):
            places: dict[str, list[Kept]] = {}
            for one in step.kept:
                if one.place.startswith("safemigrate.") and one.kind not in (KeptKind.TYPE, KeptKind.SEQUENCE):
                    places.setdefault(one.place, []).append(one)
            for place, kept in places.items():
                size = _size(connection, step, traces.get(number), place, kept[0])
                found.append(Room(tuple(one.subject for one in kept), place, size))
    return sorted(found, key=lambda room: -room.bytes)


def require_room(connection: Connection, plans: Sequence[Plan], limit: int | None) -> None:
    """Raise HistoryError where keeping is estimated to take more than `limit` bytes; None is no limit."""
    if limit is None:
        return
    rooms = estimated(connection, plans)
    total = sum(room.bytes for room in rooms)
    if total > limit:
        listed = [f"{', '.join(room.subjects)}: about {room.bytes:,} bytes" for room in rooms[:10]]
        raise HistoryError(
            f"keeping what this change would lose takes about {total:,} bytes in the database",
            "\n".join(
                [
                    *listed,
                    f"The setting keep_limit_bytes allows {limit:,}. Nothing was changed.",
                    "How much room the server has cannot be asked from here.",
                ]
            ),
            (
                "raise keep_limit_bytes in safemigrate.toml, or remove it",
                "safemigrate prune --returned --dry-run   # frees what no rollback needs any more",
                "split the migration: each part keeps less, and can be pruned before the next",
            ),
        )


def _size(connection: Connection, step: Step, trace: Trace | None, place: str, one: Kept) -> int:
    try:
        if one.kind is KeptKind.ROWS:
            return _rows(connection, step, trace, place, one.subject)
        for sql in step.before:
            for made, copies in ((f"CREATE TABLE {place} AS ", 1), (f"CREATE TABLE {place}_all AS ", 3)):
                if sql.startswith(made):
                    select = sql.removeprefix(made)
                    count, width = _measured(connection, select)
                    return int(count * (_ROW + copies * width))
    except session.SqlError:  # an earlier statement of the script makes what this one reads
        pass
    table = one.subject if one.kind is not KeptKind.COLUMN else one.subject.rpartition('."')[0]
    return int(session.value(connection, "SELECT coalesce(pg_table_size(to_regclass(%s)), 0)", [table]))


def _measured(connection: Connection, select: str) -> tuple[int, float]:
    """Count the rows of a query, and weigh a sample of them."""
    sample = f"SELECT coalesce(avg(pg_column_size(q)), 0) - 24 FROM ({select} LIMIT {_SAMPLE}) AS q"
    count = session.value(connection, f"SELECT count(*) FROM ({select}) AS q")
    return count, max(0.0, float(session.value(connection, sample)))


def _rows(connection: Connection, step: Step, trace: Trace | None, place: str, subject: str) -> int:
    """Weigh a row's key and values as capture writes them, and take the rehearsal's count of rows."""
    key, value = next(_expressions(step, place))
    weigh = f"SELECT coalesce(avg(pg_column_size({key})), 0), coalesce(avg(pg_column_size({value})), 0)"
    sample = f"{weigh} FROM (SELECT * FROM {subject} LIMIT {_SAMPLE}) AS r"
    ((key_size, value_size),) = session.rows(connection, sample)
    inserted, updated, deleted = (trace.rows if trace else {}).get(subject, (0, 0, 0))
    if "TRUNCATE" in step.sql.upper():
        deleted = max(deleted, session.value(connection, f"SELECT count(*) FROM {subject}"))
    values = inserted + 2 * updated + deleted
    return int((inserted + updated + deleted) * (_ROW + float(key_size)) + values * float(value_size))


def _expressions(step: Step, place: str) -> Iterator[tuple[str, str]]:
    """Find how a step writes the key and the values of a row `r` into its log."""
    for sql in step.before:
        if found := re.search(rf"capture\('{re.escape(place)}_log', '((?:[^']|'')*)', '((?:[^']|'')*)'", sql):
            yield found[1].replace("''", "'"), found[2].replace("''", "'")
        copied = rf"INSERT INTO {re.escape(place)}_log \(key, old\) SELECT ({_ARRAY}), ({_ARRAY}) FROM "
        if found := re.match(copied, sql):
            yield found[1], found[2]
    yield "NULL::text", "r.*::text"
