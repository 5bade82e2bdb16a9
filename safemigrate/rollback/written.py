"""What a statement does to rows: which tables to watch, what to keep of them, and in which order it all goes back."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.db.catalog import Catalog, Change, Identity
from safemigrate.db.postgres import quote
from safemigrate.model import Refill
from safemigrate.rollback.checks.place import Place
from safemigrate.rollback.checks.rows import parent_checks, rekeyed_check, reused_check, unique_checks
from safemigrate.rollback.describe import column_of, deferred, parents_first, refers, refers_within, table_of
from safemigrate.rollback.keep.rows import EVENTS, Writes, keep_rows
from safemigrate.rollback.keep.table import Keeping, Table
from safemigrate.rollback.reach import Reach, defers, disables_triggers, foreign_keys, reach, root
from safemigrate.rollback.scene import Observed, Scene
from safemigrate.sql.actions import Truncate

# pg_largeobject: its oid is the same in every server.
LARGE_OBJECTS = 2613


def written_rows(
    scene: Scene, keeping: Keeping, seen: Observed, change: Change, using: dict[tuple[Identity, int], str]
) -> None:
    """Keep the rows that a statement may write, and plan their way back."""
    before, after = seen.before, seen.after
    written = {
        identity
        for identity in ((1259, oid, 0) for oid in seen.written)
        if identity in scene.start and identity in before and identity in after
    }
    scene.refreshed += [one for one in written if before[one].kind == "materialized view"]
    lasting = {one for one in written if before[one].kind == "table"}
    if LARGE_OBJECTS in seen.changed:
        scene.reasons.append("large objects are written or removed; they are not kept; a full snapshot has them")
    tables = {family if (family := root(before, one)) in scene.start and family in after else one for one in lasting}
    limits = reach(seen.statement, before)
    changed = {root(before, (1259, oid, 0)) for oid in seen.changed} & tables
    if limits is not None and changed <= limits.keys():
        tables &= limits.keys()
    else:
        limits = None
    touched = {one.table for one in (*change.born, *change.gone, *(new for _, new in change.changed))}
    touched |= {new.identity for _, new in change.changed}
    inserts: list[Refill] = []
    deletes: list[Refill] = []
    ordered = parents_first(before, sorted(tables))
    first, last = deferred(before, ordered)
    cycle = "foreign keys lead in a circle" if first else ""
    for identity in ordered:
        table, writes = _writes(scene, seen, identity, limits, using, reshaped=identity in touched)
        if not writes.columns:
            continue
        referring = [
            one
            for one in foreign_keys(before)
            if root(before, (1259, one.internal["_target"], 0)) == identity and one.identity not in scene.passing
        ]
        place = scene.place()
        referenced = [
            refers_within(one, table, place)
            if one.table and root(before, one.table) == identity
            else refers(before, one)
            for one in referring
            if table.key
        ]
        whole = cycle or _whole(before, identity)
        restore = keep_rows(keeping, place, table, writes, referenced, whole)
        if table.key:
            _note(scene, seen, identity, place, table, writes)
        if referring:
            inserts += restore.inserts
            deletes = restore.deletes + deletes
        else:  # nobody points here: first make room, a new row may have an old one's unique value
            inserts += [*restore.deletes, *restore.inserts]
    keeping.refill += [*first, *inserts, *deletes, *last]


def _whole(before: Catalog, table: Identity) -> str:
    """Say why rows of a table can only come back all at once: a constraint looks at more of them than one part has."""
    for one in before:
        if one.kind != "constraint" or one.table is None or root(before, one.table) != table:
            continue
        definition = str(one.attributes["definition"])
        if one.attributes["type"] != "f":
            late = " DEFERRABLE" in definition and one.attributes["type"] in ("p", "u", "x")
        elif root(before, (1259, one.internal["_target"], 0)) == table:
            return "the table refers to itself"
        else:
            late = "INITIALLY DEFERRED" in definition
        if late:
            return f"constraint {quote(one.name)} is not checked row by row"
    return ""


def _writes(
    scene: Scene,
    seen: Observed,
    identity: Identity,
    limits: dict[Identity, Reach] | None,
    using: dict[tuple[Identity, int], str],
    *,
    reshaped: bool,
) -> tuple[Table, Writes]:
    before, after = seen.before, seen.after
    table = table_of(before, identity)
    lasting = [
        one
        for one in before.members.get(identity, ())
        if one.kind == "column"
        and one.identity not in scene.passing
        and one.identity in after
        and not one.attributes["generated"]
    ]
    columns = tuple(column_of(before, one) for one in lasting)
    names = {column.name for column in columns}
    keys = {column.name for column in table.key}
    if not keys <= names:
        table, keys = replace(table, key=()), set()
    now = after[identity]
    values = []
    for one in lasting:  # what a retyped column has now is compared as what it will be once its type is back
        name = f"r.{quote(after[one.identity].name)}"
        back = using.get((identity, one.internal["_position"]), "")
        values.append(f"({back.replace(f'{quote(one.name)}::', f'{name}::')})" if back else name)
    renamed = (quote(now.schema, now.name), tuple(values))
    plain_truncate = all(isinstance(action, Truncate) for action in seen.statement.actions)
    rewritten = table.name in seen.trace.rewrites and not plain_truncate
    if rewritten or reshaped:
        return table, Writes(columns, compare=True, reshaped=renamed if reshaped else None)
    waits = defers(identity, before)
    scene.defers = scene.defers or waits
    if table.alone or waits or disables_triggers(seen.statement, before):
        return table, Writes(columns, compare=True, lock="SHARE ROW EXCLUSIVE")
    limit = limits.get(identity) if limits is not None else None
    events = limit.events if limit else EVENTS
    if limit and table.key and events == {"update"} and limit.columns is not None:
        if not limit.columns & keys:
            columns = tuple(column for column in columns if column.name in limit.columns)
        else:
            events = frozenset({"rekey"})
    return table, Writes(columns, events)


def _note(scene: Scene, seen: Observed, identity: Identity, place: str, table: Table, writes: Writes) -> None:
    """Remember where rows are kept, and ask what could keep them from going back."""
    kept = Place(
        scene.at,
        identity,
        place,
        tuple(column.position for column in table.key),
        tuple(column.position for column in writes.columns),
        tuple(column.builtin for column in writes.columns),
    )
    scene.kept_rows.append(kept)
    before = seen.before
    if writes.events != {"insert"}:
        scene.ask(lambda: unique_checks(kept, scene.asking(before)))
        scene.ask(lambda: parent_checks(kept, scene.asking(before)))
        if "update" in writes.events and not writes.compare:
            scene.ask(lambda: rekeyed_check(kept, scene.asking(before)))
    if writes.events & {"delete", "truncate", "rekey"} and table.key:
        scene.ask(lambda: reused_check(kept, scene.asking(before)))
