"""What a statement's change of the schema would lose: dropped tables, types, columns and sequences, retyped columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from safemigrate.db.catalog import TYPES, Catalog, Change, Identity, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.model import Check, KeptKind
from safemigrate.rollback.checks.fits import fits
from safemigrate.rollback.checks.place import not_ours
from safemigrate.rollback.checks.required import required
from safemigrate.rollback.checks.ways import referring
from safemigrate.rollback.describe import column_of, table_of
from safemigrate.rollback.inverse import invert
from safemigrate.rollback.keep.columns import keep_columns
from safemigrate.rollback.keep.retyped import Retyped, keep_retyped
from safemigrate.rollback.keep.table import Keeping, Table
from safemigrate.rollback.keep.tables import copy, keep_sequences, move
from safemigrate.rollback.reach import may_set_back
from safemigrate.rollback.scene import Observed, Scene
from safemigrate.sql.actions import AlterColumnType


def moved(scene: Scene, keeping: Keeping, change: Change, before: Catalog, after: Catalog) -> dict[Identity, str]:
    """Move what a plain DROP would drop; its dependents, which CASCADE would take along, are dropped by name."""
    old = [one for one in change.gone if one.identity in scene.start]
    types = [one for one in old if one.kind in TYPES]
    tables = [one for one in old if one.kind == "table"]
    if not types and not tables:
        return {}
    moved = {one.identity for one in (*types, *tables)}
    homes: dict[str, str] = {}
    for one in (*tables, *types):
        if one.schema not in homes:
            scene.number += 1
            homes[one.schema] = f"safemigrate_{scene.key}_{scene.number}"
    gone = difference(before, after).gone  # what passes is dropped here too
    rest = tuple(one for one in gone if one.identity not in moved and not moves_along(one, moved))
    drops = invert(Change(rest, (), ()), after, before).statements
    last = [sql for sql in drops if sql.startswith("DROP SCHEMA")]
    keeping.run = [sql for sql in drops if sql not in last]
    keeping.before += [f"CREATE SCHEMA {quote(home)}" for home in homes.values()]
    for one in tables:
        move(keeping, KeptKind.TABLE, one.schema, one.name, homes[one.schema], word="TABLE")
    for one in types:
        move(
            keeping,
            KeptKind.TYPE,
            one.schema,
            one.name,
            homes[one.schema],
            word="DOMAIN" if one.kind == "domain" else "TYPE",
        )
    keeping.back.reverse()  # types before the tables that use them
    keeping.run += last
    keeping.settle += [f"DROP SCHEMA {quote(home)}" for home in homes.values()]
    return {one.identity: quote(homes[one.schema], one.name) for one in (*tables, *types)}


def copied(scene: Scene, keeping: Keeping, change: Change, before: Catalog) -> None:
    """Keep tables that a statement drops without saying so by copying their rows."""
    for one in change.gone:
        if one.kind == "table" and one.identity in scene.start and not one.attributes["partition_key"]:
            copy(keeping, scene.place(), table_of(before, one.identity))


def columns(scene: Scene, keeping: Keeping, change: Change, before: Catalog) -> None:
    """Keep the values of columns that are dropped from tables which stay."""
    gone: dict[Identity, set[str]] = {}
    whole = {one.identity for one in change.gone if one.kind == "table"}
    for one in change.gone:
        if one.kind == "column" and one.table in scene.start and one.table not in whole:
            assert one.table is not None
            if before[one.table].kind != "table":
                continue  # a foreign table's rows are another server's
            part = before[one.table].attributes["partition_bound"] is not None
            if not one.attributes["generated"] and not (one.attributes["inherited"] and part):
                gone.setdefault(one.table, set()).add(one.name)
    for identity, names in gone.items():
        table = table_of(before, identity, without_key=names)
        lost = tuple(column for column in table.columns if column.name in names)
        place = scene.place()
        keep_columns(keeping, place, table, lost)
        if end := scene.end_of(table, identity):
            keeping.checks += required(place, table, end, lost, scene.left, referring(scene.end, identity))
        scene.dropped.update({(identity, column.position): (place, table, column) for column in lost})


def retyped_columns(scene: Scene, keeping: Keeping, seen: Observed, change: Change) -> dict[tuple[Identity, int], str]:
    """Keep old values of retyped columns, and return the USING of each way back, by table and column number."""
    before, after, statement = seen.before, seen.after, seen.statement
    changes: dict[Identity, list[Retyped]] = {}
    for old, new in change.changed:
        if old.kind != "column" or old.table not in scene.start or old.attributes["generated"]:
            continue
        if (old.internal["_type"], old.internal["_modifier"]) == (new.internal["_type"], new.internal["_modifier"]):
            continue
        assert old.table is not None
        if before[old.table].kind != "table":
            continue
        if old.attributes["inherited"] and before[old.table].attributes["partition_bound"] is not None:
            continue
        labels = _labels(before, old)
        plain = any(
            isinstance(action, AlterColumnType) and action.column == old.name and _is_plain(action.using)
            for action in statement.actions
        )
        was, now = column_of(before, old), column_of(after, new)
        changes.setdefault(old.table, []).append(Retyped(was, now, labels, plain, scene.formats))
    for action in statement.actions:  # the type stays, and USING changes the values
        if not isinstance(action, AlterColumnType) or _is_plain(action.using):
            continue
        for old in before:
            if old.kind != "column" or old.name != action.column or old.table not in scene.start:
                continue
            if _names(action, old, seen) and old.identity in after and old.table is not None:
                known = {one.old.name for one in changes.get(old.table, ())}
                if old.name not in known:
                    was, now = column_of(before, old), column_of(after, after[old.identity])
                    labels = _labels(before, old)
                    changes.setdefault(old.table, []).append(Retyped(was, now, labels, plain=False))
    using: dict[tuple[Identity, int], str] = {}
    in_order = statement.kind.startswith("ALTER TABLE")
    for identity, retyped in changes.items():
        table, place = table_of(before, identity), scene.place()
        now_table = table_of(after, identity)
        at = {column.position: column for column in now_table.columns}
        now_table = replace(now_table, key=tuple(at[c.position] for c in table.key if c.position in at))
        if len(now_table.key) < len(table.key):
            table, now_table = replace(table, key=()), replace(now_table, key=())
        given = keep_retyped(keeping, place, table, now_table, tuple(retyped), in_order=in_order)
        scene.reasons += given.reasons
        using.update({(identity, one.old.position): given.using[one.old.name] for one in retyped})
        scene.ask(partial(_fits, scene, before, identity, table, given.place, tuple(retyped)))
    return using


def _fits(
    scene: Scene, before: Catalog, identity: Identity, table: Table, place: str, retyped: Sequence[Retyped]
) -> list[Check]:
    """Ask whether values of today fit the old types; a type that is dropped is asked where it lies moved."""
    end = scene.end_of(table, identity)
    if not end:
        return []
    today = {column.position: column for column in end.columns}
    types = {
        one.identity[2]: (1247, one.internal["_type"], 0) for one in before.members[identity] if one.kind == "column"
    }
    losing = [one for one in retyped if not one.widens]
    checks = []
    for one in retyped:
        now = today.get(one.old.position)
        if now is None or (not one.labels and one.old.type == now.type):
            continue
        kept = (place, losing.index(one)) if one in losing else ("", 0)
        lies = scene.moved.get(types[one.old.position], one.old.type)
        also = not_ours(scene.end, identity, now.position, scene.since())
        pointing = referring(scene.end, identity)
        checks.append(fits(table, end, *kept, one, now=now, lies=lies, also=also, left=scene.left, pointing=pointing))
    return checks


def _names(action: AlterColumnType, column: Object, seen: Observed) -> bool:
    """Whether an action without a schema means the table of this column: of several of one name the one rewritten."""
    if column.parent != action.table.name or action.table.schema not in (None, column.schema):
        return False
    alike = {(one.schema, one.name) for one in seen.before if one.kind == "table" and one.name == column.parent}
    return bool(action.table.schema) or len(alike) == 1 or quote(column.schema, column.parent) in seen.trace.rewrites


def sequences(scene: Scene, keeping: Keeping, seen: Observed, change: Change, moved: Collection[Identity]) -> None:
    """Keep where sequences stand that are dropped, and do not move along with a table, or that may be set back."""
    gone = [
        one
        for one in change.gone
        if one.kind == "sequence" and one.identity in scene.start and not moves_along(one, moved)
    ]
    if may_set_back(seen.statement, seen.before):
        locked = [seen.before.get((1259, oid, 0)) for oid in sorted(seen.locked)]
        gone += [
            one
            for one in locked
            if one and one.kind == "sequence" and one.identity in scene.start and one.identity in seen.after
        ]
    if gone:
        keep_sequences(keeping, scene.place(), [quote(one.schema, one.name) for one in gone])


def moves_along(one: Object, moved: Collection[Identity]) -> bool:
    """Whether a part of a moved table moves with it: all but foreign keys and triggers, which would act on others."""
    if one.kind == "sequence":
        return (1259, one.internal["_table"] or 0, 0) in moved
    if one.table not in moved:
        return False
    if one.kind == "constraint":
        return one.attributes["type"] != "f"
    return one.kind not in ("trigger", "rule")


def _labels(catalog: Catalog, column: Object) -> tuple[str, ...] | None:
    """Return the labels of the enum that is a column's type, or its array's element type."""
    name = str(column.attributes["type"]).removesuffix("[]")
    for one in catalog:
        if one.kind == "enum" and name == _bare(one):
            labels = one.attributes["labels"]
            assert isinstance(labels, tuple)
            return labels
    return None


def _bare(one: Object) -> str:
    """Write a type's name as format_type does: quoted only where it must be."""
    parts = [part if re.fullmatch(r"[a-z_][a-z0-9_$]*", part) else quote(part) for part in (one.schema, one.name)]
    return ".".join(parts)


def _is_plain(using: str) -> bool:
    """Whether a USING is none, or only a cast of the column itself."""
    return (
        not using
        or re.fullmatch(r'\(*\s*(?:"[^"]+"|\w+)\s*\)*(?:\s*::\s*[\w ]+(?:\([\d, ]+\))?\)*)*', using) is not None
    )
