"""From what each statement did in the shadow to the steps of a plan: what to keep, and what takes it back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from safemigrate.db.catalog import ROUTINES, TYPES, Catalog, Change, Identity, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.model import Check, KeptKind, Parting, Step, Trace
from safemigrate.rollback.checks import (
    Place,
    constraint_checks,
    label_check,
    parent_checks,
    reused_check,
    unique_checks,
)
from safemigrate.rollback.describe import column_of, deferred, parents_first, refers, table_of
from safemigrate.rollback.inverse import Retyped as Inverted
from safemigrate.rollback.inverse import invert
from safemigrate.rollback.keep.columns import keep_columns
from safemigrate.rollback.keep.retyped import Retyped, fits, keep_retyped
from safemigrate.rollback.keep.rows import EVENTS, Writes, keep_rows
from safemigrate.rollback.keep.table import Column, Keeping, Table
from safemigrate.rollback.keep.tables import copy, keep_sequence, move
from safemigrate.rollback.reach import Reach, foreign_keys, reach, root
from safemigrate.sql import Statement, is_plain_drop
from safemigrate.sql.actions import AlterColumnType, DoBlock, Truncate


class Observed(Protocol):
    """What the shadow saw of one statement.

    Catalogs around it, the oids of tables whose rows it may have written, and of those where it did.
    """

    @property
    def statement(self) -> Statement: ...  # noqa: D102
    @property
    def before(self) -> Catalog: ...  # noqa: D102
    @property
    def after(self) -> Catalog: ...  # noqa: D102
    @property
    def written(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def changed(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def trace(self) -> Trace: ...  # noqa: D102


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
    derivation = _Derivation(key, start, end, passing, keeps)
    steps = tuple(derivation.step(seen) for seen in observed)
    steps = tuple(
        replace(step, checks=(*step.checks, *derivation.late_checks(number))) for number, step in enumerate(steps)
    )
    return Derived(steps, tuple(dict.fromkeys(derivation.reasons)))


def change_of(seen: Observed) -> Change:
    """Return what a statement changed in the catalog."""
    return difference(seen.before, seen.after)


def _passing(start: Catalog, end: Catalog, observed: Sequence[Observed]) -> frozenset[Identity]:
    """Return what is born and gone within the migration; taking it back needs no trace of it.

    Types, sequences, routines and schemas are not counted: a column may have used one of them in between.
    """
    lasting = {*TYPES, *ROUTINES, "sequence", "schema", "extension"}
    passing: set[Identity] = set()
    for seen in observed:
        for identity, one in seen.after.objects.items():
            if identity in start or identity in end or identity in passing:
                continue
            owner = (1259, one.internal.get("_table") or 0, 0) if one.kind == "sequence" else None
            if one.kind not in lasting or (owner and owner not in start and owner not in end):
                passing.add(identity)
    return frozenset(passing)


class _Derivation:
    def __init__(
        self,
        key: str,
        start: Catalog,
        end: Catalog,
        passing: frozenset[Identity],
        keeps: bool,  # noqa: FBT001
    ) -> None:
        self.key, self.start, self.end, self.passing, self.keeps = key, start, end, passing, keeps
        self.number = 0
        self.at = -1
        self.places: list[Place] = []
        self._dropped: dict[tuple[Identity, int], tuple[str, Table, Column]] = {}
        self.late: list[tuple[int, Callable[[], list[Check]]]] = []
        self.reasons: list[str] = []

    def step(self, seen: Observed) -> Step:
        self.at += 1
        before, after, statement = seen.before, seen.after, seen.statement
        change = self._lasting(difference(before, after))
        keeping = Keeping()
        places, using = dict[Identity, str](), dict[tuple[Identity, int], str]()
        if self.keeps and not change.empty:
            if is_plain_drop(statement):
                places = self._move(keeping, change, before, after)
            else:
                self._copy(keeping, change, before)
            self._columns(keeping, change, before)
        if self.keeps:
            using = self._retyped(keeping, change, before, after, statement)
            self._sequences(keeping, change, places)
            keeping.checks += constraint_checks(change, before, self.end, places, self._dropped)
        if self.keeps:
            self._rows(keeping, seen, change, using)
        inverse = invert(
            change,
            before,
            after,
            born_before=frozenset(before.objects.keys() - self.start.objects.keys()),
            moved=frozenset(places),
            using=using,
            absent=self.passing,
        )
        self.reasons += inverse.reasons
        if self.keeps:
            self._labels(before, [one for one in inverse.retyped if (one.table, one.number) not in using])
        schemas = [sql for sql in inverse.prepare if sql.startswith("CREATE SCHEMA")]
        prepare = [sql for sql in inverse.prepare if sql not in schemas]
        return Step(
            sql=statement.sql,
            line=statement.span.line,
            run=(statement.sql,) if keeping.run is None else tuple(keeping.run),
            before=tuple(keeping.before),
            after=tuple(keeping.after),
            inverse=(
                *keeping.first,
                *schemas,
                *keeping.back,
                *prepare,
                *inverse.restore,
                *keeping.refill,
                *inverse.finish,
                *keeping.settle,
            ),
            checks=tuple(keeping.checks),
            kept=tuple(keeping.kept),
            partings=tuple(self._parting(after, one) for one in inverse.dropped if not one.attributes.get("generated")),
        )

    def late_checks(self, number: int) -> list[Check]:
        """Return the checks of step `number` that need to know what later steps keep."""
        self.at = number
        return [check for at, ask in self.late if at == number for check in ask()]

    def _ask(self, checks: Callable[[], list[Check]]) -> None:
        self.late.append((self.at, checks))

    def _labels(self, before: Catalog, retyped: Sequence[Inverted]) -> None:
        """Ask about labels that users took up since, where the inverse would make them NULL."""
        for one in retyped:
            if one.nulls and one.old_labels:
                self._ask(partial(self._label_check, before, one))

    def _label_check(self, before: Catalog, one: Inverted) -> list[Check]:
        return label_check(one.table, one.number, one.old_labels, before, self.end, self._since())

    def _since(self) -> list[Place]:
        """Return where this step and later ones keep rows: all of it is back when this step's turn has come."""
        return [place for place in self.places if place.step >= self.at]

    def _end(self, table: Table, identity: Identity) -> Table | None:
        """Describe a table at the end of the migration, with the key that it has in `table`, or none."""
        if identity not in self.end:
            return None
        end = table_of(self.end, identity)
        now = {column.position: column for column in end.columns}
        key = tuple(now[column.position] for column in table.key if column.position in now)
        same = len(key) == len(table.key) and all(
            one.type == other.type for one, other in zip(key, table.key, strict=True)
        )
        return replace(end, key=key if same else ())

    def _parting(self, after: Catalog, one: Object) -> Parting:
        self.number += 1
        place = f"safemigrate.left_{self.key}_{self.number}"
        if one.kind == "table":
            table = table_of(after, one.identity)
            columns, where, subject = table.columns, "", table.name
        else:
            assert one.table is not None
            table = table_of(after, one.table)
            column = column_of(after, one)
            columns = (*(key for key in table.key if key.name != column.name), column)
            where, subject = f" WHERE t.{column.quoted} IS NOT NULL", f"{table.name}.{column.quoted}"
        source = f"{table.name} AS t{where}"
        keep = f"CREATE TABLE {place} AS SELECT {', '.join(column.kept for column in columns)} FROM {source}"
        return Parting(subject, place, f"SELECT count(*) FROM {source}", (f"DROP TABLE IF EXISTS {place}", keep))

    def _lasting(self, change: Change) -> Change:
        def lasts(one: Object) -> bool:
            return one.identity not in self.passing and one.table not in self.passing

        return Change(
            tuple(one for one in change.born if lasts(one)),
            tuple(one for one in change.gone if lasts(one)),
            tuple((old, new) for old, new in change.changed if lasts(old)),
        )

    def _place(self) -> str:
        self.number += 1
        return f"safemigrate.kept_{self.key}_{self.number}"

    def _move(self, keeping: Keeping, change: Change, before: Catalog, after: Catalog) -> dict[Identity, str]:
        """Move what a plain DROP would drop; its dependents, which CASCADE would take along, are dropped by name."""
        old = [one for one in change.gone if one.identity in self.start]
        types = [one for one in old if one.kind in TYPES]
        tables = [one for one in old if one.kind == "table"]
        if not types and not tables:
            return {}
        moved = {one.identity for one in (*types, *tables)}
        homes: dict[str, str] = {}
        for one in (*tables, *types):
            if one.schema not in homes:
                self.number += 1
                homes[one.schema] = f"safemigrate_{self.key}_{self.number}"
        rest = tuple(one for one in change.gone if one.identity not in moved and not moves_along(one, moved))
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

    def _copy(self, keeping: Keeping, change: Change, before: Catalog) -> None:
        for one in change.gone:
            if one.kind == "table" and one.identity in self.start and not one.attributes["partition_key"]:
                copy(keeping, self._place(), table_of(before, one.identity))

    def _columns(self, keeping: Keeping, change: Change, before: Catalog) -> None:
        gone: dict[Identity, set[str]] = {}
        whole = {one.identity for one in change.gone if one.kind == "table"}
        for one in change.gone:
            if one.kind == "column" and one.table in self.start and one.table not in whole:
                assert one.table is not None
                part = before[one.table].attributes["partition_bound"] is not None
                if not one.attributes["generated"] and not (one.attributes["inherited"] and part):
                    gone.setdefault(one.table, set()).add(one.name)
        for identity, names in gone.items():
            table = table_of(before, identity, without_key=names)
            lost = tuple(column for column in table.columns if column.name in names)
            place = self._place()
            keep_columns(keeping, place, table, self._end(table, identity), lost)
            self._dropped.update({(identity, column.position): (place, table, column) for column in lost})

    def _retyped(
        self, keeping: Keeping, change: Change, before: Catalog, after: Catalog, statement: Statement
    ) -> dict[tuple[Identity, int], str]:
        changes: dict[Identity, list[Retyped]] = {}
        for old, new in change.changed:
            if old.kind != "column" or old.table not in self.start or old.attributes["generated"]:
                continue
            if (old.internal["_type"], old.internal["_modifier"]) == (new.internal["_type"], new.internal["_modifier"]):
                continue
            assert old.table is not None
            if old.attributes["inherited"] and before[old.table].attributes["partition_bound"] is not None:
                continue
            labels = _labels(before, old)
            plain = any(
                isinstance(action, AlterColumnType) and action.column == old.name and _is_plain(action.using)
                for action in statement.actions
            )
            was, now = column_of(before, old), column_of(after, new)
            changes.setdefault(old.table, []).append(Retyped(was, now, labels, plain))
        for action in statement.actions:  # the type stays, and USING changes the values
            if not isinstance(action, AlterColumnType) or _is_plain(action.using):
                continue
            for old in before:
                if old.kind != "column" or old.name != action.column or old.table not in self.start:
                    continue
                named = old.parent == action.table.name and action.table.schema in (None, old.schema)
                if named and old.identity in after and old.table is not None:
                    known = {one.old.name for one in changes.get(old.table, ())}
                    if old.name not in known:
                        was, now = column_of(before, old), column_of(after, after[old.identity])
                        labels = _labels(before, old)
                        changes.setdefault(old.table, []).append(Retyped(was, now, labels, plain=False))
        using: dict[tuple[Identity, int], str] = {}
        in_order = statement.kind.startswith("ALTER TABLE")
        for identity, retyped in changes.items():
            table, place = table_of(before, identity), self._place()
            now_table = table_of(after, identity)
            at = {column.position: column for column in now_table.columns}
            now_table = replace(now_table, key=tuple(at[c.position] for c in table.key if c.position in at))
            if len(now_table.key) < len(table.key):
                table, now_table = replace(table, key=()), replace(now_table, key=())
            given = keep_retyped(keeping, place, table, now_table, tuple(retyped), in_order=in_order)
            self.reasons += given.reasons
            using.update({(identity, one.old.position): given.using[one.old.name] for one in retyped})
            end = self._end(table, identity)
            if end:
                today = {column.position: column for column in end.columns}
                losing = [one for one in retyped if not one.widens]
                keeping.checks += [
                    fits(
                        table,
                        end,
                        given.place if one in losing else "",
                        losing.index(one) if one in losing else 0,
                        one,
                        now=today[one.old.position],
                    )
                    for one in retyped
                    if one.old.position in today and (one.labels or one.old.type != today[one.old.position].type)
                ]
        return using

    def _sequences(self, keeping: Keeping, change: Change, moved: Collection[Identity]) -> None:
        for one in change.gone:
            if one.kind == "sequence" and one.identity in self.start and not moves_along(one, moved):
                keep_sequence(keeping, self._place(), quote(one.schema, one.name))

    def _rows(self, keeping: Keeping, seen: Observed, change: Change, using: dict[tuple[Identity, int], str]) -> None:
        before, after = seen.before, seen.after
        actions = seen.statement.actions
        lasting = {
            identity
            for identity in ((1259, oid, 0) for oid in seen.written)
            if identity in self.start and identity in before and identity in after
        }
        tables = {family if (family := root(before, one)) in self.start and family in after else one for one in lasting}
        limits = reach(seen.statement, before)
        changed = {root(before, (1259, oid, 0)) for oid in seen.changed} & tables
        if limits is not None and changed <= limits.keys():
            tables &= limits.keys()
        else:
            limits = None
        restarts = any(isinstance(a, DoBlock) or (isinstance(a, Truncate) and a.restart_identity) for a in actions)
        touched = {one.table for one in (*change.born, *change.gone, *(new for _, new in change.changed))}
        touched |= {new.identity for _, new in change.changed}
        inserts: list[str] = []
        deletes: list[str] = []
        ordered = parents_first(before, sorted(tables))
        for identity in ordered:
            if restarts:
                for one in before:
                    if one.kind == "sequence" and one.internal["_table"] == identity[1]:
                        keep_sequence(keeping, self._place(), quote(one.schema, one.name))
            table, writes = self._writes(seen, identity, limits, using, reshaped=identity in touched)
            if not writes.columns:
                continue
            referring = [
                one
                for one in foreign_keys(before)
                if root(before, (1259, one.internal["_target"], 0)) == identity and one.identity not in self.passing
            ]
            others = [one for one in referring if one.table and root(before, one.table) != identity]
            place = self._place()
            restore = keep_rows(
                keeping, place, table, writes, [condition for one in others if (condition := refers(before, one))]
            )
            if table.key:
                self._note(seen, identity, place, table, writes)
            if referring:
                inserts += table.silenced(restore.inserts)
                deletes = table.silenced(restore.deletes) + deletes
            else:  # nobody points here: first make room, a new row may have an old one's unique value
                inserts += table.silenced([*restore.deletes, *restore.inserts])
        first, last = deferred(before, ordered)
        keeping.refill += [*first, *inserts, *deletes, *last]

    def _writes(
        self,
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
            and one.identity not in self.passing
            and one.identity in after
            and not one.attributes["generated"]
        ]
        columns = tuple(column_of(before, one) for one in lasting)
        names = {column.name for column in columns}
        keys = {column.name for column in table.key}
        if not keys <= names:
            table, keys = replace(table, key=()), set()
        limit = limits.get(identity) if limits is not None else None
        events = limit.events if limit else EVENTS
        if limit and table.key and events == {"update"} and limit.columns is not None:
            if not limit.columns & keys:
                columns = tuple(column for column in columns if column.name in limit.columns)
            elif not table.parts:
                events = frozenset({"rekey"})
        now = after[identity]
        values = []
        for one in lasting:  # what a retyped column has now is compared as what it will be once its type is back
            name = f"r.{quote(after[one.identity].name)}"
            back = using.get((identity, one.internal["_position"]), "")
            values.append(f"({back.replace(f'{quote(one.name)}::', f'{name}::')})" if back else name)
        renamed = (quote(now.schema, now.name), tuple(values))
        plain_truncate = all(isinstance(action, Truncate) for action in seen.statement.actions)
        rewritten = table.name in seen.trace.rewrites and not plain_truncate
        compare = table.alone or rewritten or reshaped
        return table, Writes(columns, EVENTS if compare else events, compare, renamed if reshaped else None)

    def _note(self, seen: Observed, identity: Identity, place: str, table: Table, writes: Writes) -> None:
        """Remember where rows are kept, and ask what could keep them from going back."""
        kept = Place(
            self.at,
            identity,
            place,
            tuple(column.position for column in table.key),
            tuple(column.position for column in writes.columns),
            tuple(column.builtin for column in writes.columns),
        )
        self.places.append(kept)
        before = seen.before
        if writes.events != {"insert"}:
            self._ask(lambda: unique_checks(kept, before, self.end, self._since()))
            self._ask(lambda: parent_checks(kept, before, self.end, self._since()))
        if writes.events & {"delete", "truncate", "rekey"} and table.key:
            self._ask(lambda: reused_check(kept, before, self.end, self._since()))


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
