"""What a database holds, read to be written into a manifest or compared with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from safemigrate.db.postgres import quote
from safemigrate.db.session import SqlError, rows, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from safemigrate.db.postgres import Connection

# Tables that users made: a member of an extension is made, and mostly filled, by the extension.
_TABLES = """
    SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_table_size(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY n.nspname, c.relname
"""
_FAMILY = """
    WITH RECURSIVE family (oid) AS (
      SELECT to_regclass(%s)::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON f.oid = i.inhparent)
    SELECT oid::bigint FROM family WHERE oid IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class TableFact:
    """A table by its quoted name. `stores` is False for a partitioned one, whose rows are its partitions'."""

    oid: int
    name: str
    stores: bool
    bytes: int


def tables(connection: Connection) -> list[TableFact]:
    """Return every table that users made, in every schema."""
    return [
        TableFact(oid, quote(schema, name), kind == "r", size)
        for oid, schema, name, kind, size in rows(connection, _TABLES)
    ]


def family(connection: Connection, name: str) -> set[int]:
    """Return the oids of a table and of everything that inherits from it; empty where there is no such table."""
    return {oid for (oid,) in rows(connection, _FAMILY, [name])}


def counts(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Count the rows of tables exactly."""
    query = "SELECT count(*) FROM ONLY "
    return {name: int(value(connection, query + name)) for name in names}


def sequences(connection: Connection) -> dict[str, int | None]:
    """Return where every sequence stands; None where it was never used. A sequence obeys no transaction."""
    found = rows(
        connection,
        "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname !~ '^pg_' ORDER BY 1, 2",
    )
    return {quote(schema, name): last for schema, name, last in found}


def behind(connection: Connection, expected: Mapping[str, int | None]) -> list[str]:
    """Say which sequences are missing or stand before where they are expected; further on is no loss."""
    steps = {
        quote(schema, name): step
        for schema, name, step in rows(connection, "SELECT schemaname, sequencename, increment_by FROM pg_sequences")
    }
    stand = sequences(connection)
    said = [f"sequence {name} is missing" for name in expected if name not in stand]
    for name, last in expected.items():
        now = stand.get(name)
        if last is not None and name in stand and (now is None or (now - last) * steps[name] < 0):
            said.append(f"sequence {name} stands at {now} instead of {last}")
    return said


def extensions(connection: Connection) -> dict[str, str]:
    """Return the extensions and their versions."""
    return dict(rows(connection, "SELECT extname, extversion FROM pg_extension ORDER BY 1"))


def position(connection: Connection) -> str:
    """Return the write-ahead log's position, "" where the server hides it."""
    reached = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text"
    try:
        return str(value(connection, f"SELECT {reached}"))
    except SqlError:  # managed servers deny it
        return ""
