"""How long a statement takes at the target's size: timed on a part of the rows that the rehearsal could do without.

A plain index or a validation harms no row, so the snapshot leaves its table out, and the rehearsal cannot time it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from time import perf_counter

from safemigrate.db import session
from safemigrate.db.catalog import CLASSES, Catalog, Identity, Object, difference
from safemigrate.db.postgres import Connection, connect, quote
from safemigrate.errors import ConnectionFailed, ServerProgramError, ShadowError, SnapshotError
from safemigrate.model import OnProgress, Progress
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.trace import Observation
from safemigrate.workflow.judge.evidence import STRONG, Evidence, Timed
from safemigrate.workflow.rehearsal.rehearse import Source
from safemigrate.workflow.rehearsal.shadows import copy_schema

# Below so many rows a scan is over before anybody waits.
LARGE = 50_000

# How much is copied of a table, and of how many tables, the largest first.
_ROWS, _BYTES, _TABLES = 100_000, 32_000_000, 8

# For one question to the target, and for one statement on the part of its rows.
_PATIENCE = "5s"

_NAME = "estimate"


@dataclass(frozen=True, slots=True)
class _Work:
    """A statement to be timed: number `number` of the migration `at`; `key` is the foreign key that it validates."""

    at: int
    number: int
    table: Identity
    key: Object | None


def estimated(
    rehearsed: Sequence[Evidence],
    source: Source,
    shadow: Shadow,
    on_progress: OnProgress,
    clock: Callable[[], float] = perf_counter,
) -> list[Evidence]:
    """Add how long statements take that go through a large table whose rows the shadow does not have.

    Where that cannot be found out, nothing is added: no estimate is worth an error.
    """
    works = [work for at, evidence in enumerate(rehearsed) for work in _works(at, evidence)]
    found: dict[tuple[int, int], Timed] = {}
    if works:
        names = dict.fromkeys(_called(rehearsed[0].start, work.table) for work in works)
        on_progress(Progress("estimate", f"on a part of the rows of {', '.join(names)}"))
        with suppress(session.SqlError, ConnectionFailed, ServerProgramError, ShadowError, SnapshotError):
            copy_schema(source.url, source.server, shadow.create(_NAME))
            with connect(shadow.url(_NAME), application_name="safemigrate rehearsal") as connection:
                rows = _filled(connection, source, rehearsed[0], works)
                _run(connection, rehearsed, [work for work in works if work.table in rows], rows, found, clock)
        if _NAME in shadow.created:
            shadow.drop(_NAME)
    return [
        replace(evidence, timed={number: timed for (of, number), timed in found.items() if of == at})
        for at, evidence in enumerate(rehearsed)
    ]


def _works(at: int, evidence: Evidence) -> Iterator[_Work]:
    """Find statements that others wait for and that go through one table: parts do not join as wholes do."""
    for number, one, _ in evidence.statements:
        gone_through = {table: each for table, each in evidence.measured(number).items() if each.works}
        waits = [table for table, each in gone_through.items() if each.lock in STRONG and not each.rows]
        large = [table for table in waits if (gone_through[table].target_rows or 0) >= LARGE]
        key = _validated(one)
        if key and key.table in large and key.table[1] != key.internal["_target"]:
            yield _Work(at, number, key.table, key)
        elif len(gone_through) == 1 and large and not key and evidence.start[large[0]].kind == "table":
            yield _Work(at, number, large[0], None)


def _validated(one: Observation) -> Object | None:
    for old, new in difference(one.before, one.after).changed:
        if old.attributes.get("type") == "f" and new.internal["_validated"] and not old.internal["_validated"]:
            return new
    return None


def _filled(connection: Connection, source: Source, first: Evidence, works: Sequence[_Work]) -> dict[Identity, int]:
    """Copy a part of each table, and of what a foreign key refers to the rows that this part refers to; count them."""
    sizes = {work.table: first.target(_called(first.start, work.table)) or 0 for work in works}
    largest = sorted(sizes, key=lambda table: sizes[table], reverse=True)[:_TABLES]
    counted: dict[Identity, int] = {}
    with connect(source.url, application_name="safemigrate snapshot") as target, target.transaction():
        session.run(target, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        session.run(target, f"SET LOCAL statement_timeout = '{_PATIENCE}'")
        session.run(connection, f"SET statement_timeout = '{_PATIENCE}'")
        session.run(connection, "SET session_replication_role = replica")  # a part refers to rows that are not in it
        for table in largest:
            part = _part(target, _called(first.start, table), sizes[table])
            keys = [work.key for work in works if work.table == table and work.key]
            wanted = {table: part} | _referred(first.start, table, part, keys)
            for each, query in wanted.items():
                if each not in counted:
                    with suppress(session.SqlError), target.transaction():
                        counted[each] = _copy(target, connection, _called(first.start, each), query)
        session.run(connection, "RESET session_replication_role")
    return counted


def _called(catalog: Catalog, table: Identity) -> str:
    return quote(catalog[table].schema, catalog[table].name)


def _part(target: Connection, table: str, rows: int) -> str:
    """Write a query for rows of pages taken at random, the same each time it is asked."""
    size = "SELECT coalesce(sum(pg_table_size(relid)), 0) FROM pg_partition_tree(%s) WHERE isleaf"
    alone = "SELECT pg_table_size(%s::regclass)"
    size_of_row = (session.value(target, size, [table]) or session.value(target, alone, [table])) / rows
    wanted = int(min(_ROWS, _BYTES / max(size_of_row, 1)))
    share = min(100.0, 150 * wanted / rows)  # half as much again: pages hold more rows or fewer
    return f"SELECT * FROM {table} TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE (1) LIMIT {wanted}"


def _referred(start: Catalog, child: Identity, part: str, keys: Sequence[Object]) -> dict[Identity, str]:
    found = {}
    for key in keys:
        parent = (CLASSES["table"], int(key.internal["_target"]), 0)
        pairs = [
            [start.get((table[0], table[1], position)) for position in key.internal[columns]]
            for table, columns in ((child, "_columns"), (parent, "_target_columns"))
        ]
        if parent in start and all(column for columns in pairs for column in columns):
            of_child, of_parent = (", ".join(quote(one.name) for one in columns if one) for columns in pairs)
            found[parent] = (
                f"SELECT * FROM {_called(start, parent)} WHERE ({of_parent}) IN (SELECT {of_child} FROM ({part}) part)"
            )
    return found


_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def _copy(target: Connection, connection: Connection, table: str, query: str) -> int:
    columns = session.value(target, _COLUMNS, [table])
    session.copy(target, f"SELECT {columns} FROM ({query}) part", connection, f"{table} ({columns})")
    session.run(connection, f"ANALYZE {table}")
    return int(session.value(connection, f"SELECT count(*) FROM {table}"))


def _run(
    connection: Connection,
    rehearsed: Sequence[Evidence],
    works: Sequence[_Work],
    rows: Mapping[Identity, int],
    found: dict[tuple[int, int], Timed],
    clock: Callable[[], float],
) -> None:
    """Run the migrations up to the last statement to be timed; one that fails without all rows ends it."""
    wanted = {(work.at, work.number): work.table for work in works}
    for at, evidence in enumerate(rehearsed):
        number = 0
        for group in evidence.seen.groups:
            with connection.transaction() if group.transactional else nullcontext():
                for one in group.observations:
                    if all((at, number) > place for place in wanted):
                        return
                    began = clock()
                    session.run(connection, one.statement.sql)
                    if table := wanted.get((at, number)):
                        found[at, number] = Timed(clock() - began, table, rows[table])
                    number += 1
                session.run(connection, "RESET ROLE")  # as in the rehearsal
