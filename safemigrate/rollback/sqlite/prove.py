"""Up, down, compared, up again: whether the way back of a SQLite file is the identity, in schema and rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import PRISMA, Catalog, fold, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, value
from safemigrate.db.sqlite.copy import integrity
from safemigrate.db.sqlite.foreign_keys import added, foreign_keys, in_words, violations
from safemigrate.db.sqlite.rows import differences, readable
from safemigrate.db.sqlite.written import touched, writes
from safemigrate.errors import MigrationFailed
from safemigrate.model import Plan, Proof, Verdict
from safemigrate.rollback.sqlite import own
from safemigrate.rollback.sqlite.derive import HEADER


def prove(
    connection: Connection,
    plan: Plan,
    before: Catalog,
    after: Catalog,
    *,
    forward: Callable[[], None],
    reasons: Sequence[str] = (),
    written: Collection[str] | None = None,
) -> Plan:
    """Prove a plan whose migration has just run in the file of `connection`; the one before it is attached as `before`.

    The way back runs and is compared; then `forward` runs the migration again, which must lead to the same. `reasons`
    are what is known beforehand not to come back. `written` are the tables whose rows the migration may have changed:
    where it is given, what neither that nor the way back wrote to is not read. Afterwards the file is as the migration
    left it, unless a reason says otherwise.
    """
    began = time.perf_counter()
    reached = None if written is None else touched(before, after, written)
    found = list(reasons)
    there = _counts(connection, after)
    try:
        with foreign_keys(connection, on=False), connection.transaction(), writes(connection) as wrote:
            _run(connection, plan)
    except (MigrationFailed, SqlError) as error:
        said = _said(error) if plan.down else f"the inverse fails: {_said(error)}"
        return _with(connection, plan, Verdict.IMPOSSIBLE, [*found, said], began)
    if reached is not None:
        reached |= {table for _, table in wrote}
    found += _compared(connection, before, reached, texts=not plan.down)
    try:
        forward()
    except MigrationFailed as error:
        found.append(f"it does not run again after its inverse: {_said(error)}")
    else:
        # Counters do not go back, and time goes on: only how many rows there are must be the same.
        now = read(connection)
        again = compare(after, now) or _unlike(there, _counts(connection, now))
        found += [f"run again after its inverse it ends differently: {'; '.join(again[:5])}"] if again else []
    return _with(connection, plan, Verdict.LOSSY if found else Verdict.EXACT, found, began)


def prove_own(
    connection: Connection,
    plan: Plan,
    down: str,
    before: Catalog,
    after: Catalog,
    *,
    forward: Callable[[], None],
    reasons: Sequence[str] = (),
) -> Plan:
    """Prove a team's own down.sql as `prove` has proven the `plan`, and take it in its place where it is no worse.

    `connection` is to another copy of the file, as the migration left it.
    """
    theirs = prove(connection, replace(plan, down=down), before, after, forward=forward, reasons=reasons)
    found = theirs.proof
    if found.verdict is not Verdict.IMPOSSIBLE and set(found.reasons) <= set(plan.proof.reasons):
        return replace(theirs, generated=plan.proof)
    return replace(plan, refused=found.reasons)


def _counts(connection: Connection, catalog: Catalog) -> dict[str, int]:
    named = (name for name, table in catalog.tables.items() if name != PRISMA and not table.virtual)
    return {name: int(value(connection, f"SELECT count(*) FROM {quote('main', name)}")) for name in named}


def _unlike(expected: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    unlike = (name for name, count in expected.items() if now[name] != count)
    return [f"table {quote(name)} has {now[name]:,} rows, not {expected[name]:,}" for name in unlike]


def way_back(plan: Plan) -> list[tuple[str, int]]:
    """Return the statements that take a plan back, each with its line where it is in a team's own down.sql."""
    if plan.down:
        return own.statements(plan.down)
    return [(sql, 0) for step in reversed(plan.steps) for sql in step.inverse]


def _run(connection: Connection, plan: Plan) -> None:
    script.take_back(connection, way_back(plan), own=bool(plan.down))


def _compared(
    connection: Connection, expected: Catalog, reached: Collection[str] | None, *, texts: bool
) -> Iterator[str]:
    """Say what is not as in the file before: of all tables, or of those that something has written to.

    With `texts` what means the same counts, too, where it is written otherwise.
    """
    now = read(connection)
    said = compare(expected, now)
    yield from said or (_texts(expected, now) if texts else ())
    wanted = None if reached is None else {fold(name) for name in reached}
    there = [
        one for one in expected.tables.values() if one.name != PRISMA and (wanted is None or fold(one.name) in wanted)
    ]
    names = [one.name for one in there if not one.virtual or readable(connection, "before", one.name)]
    yield from differences(connection, "before", "main", names)
    for one in (one for one in there if one.name in now.tables):
        stands = now.tables[one.name].counter or 0
        if stands < (one.counter or 0):
            yield f"table {quote(one.name)}: its AUTOINCREMENT counter stands at {stands:,}, not at {one.counter:,}"
    for name in HEADER:
        was, stands = (value(connection, f"PRAGMA {schema}.{name}") for schema in ("before", "main"))
        if was != stands:
            yield f"PRAGMA {name} is {stands}, not {was}"
    if found := violations(connection, tables=reached):
        yield from in_words(added(violations(connection, "before", reached), found))
    yield from integrity(connection, quick=True, tables=[one.name for one in there if one.name in now.tables])


def _texts(expected: Catalog, now: Catalog) -> Iterator[str]:
    """Name what means the same and is written otherwise."""
    for kind in ("tables", "indexes", "triggers", "views"):
        for name, one in getattr(expected, kind).items():
            if getattr(now, kind)[name].sql != one.sql:
                yield f"{kind[:-1].replace('indexe', 'index')} {quote(name)} is not written as it was"


def _said(error: Exception) -> str:
    return f"{error.summary}: {error.why}" if isinstance(error, MigrationFailed) else str(error)


def _with(connection: Connection, plan: Plan, verdict: Verdict, found: Sequence[str], began: float) -> Plan:
    tables = rows(connection, "SELECT name FROM pragma_table_list WHERE schema = 'before' AND type = 'table'")
    names = [name for (name,) in tables if not name.startswith("sqlite_") and name != PRISMA]
    count = sum(value(connection, f"SELECT count(*) FROM {quote('before', name)}") for name in names)
    version = f"SQLite {value(connection, 'SELECT sqlite_version()')}"
    proof = Proof(verdict, tuple(found), len(names), count, version, time.perf_counter() - began)
    return replace(plan, proof=proof)
