"""From what each statement did in the shadow to the steps of a plan: what to keep, and what takes it back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from safemigrate.db.catalog import ROUTINES, TYPES, Catalog, Change, Identity, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.model import Check, Refill, Step
from safemigrate.rollback.checks.constraints import constraint_checks
from safemigrate.rollback.checks.labels import label_check
from safemigrate.rollback.inverse import Retyped as Inverted
from safemigrate.rollback.inverse import invert
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.table import Keeping
from safemigrate.rollback.left import partings
from safemigrate.rollback.losses import columns, copied, moved, retyped_columns, sequences
from safemigrate.rollback.outside import outside
from safemigrate.rollback.reach import sets_formats
from safemigrate.rollback.scene import Observed, Scene, Way
from safemigrate.rollback.simplify import simplified
from safemigrate.rollback.written import written_rows
from safemigrate.sql import is_plain_drop


@dataclass(frozen=True, slots=True)
class Derived:
    """The steps of one migration, and in words what their inverses cannot bring back."""

    steps: tuple[Step, ...]
    reasons: tuple[str, ...]


def derive(
    migration: str, checksum: str, observed: Sequence[Observed], *, keeps: bool = True, moves: bool = True
) -> Derived:
    """Derive the steps of a migration from its observed statements, in order.

    With `keeps` False the steps keep nothing and bring back the schema alone: for what another tool has already run.
    With `moves` False dropped tables are copied, and made anew on the way back.
    """
    if not observed:
        return Derived((), ())
    key = hashlib.sha256(f"{migration}\n{checksum}".encode()).hexdigest()[:8]
    start, end = observed[0].before, observed[-1].after
    scene = Scene(
        key, _age(migration, checksum), start, end, _passing(start, end, observed), _in_the_way(start, observed)
    )
    steps = tuple(_step(scene, seen, keeps=keeps, moves=moves) for seen in observed)
    steps = tuple(replace(step, checks=(*step.checks, *scene.answers(number))) for number, step in enumerate(steps))
    if scene.defers:
        # Not a part at a time: a check that waits sees the other parts only in the same transaction.
        steps = tuple(replace(step, inverse=_deferring(step.inverse), refills=()) for step in steps)
    steps = (replace(steps[0], inverse=(*steps[0].inverse, *_refreshed(scene))), *steps[1:])
    if keeps:
        left = partings(scene, observed)
        steps = tuple(replace(step, partings=one) for step, one in zip(steps, left, strict=True))
    return Derived(steps, tuple(dict.fromkeys(scene.reasons)))


def _refreshed(scene: Scene) -> list[str]:
    """Fill the materialized views that were refreshed from the rows that are back."""
    views = [scene.start[one] for one in dict.fromkeys(scene.refreshed) if one in scene.end]
    return [f"REFRESH MATERIALIZED VIEW {quote(one.schema, one.name)}" for one in views if one.attributes["populated"]]


def _deferring(inverse: tuple[str, ...]) -> tuple[str, ...]:
    """Put checks off while rows come back; before the schema changes they must be through, as on the way there."""
    said: list[str] = []
    waited: bool | None = None
    for sql in inverse:
        waits = sql.startswith(("INSERT", "UPDATE", "DELETE"))
        if waits is not waited:
            said.append(f"SET CONSTRAINTS ALL {'DEFERRED' if waits else 'IMMEDIATE'}")
        said.append(sql)
        waited = waits
    return tuple(said)


def _age(migration: str, checksum: str) -> str:
    """Write the query for the age of the transaction that applied a migration, which wrote its row of the journal."""
    return (
        f"(SELECT age(r.xmin) FROM safemigrate.run AS r WHERE r.migration = {literal(migration)} "
        f"AND r.checksum = {literal(checksum)} ORDER BY r.id DESC LIMIT 1)"
    )


def change_of(seen: Observed) -> Change:
    """Return what a statement changed in the catalog."""
    return difference(seen.before, seen.after)


def _passing(start: Catalog, end: Catalog, observed: Sequence[Observed]) -> frozenset[Identity]:
    """Return what is born and gone within the migration; taking it back needs no trace of it.

    Sequences, schemas and extensions are not counted, nor types and routines that something lasting used in between.
    """
    lasting = {*TYPES, *ROUTINES, "sequence", "schema", "extension"}
    dropped = {one.identity for one in start if one.kind == "table" and one.identity not in end}
    taken_along: set[Identity] = set()  # what a table has when it is dropped comes back with it
    for seen in observed:
        for table in dropped & seen.before.objects.keys() - seen.after.objects.keys():
            taken_along.update(member.identity for member in seen.before.members.get(table, ()))
    passing: set[Identity] = set()
    brief: set[Identity] = set()
    for seen in observed:
        for identity, one in seen.after.objects.items():
            if identity in start or identity in end or identity in passing or identity in taken_along:
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


def _in_the_way(start: Catalog, observed: Sequence[Observed]) -> frozenset[Identity]:
    """Return tables born in the migration with an index named like an earlier one: it may have to go first."""
    names = {(one.schema, one.name) for one in start if _is_index(one)}
    return frozenset(
        table
        for seen in observed
        for table in seen.after.members.keys() - start.objects.keys()
        if any(_is_index(one) and (one.schema, one.name) in names for one in seen.after.members[table])
    )


def _is_index(one: Object) -> bool:
    return one.kind == "index" or (one.kind == "constraint" and one.attributes["type"] in ("p", "u", "x"))


def _step(scene: Scene, seen: Observed, *, keeps: bool, moves: bool) -> Step:
    scene.at += 1
    scene.formats = scene.formats or sets_formats(seen.statement, seen.before)
    before, after, statement = seen.before, seen.after, seen.statement
    everything = difference(before, after)
    change = scene.lasting(everything)
    keeping = Keeping()
    places, using = dict[Identity, str](), dict[tuple[Identity, int], str]()
    if keeps and not change.empty:
        if moves and is_plain_drop(statement):
            places = moved(scene, keeping, everything, before, after)
            scene.moved.update(places)
        else:
            copied(scene, keeping, change, before)
        columns(scene, keeping, change, before)
    if keeps:
        using = retyped_columns(scene, keeping, seen, change)
        sequences(scene, keeping, seen, change, places)
        # Asked late: a table that loses its foreign key here may be dropped, and then moved, by a later statement.
        scene.ask(lambda: constraint_checks(change, scene.asking(before), inverse.statements))
    if keeps:
        written_rows(scene, keeping, seen, change, using)
    inverse = invert(
        change,
        before,
        after,
        born_before=frozenset(before.objects.keys() - scene.start.objects.keys() - scene.in_the_way),
        moved=frozenset(places),
        using=using,
        absent=scene.passing,
    )
    scene.derived.append(Way(change, inverse, tuple(using)))
    scene.reasons += [*inverse.reasons, *outside(statement, before, after)]
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
    )


def _labels(scene: Scene, before: Catalog, retyped: Sequence[Inverted]) -> None:
    """Ask about labels that users took up since, where the inverse would make them NULL."""
    for one in retyped:
        if one.nulls and one.old_labels:
            scene.ask(partial(_label_check, scene, before, one))


def _label_check(scene: Scene, before: Catalog, one: Inverted) -> list[Check]:
    return label_check(one, scene.asking(before))
