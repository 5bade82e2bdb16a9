"""Keeping dropped tables, types and sequences."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.postgres import quote
from safemigrate.model import Kept, KeptKind
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.table import Keeping, Table


def move(keeping: Keeping, kind: KeptKind, schema: str, name: str, place: str, *, word: str) -> None:
    """Keep a dropped table or type by moving it to the schema `place`: constant time at any size, both ways.

    It keeps its name, columns, rows, indexes and owned sequences. `word` is what SQL calls it: TABLE or TYPE.
    """
    assert keeping.run is not None
    keeping.run.append(f"ALTER {word} {quote(schema, name)} SET SCHEMA {quote(place)}")
    keeping.back.append(f"ALTER {word} {quote(place, name)} SET SCHEMA {quote(schema)}")
    keeping.kept.append(Kept(kind, quote(schema, name), quote(place, name)))


def copy(keeping: Keeping, place: str, table: Table) -> None:
    """Keep a table that a statement drops without saying so (a DO block, a function): all its rows are copied first."""
    columns = [column for column in table.columns if not column.generated]
    names = ", ".join(column.quoted for column in columns)
    keeping.before += [
        f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE",
        f"DROP TABLE IF EXISTS {place}",
        *table.unforced(
            [f"CREATE TABLE {place} AS SELECT {', '.join(column.kept for column in columns)} FROM {table.rows} AS t"]
        ),
    ]
    given = ", ".join(column.given for column in columns)
    keeping.refill.append(
        f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {given} FROM {place} AS k"
    )
    keeping.kept.append(Kept(KeptKind.TABLE, table.name, place))


def keep_sequences(keeping: Keeping, place: str, sequences: Sequence[str]) -> None:
    """Keep where sequences stand.

    Going back never sets one lower than it is then (a number must not be given twice).
    """
    stood = " UNION ALL ".join(
        f"SELECT {literal(name)} AS name, last_value, is_called FROM {name}" for name in sequences
    )
    keeping.before += [f"DROP TABLE IF EXISTS {place}", f"CREATE TABLE {place} AS {stood}"]
    for name in sequences:
        keeping.settle.append(
            f"SELECT setval({literal(name)}, k.last_value, k.is_called) FROM {place} AS k JOIN {name} AS s "
            f"ON k.name = {literal(name)} AND (k.last_value, k.is_called::int) > (s.last_value, s.is_called::int)"
        )
        keeping.kept.append(Kept(KeptKind.SEQUENCE, name, place))
