"""Finding one row in what is kept in a server's database, and deleting it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import MigrationFailed, Restored
from safemigrate.execute import kept, run
from safemigrate.model import KeptKind, Plan
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.ways import Found


def called(table: str, schema: str) -> str:
    """Quote the name of a table as users write it, with its schema."""
    parts = [one or two for one, two in re.findall(r'"((?:[^"]|"")+)"|([^."]+)', table)]
    names = [part.replace('""', '"') for part in parts]
    return quote(*names) if len(names) > 1 else quote(schema, *names)


def find(target: ServerTarget, table: str, key: Mapping[str, str]) -> Iterator[Found]:
    """Look for a row wherever rows of its table are kept."""
    connection = target.connection
    arrays = {place: names for one in target.runs for place, names in _arrays(one.plan).items()}
    places: dict[str, Found] = {}
    for one in kept.objects(connection):
        mine = one.kept.subject == table or one.kept.subject.rpartition('."')[0] == table
        if not mine or one.kept.kind in (KeptKind.TYPE, KeptKind.SEQUENCE) or one.kept.place in places:
            continue
        what = f"{one.kept.kind.value} {one.kept.subject} of {one.migration}"
        places[one.kept.place] = _place(connection, one.kept.place, what, key, arrays.get(one.kept.place))
    for found in places.values():
        asked = f"SELECT count(*) FROM {found.place} AS t WHERE {found.where or 'false'}"
        yield replace(found, rows=int(session.value(connection, asked, list(found.values))))


def erase(aim: run.Target, places: Sequence[Found]) -> None:
    """Delete what was found, in one transaction. Raises Restored."""

    def body() -> None:
        for one in places:
            if one.where:
                delete = f"DELETE FROM {one.place} AS t WHERE {one.where} RETURNING 1"
                session.rows(aim.connection, delete, list(one.values))

    with run.exclusive(aim.connection):
        try:
            run.transaction(aim, body)
        except MigrationFailed as error:
            raise Restored(f"nothing was erased: {error.summary}", error.why, error.fix) from error


def _place(
    connection: Connection, place: str, what: str, key: Mapping[str, str], arrays: tuple[list[str], list[str]] | None
) -> Found:
    columns = "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    names = {name for (name,) in session.rows(connection, columns, [place])}
    if key.keys() <= names:
        where = " AND ".join(f"t.{quote(name)}::text = %s" for name in key)
        return Found(place, what, where, tuple(key.values()))
    if arrays and {"key", "old", "new"} <= names:
        keys, values = arrays
        if set(keys) == key.keys():
            return Found(
                place, what, "t.key = %s::text[]", ("{" + ",".join(_element(key[name]) for name in keys) + "}",)
            )
        if key.keys() <= set(values):
            sides = [
                " AND ".join(f"t.{side}[{values.index(name) + 1}] = %s" for name in key) for side in ("old", "new")
            ]
            return Found(place, what, " OR ".join(f"({side})" for side in sides), (*key.values(), *key.values()))
    return Found(place, what, "")


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _arrays(plan: Plan) -> dict[str, tuple[list[str], list[str]]]:
    """Return the columns of the arrays in which changed rows are kept: those of the key, those of the values."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for step in plan.steps:
        for sql in step.before:
            log = re.search(r"(safemigrate\.kept_\w+?)_log\b", sql)
            sides = re.findall(r"(?:ARRAY\[(.*?)\]|NULL)::text\[\]", sql)
            if log and len(sides) >= 2 and ("capture" in sql or sql.startswith("INSERT INTO")):
                keys, values = ([name.replace('""', '"') for name in _NAMES.findall(side)] for side in sides[:2])
                found[log[1]] = (keys, values)
        for parting in step.partings:
            source = re.search(r"FROM (safemigrate\.kept_\w+) AS p ", parting.keep[-1] if parting.keep else "")
            if source and source[1] in found:
                found[parting.place] = found[source[1]]
    return found


_NAMES = re.compile(r'r\."((?:[^"]|"")+)"::text')
