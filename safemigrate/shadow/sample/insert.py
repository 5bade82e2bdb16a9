"""Putting rows into a table: all at once, one by one where the server refuses some, triggers and rules asleep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.shadow.sample.checks import literal
from safemigrate.shadow.sample.rows import DEFAULT, Maker, first
from safemigrate.shadow.sample.table import ForeignKey, Row, Table, Unfillable

_REFUSALS = 30


def insert(connection: Connection, maker: Maker) -> int:
    """Insert a table's rows and return how many it took."""
    table = maker.table
    rows = first(maker.rows(), maker.count)
    if not rows:
        raise Unfillable("no row was found that fits its keys")
    try:
        with connection.transaction(), asleep(connection, table):
            taken = _insert(connection, table, rows)
            _check_keys(connection, table)
    except session.SqlError:
        taken = _one_by_one(connection, maker)
    if not taken:
        raise Unfillable("its triggers let no row in")
    _advance(connection, table, rows)
    return taken


@contextmanager
def asleep(connection: Connection, table: Table) -> Iterator[None]:
    """Keep triggers and rules of the user from firing, where there are any and the role may.

    Rows come as a restored snapshot's do. Foreign keys are not watched then either, so they are checked afterwards.
    """
    setting = "SELECT set_config('session_replication_role', %s, true)"
    may = table.watched and session.value(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if not may:
        yield
        return
    then = session.value(connection, "SELECT current_setting('session_replication_role')")
    session.rows(connection, setting, ["replica"])
    yield
    session.rows(connection, setting, [then])  # after an error the savepoint's end has put it back


def close(connection: Connection, table: Table, key: ForeignKey) -> None:
    """Point a foreign key that was left open at its parent's rows: the second row at the first, and so on.

    With a column shared with other keys, at the first row that has the same there. Best effort: rows stay as they are
    where they cannot.
    """
    required = {column.name for column in table.columns if column.required}
    pairs = [(quote(own), quote(its), own in required) for own, its in zip(key.columns, key.key, strict=True)]
    order = ", ".join(its for _, its, shared in sorted(pairs, key=lambda pair: not pair[2]))
    alike = [(own, its) for own, its, shared in pairs if shared]
    first_of = f"DISTINCT ON ({', '.join(its for _, its in alike)})" if alike else ""
    which = " AND ".join(f"r.{own} = p.{its}" for own, its in alike) or "r._n = p._n + 1"
    there = " AND ".join(f"{its} IS NOT NULL" for _, its, _ in pairs)
    sql = f"""
        WITH p AS (SELECT {first_of} *, row_number() OVER (ORDER BY {order}) AS _n FROM {key.parent} WHERE {there}
                   ORDER BY {order} LIMIT 50),
        r AS (SELECT *, tableoid AS _table, ctid AS _row, row_number() OVER (ORDER BY tableoid, ctid) AS _n
              FROM {table.name} LIMIT 50)
        UPDATE {table.name} t SET {", ".join(f"{own} = p.{its}" for own, its, shared in pairs if not shared)}
        FROM p, r WHERE t.tableoid = r._table AND t.ctid = r._row AND {which}
    """
    try:
        with connection.transaction(), asleep(connection, table):
            session.run(connection, sql)
            _check_keys(connection, table)
    except session.SqlError:
        return


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    names = list(rows[0])
    if not names:
        sql = f"INSERT INTO {table.name} DEFAULT VALUES RETURNING 1"
        return sum(len(session.rows(connection, sql)) for _ in rows)
    tuples = ", ".join(f"({', '.join(_written(row[name]) for name in names)})" for row in rows)
    columns = ", ".join(map(quote, names))
    always = any(column.identity == "a" for column in table.columns)
    given = any(row[column.name] != DEFAULT for column in table.columns if column.identity == "a" for row in rows)
    overriding = "OVERRIDING SYSTEM VALUE " if always and given else ""
    sql = f"INSERT INTO {table.name} ({columns}) {overriding}VALUES {tuples} RETURNING 1"
    return len(session.rows(connection, sql))


def _written(text: str | None) -> str:
    return "DEFAULT" if text == DEFAULT else literal(text)


def _one_by_one(connection: Connection, maker: Maker) -> int:
    taken = refused = 0
    said = ""
    for row in maker.rows():
        try:
            with connection.transaction(), asleep(connection, maker.table):
                taken += _insert(connection, maker.table, [row])
                _check_keys(connection, maker.table)
        except session.SqlError as error:
            said = session.Refusal.of(error).message.splitlines()[0]
            refused += 1
        if taken >= maker.count or refused >= _REFUSALS:
            break
    if not taken:
        raise Unfillable(said)
    return taken


def _check_keys(connection: Connection, table: Table) -> None:
    """Fail where a foreign key that nobody watched points nowhere."""
    if not table.watched:
        return
    for key in table.foreign_keys:
        pairs = list(zip(key.columns, key.key, strict=True))
        matches = " AND ".join(f"p.{quote(its)} = t.{quote(own)}" for own, its in pairs)
        given = " AND ".join(f"t.{quote(own)} IS NOT NULL" for own, _ in pairs)
        there = f"EXISTS (SELECT FROM {key.parent} p WHERE {matches})"
        session.rows(connection, f"SELECT 1 / {there}::int FROM {table.name} t WHERE {given}")


def _advance(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Move a sequence past the numbers that were written by hand."""
    for column in table.columns:
        if column.counted and any(row[column.name] != DEFAULT for row in rows):
            session.rows(
                connection,
                f"SELECT setval(pg_get_serial_sequence(%s, %s), max({quote(column.name)})) FROM {table.name}",
                [table.name, column.name],
            )
