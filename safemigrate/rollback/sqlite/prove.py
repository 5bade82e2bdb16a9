"""Up, down, compared, up again: whether the way back of a SQLite file is the identity, in schema and rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, value
from safemigrate.db.sqlite.copy import integrity
from safemigrate.db.sqlite.foreign_keys import added, foreign_keys, violations
from safemigrate.db.sqlite.rows import differences
from safemigrate.db.sqlite.script import execute
from safemigrate.errors import MigrationFailed
from safemigrate.model import Plan, Proof, Verdict, counted
from safemigrate.rollback.sqlite.dangling import dangling
from safemigrate.rollback.sqlite.derive import key_of
from safemigrate.rollback.sqlite.virtual import readable


def prove(
    connection: Connection,
    plan: Plan,
    before: Catalog,
    after: Catalog,
    *,
    forward: Callable[[], None],
    reasons: Sequence[str] = (),
) -> Plan:
    """Prove a plan whose migration has just run in the file of `connection`; the one before it is attached as `before`.

    The way back runs and is compared; then `forward` runs the migration again, which must lead to the same. `reasons`
    are what is known beforehand not to come back. Afterwards the file is as the migration left it, unless a reason says
    otherwise.
    """
    began = time.perf_counter()
    found = list(reasons)
    there = _counts(connection, after)
    try:
        take_back(connection, plan)
    except (MigrationFailed, SqlError) as error:
        return _with(connection, plan, Verdict.IMPOSSIBLE, [*found, f"the inverse fails: {_said(error)}"], began)
    found += _compared(connection, "before", before)
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


def _counts(connection: Connection, catalog: Catalog) -> dict[str, int]:
    named = (name for name, table in catalog.tables.items() if name != PRISMA and not table.virtual)
    return {name: int(value(connection, f"SELECT count(*) FROM {quote('main', name)}")) for name in named}


def _unlike(expected: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    unlike = (name for name, count in expected.items() if now[name] != count)
    return [f"table {quote(name)} has {now[name]:,} rows, not {expected[name]:,}" for name in unlike]


def take_back(connection: Connection, plan: Plan) -> None:
    """Run the way back in one transaction. Raises MigrationFailed, and nothing has changed."""
    with foreign_keys(connection, on=False), connection.transaction():
        known = violations(connection) + dangling(connection, key_of(plan.migration, plan.checksum))
        for step in reversed(plan.steps):
            for sql in step.inverse:
                execute(connection, sql, plain=True)
        if new := added(known, violations(connection)):
            (table, parent), count = new.most_common(1)[0]
            words = f"{{count}} {{row|rows}} of {quote(table)} would point to no row of {quote(parent)}"
            raise MigrationFailed(counted(words, count), "The rollback was undone.")


def _compared(connection: Connection, schema: str, expected: Catalog) -> Iterator[str]:
    """Say what is not as in the attached file."""
    now = read(connection)
    said = compare(expected, now)
    yield from said or _texts(expected, now)
    there = (table for name, table in expected.tables.items() if name != PRISMA)
    names = [one.name for one in there if not one.virtual or readable(connection, schema, one)]
    yield from differences(connection, schema, "main", names)
    for name, one in expected.tables.items():
        stands = now.tables[name].counter or 0 if name in now.tables else 0
        if name in now.tables and stands < (one.counter or 0):
            yield f"table {quote(name)}: its AUTOINCREMENT counter stands at {stands:,}, not at {one.counter:,}"
    for (table, parent), count in added(violations(connection, schema), violations(connection)).items():
        yield counted(f"{{count}} {{row|rows}} of {quote(table)} {{points|point}} to no row of {quote(parent)}", count)
    yield from integrity(connection)


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
