"""What a rollback drops or changes and nothing else would bring back: kept by each step, for the rollback's undoing.

Taking a rollback back runs the migration again, step by step; after each, the rows are made what they were when the
rollback took that step back. So each step only has to know what its own inverse drops, and what its own statement does
to rows that were written since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from safemigrate.db.catalog import Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.model import Parting
from safemigrate.rollback.checks.place import Place
from safemigrate.rollback.describe import column_of, parents_first, table_of
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.left import RowsLeft, column_left, sequence_left, table_left, written_since
from safemigrate.rollback.keep.table import Table
from safemigrate.rollback.reach import reach, root
from safemigrate.rollback.scene import Observed, Scene


class _Leaving:
    """The partings of one migration while they are gathered."""

    def __init__(self, scene: Scene, observed: Sequence[Observed]) -> None:
        self.scene, self.observed = scene, observed
        self._since: dict[Identity, str] = {}
        self.born = {
            one.identity: step
            for step, way in enumerate(scene.derived)
            for one in way.inverse.dropped
            if one.kind == "table"
        }

    def since(self, table: Identity) -> tuple[str, tuple[str, ...]]:
        """Name where the keys of rows written after the rollback are, and what fills it where nothing has yet."""
        if table in self._since:
            return self._since[table], ()
        self._since[table] = f"safemigrate.since_{self.scene.key}_{len(self._since) + 1}"
        start = table_of(self.scene.start, table)
        return self._since[table], written_since(self._since[table], start, start.key)

    def of(self, step: int) -> list[Parting]:
        """Return what one step leaves."""
        seen, way = self.observed[step], self.scene.derived[step]
        found = []
        for one in way.inverse.dropped:
            if one.kind == "table" and root(seen.after, one.identity) in self.born.keys() - {one.identity}:
                continue  # its rows are its parent's
            if one.kind == "table":
                found.append(self._table(one, step))
            elif one.kind == "column" and not one.attributes.get("generated") and one.table not in self.born:
                assert one.table is not None
                home = root(seen.after, one.table)
                fills = any(root(seen.after, (1259, oid, 0)) == home for oid in seen.written)
                found.append(self._column(seen.after, one, "values", retyped=False, every=fills))
        born = [one for one in way.change.born if one.kind == "sequence"]
        found += [sequence_left(self.scene.left(), quote(one.schema, one.name)) for one in born]
        retyped = [(one.table, one.number) for one in way.inverse.retyped]
        for table, number in dict.fromkeys((*way.using, *retyped)):
            column = seen.after.get((table[0], table[1], number))
            if column and table in self.scene.start and not column.attributes["generated"]:
                found.append(self._column(seen.after, column, "", retyped=True))
        return found + self._rows(seen, [one for one in self.scene.kept_rows if one.step == step])

    def _table(self, one: Object, step: int) -> Parting:
        """A table of the migration's own: its columns stay as the migration ends, its name goes back step by step."""
        end = table_of(self.scene.end, one.identity)
        now = self.observed[step].after[one.identity]
        at = step
        for later in range(step + 1, len(self.observed)):
            seen, change = self.observed[later], self.scene.derived[later].change
            changed_rows = {root(seen.after, (1259, oid, 0)) for oid in seen.changed}
            limits = reach(seen.statement, seen.before)
            if limits is None or not changed_rows <= limits.keys():
                touched = {root(seen.after, (1259, oid, 0)) for oid in (*seen.written, *seen.changed)}
            else:
                touched = set(limits)
            changed = (*change.born, *change.gone, *(new for _, new in change.changed))
            touched |= {each.table for each in changed if each.kind == "column" and each.table}
            if one.identity in touched:
                at = later
        again = table_of(self.observed[at].after, one.identity)
        return table_left(
            self.scene.left(), replace(end, name=quote(now.schema, now.name)), again, at if at > step else -1
        )

    def _column(self, catalog: Catalog, one: Object, unit: str, *, retyped: bool, every: bool = False) -> Parting:
        """A column's values; with `every` also where there is none, because the statement may fill it when it runs."""
        assert one.table is not None
        column = column_of(catalog, one)
        table = table_of(catalog, one.table, without_key={column.name})
        if not retyped:
            where = "" if every or column.default or column.not_null else f"t.{column.quoted} IS NOT NULL"
            return column_left(self.scene.left(), table, column, where, unit=unit)
        since, fill = self.since(one.table) if self._same_key(table, one.table) else ("", ())
        added = self._added_labels(one)
        listed = ", ".join(literal(label) for label in added)
        held = "" if not added else f"t.{column.quoted}::text[] && ARRAY[{listed}]"
        if added and not column.type.endswith("[]"):
            held = f"t.{column.quoted}::text IN ({listed})"
        parting = column_left(self.scene.left(), table, column, held, unit=unit, since=since, alone=bool(added))
        return replace(parting, first=fill)

    def _added_labels(self, one: Object) -> tuple[str, ...]:
        """Return the labels that ALTER TYPE has added to a column's enum: the type is the same before and after."""
        before = self.scene.start.get(one.identity)
        kind = (1247, one.internal["_type"], 0)
        if before is None or before.internal["_type"] != one.internal["_type"]:
            return ()
        was, now = self.scene.start.get(kind), self.scene.end.get(kind)
        if was is None or now is None or now.kind != "enum":
            return ()
        old, new = was.attributes["labels"], now.attributes["labels"]
        assert isinstance(old, tuple) and isinstance(new, tuple)  # noqa: PT018
        return tuple(str(label) for label in new if label not in old)

    def _same_key(self, table: Table, identity: Identity) -> bool:
        """Whether the table's key is the one that it had before the migration, so that rows are told by it."""
        if identity not in self.scene.start:
            return False
        start = table_of(self.scene.start, identity)
        return bool(table.key) and [c.position for c in start.key] == [c.position for c in table.key]

    def _rows(self, seen: Observed, places: Sequence[Place]) -> list[Parting]:
        """Rows that the statement changed, of all its tables: made before what refers to them, deleted after."""
        order = parents_first(seen.after, [place.table for place in places])
        kept: list[RowsLeft] = []
        firsts: list[tuple[str, ...]] = []
        for place in sorted(places, key=lambda place: order.index(place.table)):
            table = table_of(seen.after, place.table)
            if not self._same_key(table, place.table) or tuple(c.position for c in table.key) != place.key:
                continue
            before = {c.position: c.type for c in table_of(seen.before, place.table).columns}
            now = {c.position: c for c in table.columns if before.get(c.position) == c.type}
            columns = [now.get(position) for position in place.columns]
            since, fill = self.since(place.table)
            firsts.append(fill)
            old = {c.position for c in table_of(self.scene.start, place.table).columns}
            born = {number for number, position in enumerate(place.columns, start=1) if position not in old}
            kept.append(RowsLeft(place.name, self.scene.left(), since, table, columns, born))
        back = [sql for one in kept for sql in one.wanted()]
        if len(kept) == 1:  # nothing else can refer to a row that the statement has just made: first make room
            back += [*kept[0].deletes(), *kept[0].updates(), *kept[0].inserts()]
        else:
            back += [sql for one in kept for sql in (*one.inserts(), *one.updates())]
            back += [sql for one in reversed(kept) for sql in one.deletes()]
        back += [sql for one in kept for sql in one.settled()]
        partings = [replace(one.parting, first=first) for one, first in zip(kept, firsts, strict=True)]
        return [*partings[:-1], replace(partings[-1], back=tuple(back))] if partings else []


def partings(scene: Scene, observed: Sequence[Observed]) -> list[tuple[Parting, ...]]:
    """Return what each step's inverse leaves, with what puts it back."""
    leaving = _Leaving(scene, observed)
    return [tuple(leaving.of(step)) for step in range(len(observed))]
