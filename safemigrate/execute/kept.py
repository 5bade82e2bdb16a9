"""What is kept in the target: the table `safemigrate.kept` says of each kept object whose it is and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.execute.runs import KeptObject
from safemigrate.model import Kept, KeptKind


def enter(connection: Connection, run: int, objects: Sequence[Kept]) -> None:
    """Say that a run keeps these; an earlier run that used places of the same names has them no longer."""
    _renew(connection)
    places = [one.place for one in objects]
    connection.execute("DELETE FROM safemigrate.kept WHERE place = ANY(%s) AND run <> %s", [places, run])
    for one in objects:
        connection.execute(
            "INSERT INTO safemigrate.kept (run, kind, subject, place, since) "
            "VALUES (%s, %s, %s, %s, clock_timestamp())",
            [run, one.kind, one.subject, one.place],
        )


def move(connection: Connection, run: int, home: str, away: str) -> None:
    """Say that the schema in which a run keeps something has another name now; both quoted."""
    connection.execute(
        "UPDATE safemigrate.kept SET place = %s || substr(place, length(%s) + 1) "
        "WHERE run = %s AND starts_with(place, %s || '.')",
        [away, home, run, home],
    )


def make_room(connection: Connection, place: str) -> None:
    """Rename what an earlier rollback of the same migration left in a place, so that it is not lost."""
    if session.value(connection, "SELECT to_regclass(%s)", [place]) is None:
        return
    number = 1
    while session.value(connection, "SELECT to_regclass(%s)", [f"{place}_{number}"]) is not None:
        number += 1
    connection.execute(f"ALTER TABLE {place} RENAME TO {place.rpartition('.')[2]}_{number}".encode())
    connection.execute("UPDATE safemigrate.kept SET place = %s WHERE place = %s", [f"{place}_{number}", place])


def objects(connection: Connection) -> list[KeptObject]:
    """Return what is kept, oldest run first; objects that are gone from the server are left out."""
    if session.value(connection, "SELECT to_regclass('safemigrate.kept')") is None:
        return []
    return [KeptObject(Kept(KeptKind(row[0]), row[1], row[2]), *row[3:]) for row in session.rows(connection, _OBJECTS)]


def orphans(connection: Connection, known: Collection[str]) -> list[Kept]:
    """Return the kept tables that no run knows: neither `safemigrate.kept` nor `known` names their place.

    A run that was interrupted enters what it keeps at its end: its plan knows the places before.
    """
    if session.value(connection, "SELECT to_regclass('safemigrate.kept')") is None:
        return []
    found = session.rows(connection, _ORPHANS, [list(known)])
    return [Kept(KeptKind.TABLE, place, place) for (place,) in found]


def end(connection: Connection, emptied: Collection[str], dropped: Collection[str]) -> None:
    """Say that these places were emptied, and forget those that were dropped."""
    _renew(connection)
    connection.execute(
        "UPDATE safemigrate.kept SET pruned_at = clock_timestamp() WHERE place = ANY(%s)", [list(emptied)]
    )
    connection.execute("DELETE FROM safemigrate.kept WHERE place = ANY(%s)", [list(dropped)])


def size(connection: Connection, place: str) -> int:
    """Return the bytes of a kept table with its indexes."""
    return int(session.value(connection, "SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)", [place]))


def _renew(connection: Connection) -> None:
    """Add the columns that a journal of an earlier version lacks; only then, for it takes the table's owner."""
    lacking = (
        "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'safemigrate.kept'::regclass AND attname = %s)"
    )
    for column in ("since", "pruned_at"):
        if session.value(connection, lacking, [column]):
            connection.execute(f"ALTER TABLE safemigrate.kept ADD COLUMN {column} timestamptz".encode())


# Through jsonb: a journal of an earlier version lacks some of the columns, and only a write adds them.
_OBJECTS = """
SELECT k.kind, k.subject, k.place, r.id, r.migration,
       coalesce((to_jsonb(k) ->> 'since')::timestamptz, r.finished_at, r.started_at),
       coalesce(pg_total_relation_size(to_regclass(k.place)), 0), k.returned_at IS NOT NULL,
       to_jsonb(k) ->> 'pruned_at' IS NOT NULL
FROM safemigrate.kept k JOIN safemigrate.run r ON r.id = k.run
WHERE to_regclass(k.place) IS NOT NULL OR to_regtype(k.place) IS NOT NULL ORDER BY r.id, k.place, k.subject
"""

_ORPHANS = """
SELECT o.place FROM (
  SELECT c.oid, CASE WHEN n.nspname = 'safemigrate' THEN 'safemigrate.' || quote_ident(c.relname)
                ELSE format('"%%s"."%%s"', n.nspname, replace(c.relname, '"', '""')) END AS place
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND (n.nspname ~ '^safemigrate_[0-9a-f]{8}_'
                                     OR (n.nspname = 'safemigrate' AND c.relname ~ '^(kept|left)_'))
) AS o
WHERE o.oid NOT IN (SELECT to_regclass(k.place) FROM safemigrate.kept k WHERE to_regclass(k.place) IS NOT NULL)
  AND NOT EXISTS (SELECT FROM unnest(%s::text[]) AS p (place) WHERE starts_with(o.place, p.place))
ORDER BY o.place
"""
