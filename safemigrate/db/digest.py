"""Are the rows the same? One number a table, whatever the order of its rows and columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.model import counted

# Name-sorted: a column that was dropped and came back stands last, and that is no difference in rows.
_TABLES = """
SELECT format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')),
       coalesce(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname), ''), pg_relation_size(c.oid) = 0
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
GROUP BY n.nspname, c.relname, c.oid ORDER BY 1
"""

_AT_ONCE = 100  # tables in one query: a round trip each would cost more than the rows of small ones

_SEQUENCES = """
SELECT format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')),
       sign(s.seqincrement) * coalesce(pg_sequence_last_value(c.oid), s.seqstart - s.seqincrement)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT s.seqcycle AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
"""


@dataclass(frozen=True, slots=True)
class Digest:
    """A table's number of rows, and the sum of their 64-bit hashes: equal for equal multisets of rows."""

    rows: int
    sum: str


def digest(connection: Connection, tables: Collection[str] | None = None) -> dict[str, Digest]:
    """Digest the rows of all tables, or of those named (schema and table, quoted). Reads every row once.

    Partitions and heirs are read by themselves, not with their parents. `_prisma_migrations` is not compared: it is
    the history, not the data.
    """
    found: dict[str, Digest] = {}
    asked: list[str] = []
    for name, columns, empty in session.rows(connection, _TABLES):
        if name.endswith('."_prisma_migrations"') or (tables is not None and name not in tables):
            continue
        found[name] = Digest(0, "0")
        if not empty:
            value = f"hashtextextended(ROW({columns})::text, 0)"
            asked.append(
                f"SELECT {len(found) - 1}, count(*), coalesce(sum({value}::numeric), 0)::text FROM ONLY {name}"
            )
    names = list(found)
    for first in range(0, len(asked), _AT_ONCE):
        for number, count, total in session.rows(connection, "\nUNION ALL ".join(asked[first : first + _AT_ONCE])):
            found[names[number]] = Digest(count, total)
    return found


def positions(connection: Connection) -> dict[str, int]:
    """Say how far every sequence has come: more is further, also where it counts down."""
    return {name: int(at) for name, at in session.rows(connection, _SEQUENCES)}


def set_back(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Say, a line a sequence, which would give numbers a second time."""
    return [
        f"sequence {name} is set back to where it would give {before[name] - at:,} numbers again"
        for name, at in sorted(after.items())
        if name in before and at < before[name]
    ]


def differences(before: dict[str, Digest], after: dict[str, Digest]) -> list[str]:
    """Say, a line a table, where two digests differ."""
    said = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if was is None or now is None:
            said.append(f"table {name} is {'new' if was is None else 'gone'}")
        elif was.rows != now.rows:
            said.append(counted(f"table {name} has {{count}} {{row|rows}}, expected {was.rows:,}", now.rows))
        else:
            said.append(
                counted(f"table {name}: the values of {{its one row|some of its {now.rows:,} rows}} differ", now.rows)
            )
    return said
