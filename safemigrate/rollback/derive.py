"""From what each statement did in the shadow to the steps of a plan: what to keep, and what takes it back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from safemigrate.db.catalog import ROUTINES, TYPES, Catalog, Change, Identity, Object, difference
from safemigrate.model import Check, Parting, Refill, Step
from safemigrate.rollback.checks.constraints import constraint_checks
from safemigrate.rollback.checks.labels import label_check
from safemigrate.rollback.describe import column_of, table_of
from safemigrate.rollback.inverse import Retyped as Inverted
from safemigrate.rollback.inverse import invert
from safemigrate.rollback.keep.table import Keeping
from safemigrate.rollback.losses import columns, copied, moved, retyped_columns, sequences
from safemigrate.rollback.scene import Observed, Scene
from safemigrate.rollback.simplify import simplified
from safemigrate.rollback.written import written_rows
from safemigrate.sql import is_plain_drop


@dataclass(frozen=True, slots=True)
class Derived:
    """The steps of one migration, and in words what their inverses cannot bring back."""

    steps: tuple[Step, ...]
    reasons: tuple[str, ...]


def derive(migration: str, checksum: str, observed: Sequence[Observed], *, keeps: bool = True) -> Derived:
    """Derive the steps of a migration from its observed statements, in order.

    With `keeps` False the steps keep nothing and bring back the schema alone: for what another tool has already run.
    """
    if not observed:
        return Derived((), ())
    key = hashlib.sha256(f"{migration}\n{checksum}".encode()).hexdigest()[:8]
    start, end = observed[0].before, observed[-1].after
    passing = _passing(start, end, observed)
    scene = Scene(key, start, end, passing)
    steps = tuple(_step(scene, seen, keeps=keeps) for seen in observed)
    steps = tuple(replace(step, checks=(*step.checks, *scene.answers(number))) for number, step in enumerate(steps))
    return Derived(steps, tuple(dict.fromkeys(scene.reasons)))


def change_of(seen: Observed) -> Change:
    """Return what a statement changed in the catalog."""
    return difference(seen.before, seen.after)


def _passing(start: Catalog, end: Catalog, observed: Sequence[Observed]) -> frozenset[Identity]:
    """Return what is born and gone within the migration; taking it back needs no trace of it.

    Sequences, schemas and extensions are not counted, nor types and routines that something lasting used in between.
    """
    lasting = {*TYPES, *ROUTINES, "sequence", "schema", "extension"}
    passing: set[Identity] = set()
    brief: set[Identity] = set()
    for seen in observed:
        for identity, one in seen.after.objects.items():
            if identity in start or identity in end or identity in passing:
                continue
            owner = (1259, one.internal.get("_table") or 0, 0) if one.kind == "sequence" else None
            if one.kind not in lasting or (owner and owner not in start and owner not in end):
                passing.add(identity)
            elif one.kind in TYPES or one.kind in ROUTINES:
                brief.add(identity)
    while used := {
        identity
        for identity in brief
        for seen in observed
        if not seen.after.dependents.get(identity, {}).keys() <= passing | brief
    }:
        brief -= used
    return frozenset(passing | brief)


def _step(scene: Scene, seen: Observed, *, keeps: bool) -> Step:
    scene.at += 1
    before, after, statement = seen.before, seen.after, seen.statement
    change = scene.lasting(difference(before, after))
    keeping = Keeping()
    places, using = dict[Identity, str](), dict[tuple[Identity, int], str]()
    if keeps and not change.empty:
        if is_plain_drop(statement):
            places = moved(scene, keeping, change, before, after)
            scene.moved.update(places)
        else:
            copied(scene, keeping, change, before)
        columns(scene, keeping, change, before)
    if keeps:
        using = retyped_columns(scene, keeping, change, before, after, statement)
        sequences(scene, keeping, change, places)
        # Asked late: a table that loses its foreign key here may be dropped, and then moved, by a later statement.
        scene.ask(lambda: constraint_checks(change, before, scene.end, scene.moved, scene.dropped))
    if keeps:
        written_rows(scene, keeping, seen, change, using)
    inverse = invert(
        change,
        before,
        after,
        born_before=frozenset(before.objects.keys() - scene.start.objects.keys()),
        moved=frozenset(places),
        using=using,
        absent=scene.passing,
    )
    scene.reasons += inverse.reasons
    if keeps:
        _labels(scene, before, [one for one in inverse.retyped if (one.table, one.number) not in using])
    schemas = [sql for sql in inverse.prepare if sql.startswith("CREATE SCHEMA")]
    prepare = [sql for sql in inverse.prepare if sql not in schemas]
    first = (*keeping.first, *schemas, *keeping.back, *prepare, *inverse.restore)
    last = (*inverse.finish, *keeping.settle)
    if not keeping.refill:
        first, last = (*first, *last), ()
    way_back = [*simplified(first)]
    refills: list[Refill] = []
    for one in keeping.refill:
        if isinstance(one, Refill):
            refills.append(replace(one, at=len(way_back)))
            way_back += one.sql
        else:
            way_back.append(one)
    return Step(
        sql=statement.sql,
        line=statement.span.line,
        run=(statement.sql,) if keeping.run is None else tuple(keeping.run),
        before=tuple(keeping.before),
        after=tuple(keeping.after),
        inverse=(*way_back, *simplified(last)),
        refills=tuple(refills),
        checks=tuple(keeping.checks),
        kept=tuple(keeping.kept),
        partings=tuple(_parting(scene, after, one) for one in inverse.dropped if not one.attributes.get("generated")),
    )


def _labels(scene: Scene, before: Catalog, retyped: Sequence[Inverted]) -> None:
    """Ask about labels that users took up since, where the inverse would make them NULL."""
    for one in retyped:
        if one.nulls and one.old_labels:
            scene.ask(partial(_label_check, scene, before, one))


def _label_check(scene: Scene, before: Catalog, one: Inverted) -> list[Check]:
    return label_check(one.table, one.number, one.old_labels, before, scene.end, scene.since())


def _parting(scene: Scene, after: Catalog, one: Object) -> Parting:
    scene.number += 1
    place = f"safemigrate.left_{scene.key}_{scene.number}"
    if one.kind == "table":
        table = table_of(after, one.identity)
        columns, where, subject, unit = table.columns, "", table.name, "rows"
    else:
        assert one.table is not None
        table = table_of(after, one.table)
        column = column_of(after, one)
        columns = (*(key for key in table.key if key.name != column.name), column)
        unit = "values"
        where, subject = f" WHERE t.{column.quoted} IS NOT NULL", f"{table.name}.{column.quoted}"
    source = f"{table.name} AS t{where}"
    keep = f"CREATE TABLE {place} AS SELECT {', '.join(column.kept for column in columns)} FROM {source}"
    return Parting(subject, place, f"SELECT count(*) FROM {source}", (f"DROP TABLE IF EXISTS {place}", keep), unit)
