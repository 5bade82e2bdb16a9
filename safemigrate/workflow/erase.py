"""`safemigrate erase`: takes one row's values out of everything that is kept in the database.

A later rollback then does as if the row had been deleted since. Snapshots are whole files: those that hold the table
are named.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import ConsentRequired, HistoryError, MigrationFailed, Restored
from safemigrate.execute import kept, run
from safemigrate.model import KeptKind, Outcome, Plan, Result
from safemigrate.snapshot import store
from safemigrate.workflow.on_server.resolve import ServerTarget, opened, require_server
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, resolve


@dataclass(frozen=True, slots=True)
class EraseOptions:
    """The flags of `erase`: a table as users write it, and the values of the columns that tell its row."""

    table: str
    key: Mapping[str, str]
    dry_run: bool = False
    lock_timeout: float = 3.0
    retries: int = 5


@dataclass(frozen=True, slots=True)
class _Place:
    """A kept place of the table: the condition that finds the row there, "" where nothing can."""

    name: str
    what: str
    where: str
    values: tuple[str, ...] = ()


def erase(request: Request, options: EraseOptions) -> Outcome:
    """Delete a row's kept values wherever they are, in one transaction. Raises ConsentRequired and HistoryError."""
    began = time.perf_counter()
    resolved = resolve(request)
    table = _quoted(options.table, resolved.url.schema)
    require_server(resolved.project)
    with opened(resolved) as target:
        connection = target.connection
        places = _places(target, table, options.key)
        if not places:
            known = sorted({one.kept.subject for one in kept.objects(connection)})
            raise HistoryError(
                f"nothing is kept of table {table}",
                f"Something is kept of {', '.join(known)}." if known else "Nothing is kept at all.",
                ("safemigrate status",),
            )
        counts = {one.name: _count(connection, one) for one in places if one.where}
        said = [f"{one.what} in {one.name}: {counts[one.name]:,} rows" for one in places if one.where]
        lost = [f"{one.what} in {one.name} cannot be searched by this key" for one in places if not one.where]
        rows = (KeptKind.TABLE, KeptKind.ROWS)
        others = {one.kept.subject for one in kept.objects(connection) if one.kept.kind in rows} - {table}
        if others:
            listed = ", ".join(sorted(others))
            lost.append(f"rows of {listed} that point to it are kept on: erase them too, by that column")
        notes = (*said, *lost, *_snapshots(resolved, table))
        outcome = Outcome("erase", Result.NOTHING, str(resolved.url), notes=notes, seconds=time.perf_counter() - began)
        if options.dry_run or not any(counts.values()):
            return replace(outcome, result=Result.REHEARSED) if options.dry_run else outcome
        if not request.consent(resolved.url.name, [f"{one}, erased for good" for one in said]):
            raise ConsentRequired(
                f"nobody agreed to erase from database {resolved.url.name}",
                "\n".join(said),
                ("safemigrate erase --dry-run", f"safemigrate erase --confirm {resolved.url.name}"),
            )
        aim = run.Target(
            connection, resolved.url, options.lock_timeout, options.retries, request.on_progress, step="erase"
        )

        def body() -> None:
            for one in places:
                if one.where:
                    session.rows(
                        connection, f"DELETE FROM {one.name} AS t WHERE {one.where} RETURNING 1", list(one.values)
                    )

        with run.exclusive(connection):
            try:
                run.transaction(aim, body)
            except MigrationFailed as error:
                raise Restored(f"nothing was erased: {error.summary}", error.why, error.fix) from error
    return replace(outcome, result=Result.ERASED, seconds=time.perf_counter() - began)


def _quoted(table: str, schema: str) -> str:
    parts = [one or two for one, two in re.findall(r'"((?:[^"]|"")+)"|([^."]+)', table)]
    names = [part.replace('""', '"') for part in parts]
    return quote(*names) if len(names) > 1 else quote(schema, *names)


def _places(target: ServerTarget, table: str, key: Mapping[str, str]) -> list[_Place]:
    connection = target.connection
    arrays = {place: names for one in target.runs for place, names in _arrays(one.plan).items()}
    found: dict[str, _Place] = {}
    for one in kept.objects(connection):
        mine = one.kept.subject == table or one.kept.subject.rpartition('."')[0] == table
        if not mine or one.kept.kind in (KeptKind.TYPE, KeptKind.SEQUENCE) or one.kept.place in found:
            continue
        what = f"{one.kept.kind.value} {one.kept.subject} of {one.migration}"
        found[one.kept.place] = _place(connection, one.kept.place, what, key, arrays.get(one.kept.place))
    return list(found.values())


def _place(
    connection: Connection, place: str, what: str, key: Mapping[str, str], arrays: tuple[list[str], list[str]] | None
) -> _Place:
    columns = "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    names = {name for (name,) in session.rows(connection, columns, [place])}
    if key.keys() <= names:
        where = " AND ".join(f"t.{quote(name)}::text = %s" for name in key)
        return _Place(place, what, where, tuple(key.values()))
    if arrays and {"key", "old", "new"} <= names:
        keys, values = arrays
        if set(keys) == key.keys():
            return _Place(
                place, what, "t.key = %s::text[]", ("{" + ",".join(_element(key[name]) for name in keys) + "}",)
            )
        if key.keys() <= set(values):
            sides = [
                " AND ".join(f"t.{side}[{values.index(name) + 1}] = %s" for name in key) for side in ("old", "new")
            ]
            return _Place(place, what, " OR ".join(f"({side})" for side in sides), (*key.values(), *key.values()))
    return _Place(place, what, "")


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


def _count(connection: Connection, place: _Place) -> int:
    asked = f"SELECT count(*) FROM {place.name} AS t WHERE {place.where}"
    return int(session.value(connection, asked, list(place.values)))


def _snapshots(resolved: Resolved, table: str) -> Sequence[str]:
    plain = table.replace('"', "")
    holding = [
        one for one in store.all_in(resolved.store) if plain in {held.replace('"', "") for held in one.manifest.held}
    ]
    return [
        f"snapshot {one.id} holds rows of {table}; no single row can be taken out of it: {one.path}" for one in holding
    ]
