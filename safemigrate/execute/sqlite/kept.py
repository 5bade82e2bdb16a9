"""What is kept of a SQLite file, in tables of its side database; `safemigrate.kept` says of each whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from safemigrate.db.sqlite.connection import KEPT, Connection, SqlError, quote, rows, value
from safemigrate.execute.runs import KeptObject
from safemigrate.execute.sqlite import side
from safemigrate.model import Kept, KeptKind

_REHEARSED = "rehearsed"


def open_rehearsed(connection: Connection, rehearsed: Path) -> None:
    """Let `copy` read the side database of a rehearsal."""
    connection.attach(rehearsed, _REHEARSED)


def copy(connection: Connection, run: int, objects: Sequence[Kept], rollback: int | None = None) -> None:
    """Take over what the rehearsal kept, as what this run keeps, or what its rollback left; indexes too."""
    for place in dict.fromkeys(one.place for one in objects):
        name = _name(place)
        _make_room(connection, name)
        texts = rows(
            connection,
            f"SELECT sql FROM {_REHEARSED}.sqlite_master WHERE tbl_name = ? AND sql <> '' ORDER BY type = 'index'",
            [name],
        )
        for at, (text,) in enumerate(texts):
            connection.execute(_into_side(text))
            if at == 0:
                connection.execute(f"INSERT INTO {place} SELECT * FROM {_REHEARSED}.{quote(name)}")
    for one in objects:
        connection.execute(
            "INSERT INTO safemigrate.kept (run, rollback, kind, subject, place) VALUES (?, ?, ?, ?, ?)",
            [run, rollback, one.kind, one.subject, one.place],
        )


def objects(connection: Connection) -> list[KeptObject]:
    """Return what is kept for the runs that happened in this file, oldest run first."""
    if not side.remembers(connection):
        return []
    applied = (
        "SELECT 1 FROM safemigrate.run l JOIN main._prisma_migrations q ON q.id = l.row "
        "WHERE l.migration = r.migration AND l.id > r.id AND q.rolled_back_at IS NULL"
    )
    found = rows(
        connection,
        "SELECT k.kind, k.subject, k.place, r.id, r.migration, k.since, "
        f"CASE WHEN k.rollback IS NULL THEN p.rolled_back_at IS NOT NULL ELSE EXISTS ({applied}) END, "
        "k.pruned_at IS NOT NULL FROM safemigrate.kept k JOIN safemigrate.run r ON r.id = k.run "
        "JOIN main._prisma_migrations p ON p.id = r.row ORDER BY r.id, k.place, k.subject",
    )
    known = _tables(connection)
    return [
        KeptObject(
            Kept(KeptKind(kind), subject, place),
            run,
            migration,
            datetime.fromisoformat(since),
            size(connection, place),
            bool(returned),
            bool(pruned),
        )
        for kind, subject, place, run, migration, since, returned, pruned in found
        if _name(place) in known
    ]


def orphans(connection: Connection) -> list[Kept]:
    """Return what is kept for runs that this file does not have: an older copy was put back, or it was made anew."""
    if not side.attached(connection):
        return []
    happened = "SELECT id FROM main._prisma_migrations" if side.remembers(connection) else "SELECT 1 WHERE 0"
    found = rows(
        connection,
        "SELECT k.kind, k.subject, k.place FROM safemigrate.kept k JOIN safemigrate.run r ON r.id = k.run "
        f"WHERE r.settled AND r.row NOT IN ({happened}) ORDER BY r.id, k.place, k.subject",
    )
    known = _tables(connection)
    return [Kept(KeptKind(kind), subject, place) for kind, subject, place in found if _name(place) in known]


def tables(connection: Connection) -> list[tuple[str, str, str, list[str]]]:
    """Return every kept table once: whose rows it has, in short and in words, its place, its columns.

    Those of runs that never happened, or happened in another copy of the file, too.
    """
    if not side.attached(connection):
        return []
    found = rows(
        connection,
        "SELECT min(k.subject), k.kind, k.place, r.migration FROM safemigrate.kept k "
        "LEFT JOIN safemigrate.run r ON r.id = k.run GROUP BY k.place ORDER BY k.run, k.place",
    )
    return [
        (_table(subject), f"{kind} {subject} of {migration}", place, columns)
        for subject, kind, place, migration in found
        if (columns := _columns(connection, place))
    ]


def missing(connection: Connection, run: int, objects: Iterable[Kept]) -> list[Kept]:
    """Return what a run needs for its way back and has no longer: pruned, or given to a later run of another copy."""
    mine = {place for (place,) in rows(connection, "SELECT place FROM safemigrate.kept WHERE run = ?", [run])}
    known = _tables(connection)
    return [one for one in objects if one.place not in mine or _name(one.place) not in known]


def size(connection: Connection, place: str) -> int:
    """Return the bytes of a kept table with its indexes; without dbstat, which is a build's choice, of its values."""
    names = "SELECT name FROM safemigrate.sqlite_master WHERE tbl_name = ?"
    try:
        pages = f"SELECT sum(pgsize) FROM dbstat WHERE schema = 'safemigrate' AND aggregate = 1 AND name IN ({names})"
        return int(value(connection, pages, [_name(place)]) or 0)
    except SqlError:
        parts = (f"coalesce(length(CAST({quote(one)} AS BLOB)), 0)" for one in _columns(connection, place))
        width = " + ".join(parts) or "0"
        return int(value(connection, f"SELECT total({width}) FROM {place}"))


def fill(connection: Connection, values: Mapping[str, object]) -> None:
    """Set what an inverse asks for, and nothing else."""
    connection.execute("DELETE FROM safemigrate.setting")
    for name, given in values.items():
        connection.execute("INSERT INTO safemigrate.setting (name, value) VALUES (?, ?)", [name, given])


def drop(connection: Connection, places: Iterable[str]) -> None:
    """Drop kept tables and forget them."""
    for place in dict.fromkeys(places):
        connection.execute(f"DROP TABLE IF EXISTS {place}")
        connection.execute("DELETE FROM safemigrate.kept WHERE place = ?", [place])


def empty(connection: Connection, places: Iterable[str]) -> None:
    """Empty kept tables that a rollback will read all the same, and say so."""
    for place in dict.fromkeys(places):
        connection.execute(f"DELETE FROM {place}")
        connection.execute(
            "UPDATE safemigrate.kept SET pruned_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE place = ?",
            [place],
        )


def _columns(connection: Connection, place: str) -> list[str]:
    return [
        name for (name,) in rows(connection, "SELECT name FROM pragma_table_info(?, 'safemigrate')", [_name(place)])
    ]


def _table(subject: str) -> str:
    """The table of a subject, which may be one of its columns."""
    return re.sub(r'(?<=")\."([^"]|"")+"$', "", subject)


def _tables(connection: Connection) -> set[str]:
    return {name for (name,) in rows(connection, "SELECT name FROM safemigrate.sqlite_master WHERE type = 'table'")}


def _make_room(connection: Connection, name: str) -> None:
    """Rename what another run has in a place; that run has it no longer (see `missing`), but it is not lost."""
    taken = {one for (one,) in rows(connection, "SELECT name FROM safemigrate.sqlite_master")}
    if name not in taken:
        return
    other = next(f"{name}_{number}" for number in range(1, len(taken) + 2) if f"{name}_{number}" not in taken)
    connection.execute(f"ALTER TABLE safemigrate.{quote(name)} RENAME TO {quote(other)}")
    for (index,) in rows(
        connection,
        "SELECT name FROM safemigrate.sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql <> ''",
        [other],
    ):
        connection.execute(f"DROP INDEX safemigrate.{quote(index)}")
    connection.execute("UPDATE safemigrate.kept SET place = ? WHERE place = ?", [_place(other), _place(name)])


def _place(name: str) -> str:
    return quote(KEPT, name)


def _name(place: str) -> str:
    """The table of a place, which is its name in the side database, both quoted."""
    return place.removeprefix(quote(KEPT))[2:-1].replace('""', '"')


def _into_side(text: str) -> str:
    """SQLite stores CREATE followed by the name as written, without a schema (sqlite.org/schematab.html)."""
    for start in ("CREATE TABLE ", "CREATE UNIQUE INDEX ", "CREATE INDEX "):
        if text.startswith(start):
            return f"{start}safemigrate.{text.removeprefix(start)}"
    raise AssertionError(text)
