"""The SQL that takes a change of the schema back, derived from the catalog before and after it.

Objects are matched by identity (oid, column number), so a rename is a rename for certain, and nobody has to read the
SQL to find out what it did. Rows are not brought back here: the caller weaves that in between `restore` and `finish`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, Catalog, Change, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse import order, rights
from safemigrate.rollback.inverse.alter import alter
from safemigrate.rollback.inverse.alter_table import changes_parent
from safemigrate.rollback.inverse.alteration import Alteration
from safemigrate.rollback.inverse.carry import carry
from safemigrate.rollback.inverse.create import create, unprintable
from safemigrate.rollback.inverse.create_table import (
    attach,
    column_settings,
    drop_not_null,
    identity_column,
    not_null,
    parents_identity,
    switched,
    table_settings,
    unlike_parents,
)
from safemigrate.rollback.inverse.rename import aside, rename
from safemigrate.rollback.inverse.retype import Retyped, retyped, statements
from safemigrate.rollback.inverse.situation import Situation, situation
from safemigrate.rollback.inverse.words import target

__all__ = ["Inverse", "Retyped", "invert"]


@dataclass(frozen=True, slots=True)
class Inverse:
    """Three lists of statements, to run in this order.

    `prepare` drops what was born and what is in the way, gives former names back and makes types, sequences and the
    functions they need. Then the caller moves kept tables and types back. `restore` makes tables and columns (nullable,
    without defaults) and retypes columns. Then the caller fills rows in. `finish` makes defaults, NOT NULL, identity,
    indexes, constraints, views, triggers, comments and grants. `dropped` are the born tables and columns that `prepare`
    drops, `retyped` the columns that `restore` retypes. `reasons` say what does not come back, in the reader's words.
    """

    prepare: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    dropped: tuple[Object, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """All of it, for a schema without rows to bring back."""
        return self.prepare + self.restore + self.finish


def invert(
    change: Change,
    before: Catalog,
    after: Catalog,
    *,
    born_before: Collection[Identity] = frozenset(),
    moved: frozenset[Identity] = frozenset(),
    using: Mapping[tuple[Identity, int], str] | None = None,
    absent: Collection[Identity] = frozenset(),
) -> Inverse:
    """Derive what takes `change` back.

    `born_before` are tables that the migration itself made earlier: dropping them takes their parts along, so changes
    inside them are left alone. `moved` are dropped tables and types that the caller moves back, with all that travels
    with them; their foreign keys and triggers are made here. `using` overrides how a retyped column is converted, by
    table and column number. `absent` are objects that will not be there when the inverse runs, though both catalogs
    have them: made and dropped again within the migration.
    """
    if change.empty:
        return Inverse()
    before, after = before.without(absent), after.without(absent)
    found = situation(change, before, after, born_before, moved)
    return _Inverting(found, born_before, using or {}).run()


class _Inverting:
    def __init__(
        self, found: Situation, born_before: Collection[Identity], using: Mapping[tuple[Identity, int], str]
    ) -> None:
        self.found, self.born_before, self.using = found, born_before, using
        self.before, self.after = found.before, found.after
        pairs = ((self.before[identity], now) for identity, now in found.twins.items())
        self.schemas = {now.name: was.name for was, now in pairs if was.kind == "schema"}
        self.alterations: list[tuple[Object, Object, Alteration]] = []
        self.restore: list[str] = []
        self.finish: list[str] = []

    def run(self) -> Inverse:
        self._spread()
        late = {one.identity for one in self.found.drops.values() if self._outlives(one)}
        dropping, waiting = order.drops(self.found, late, self._detached())
        alterations = [one for one in self.alterations if one[1].identity not in self.found.drops]
        prepare = [sql for _, _, one in alterations for sql in one.first]
        prepare += self._without_needless_defaults(dropping)
        prepare += [sql for _, _, one in alterations for sql in one.early]
        names = self._make_room(waiting, prepare)
        made = order.creation(self.found)
        prepare += [sql for _, one in made if one.kind == "schema" for sql in create(one, self.before)]
        prepare += rename(self._staying(), self._renamed())
        prepare += [sql for _, _, one in alterations for sql in one.named]
        columns = self._retype(names, prepare)
        for one in waiting:
            was = self.before.get(one.identity)
            if was and was.kind == one.kind == "enum":
                name = names.get(one.identity, one.name)
                self.finish.append(carry(quote(one.schema, name), quote(was.schema, was.name)))
            self.finish.append(f"DROP {target_as(one, names.get(one.identity))}")
        lists = (prepare, self.restore, self.finish)
        self._create(made, lists)
        self.restore += [sql for _, _, one in alterations for sql in one.restore]
        self._describe(alterations)
        reasons = dict.fromkeys([*self.found.reasons, *(text for _, _, one in alterations for text in one.reasons)])
        dropped = [
            one
            for one in self.found.drops.values()
            if one.kind == "table"
            or (one.kind == "column" and one.table not in self.found.drops and self._has_rows(one))
        ]
        return Inverse(
            tuple(prepare), tuple(self.restore), tuple(self.finish), tuple(columns), tuple(dropped), tuple(reasons)
        )

    def _has_rows(self, column: Object) -> bool:
        return column.table is not None and self.after[column.table].kind == "table"

    def _spread(self) -> None:
        """Find everything that has to go or be retyped, starting from what was born and what was altered."""
        for one in list(self.found.drops.values()):
            self.found.spread(one)
        for was, now in self.found.changed:
            if was.kind == "column" and self._type_differs(was):
                self.found.retype(was, now)
            alteration = alter(was, now, self.before, self.after)
            if alteration.replace:
                self.found.replace(now)
                if now.attributes.get("attached_to"):
                    self._replace_whole(now)
            else:
                self.alterations.append((was, now, alteration))

    def _replace_whole(self, index: Object) -> None:
        """No index leaves the one it is attached to: both go."""
        for place, kind in self.after.depends.get(index.identity, {}).items():
            if kind == "P" and self.after[place].kind in ("index", "constraint"):
                self.found.replace(self.after[place])
                self._replace_whole(self.after[place])

    def _type_differs(self, was: Object) -> bool:
        now = self.found.twins[was.identity]
        if now.attributes["inherited"] and was.attributes["inherited"]:
            return False  # goes with its parent
        if self.found.type_came_back(was):
            return True
        if was.internal["_type"] != now.internal["_type"]:
            return False
        return (
            was.internal["_modifier"] != now.internal["_modifier"]
            or was.attributes["collation"] != now.attributes["collation"]
        )

    def _outlives(self, one: Object) -> bool:
        """A schema goes last, and so does a type or collation until no column is of it any more."""
        if one.kind == "schema":
            return True
        return any(
            place in self.found.origins and self.found.origins[place].identity in self.found.retypes
            for place in self._columns_of(one)
        )

    def _columns_of(self, one: Object) -> set[Identity]:
        found: set[Identity] = set()
        for place in self.after.dependents.get(one.identity, {}):
            other = self.after[place]
            if other.kind == "column" and one.kind != "column":
                found.add(place)
            elif other.kind in TYPES and one.kind not in ("column", "table"):
                found |= self._columns_of(other)
        return found

    def _detached(self) -> set[Identity]:
        return {now.identity for was, now, _ in self.alterations if now.kind in TABLES and changes_parent(was, now)}

    def _without_needless_defaults(self, dropping: list[str]) -> list[str]:
        """A default that the former one simply replaces need not be dropped first."""
        needless = set()
        for one in self.found.drops.values():
            if one.kind != "default":
                continue
            column = (1259, one.table[1] if one.table else 0, one.internal["_column"])
            origin = self.found.origins.get(column)
            if origin is None or origin.identity in self.found.retypes:
                continue
            needs = self.after.depends.get(one.identity, {})
            returns = any(
                was.kind == "default" and was.table == origin.table and was.internal["_column"] == origin.identity[2]
                for was in self.found.creates.values()
            )
            if returns and not any(place in self.found.drops for place in needs):
                needless.update(order.drop(one, self.after))
        return [sql for sql in dropping if sql not in needless]

    def _make_room(self, waiting: list[Object], prepare: list[str]) -> dict[Identity, str]:
        """Rename what has to stay for a while but has a name that is needed; returns the names given."""
        names: dict[Identity, str] = {}
        used = {one.name for one in (*self.before, *self.after)}
        needed = {(one.kind == "schema", one.schema, one.name) for one in self.before if one.table is None}
        for one in waiting:
            if (one.kind == "schema", one.schema, one.name) in needed:
                names[one.identity] = aside(one, used)
                used.add(names[one.identity])
                keyword = target(one).partition(" ")[0]
                place = quote(one.schema, one.name) if one.schema else quote(one.name)
                prepare.append(f"ALTER {keyword} {place} RENAME TO {quote(names[one.identity])}")
        return names

    def _staying(self) -> list[tuple[Object, Object]]:
        twins = self.found.twins.items()
        return [(self.before[identity], now) for identity, now in twins if now.identity not in self.found.drops]

    def _renamed(self) -> list[tuple[Object, Object]]:
        return [(was, now) for was, now in self._staying() if self._renames(was, now)]

    def _renames(self, was: Object, now: Object) -> bool:
        if now.table in self.born_before and now.table is not None:
            return False
        if was.kind == "column" and was.attributes["inherited"] and now.attributes["inherited"]:
            return False
        return (was.schema, was.name) != (self.schemas.get(now.schema, now.schema), now.name)

    def _retype(self, names: Mapping[Identity, str], prepare: list[str]) -> list[Retyped]:
        columns, collations = [], {}
        for was, now in self.found.retypes.values():
            if now.identity in self.found.drops:
                continue
            one = retyped(was, now, self.found, self._type_today(now, names), self.using)
            if one.nulls and self._own_not_null(was, now):
                prepare.append(drop_not_null(was, self.before))
                self.finish.append(not_null(was, self.before))
            if was.attributes["inherited"]:
                continue
            columns.append(one)
            if collation := was.attributes["collation"]:  # without, a type brings its own, or has none
                collations[(one.table, one.number)] = f" COLLATE {collation}"
        self.restore += statements(columns, collations)
        return columns

    def _own_not_null(self, was: Object, now: Object) -> bool:
        """Whether a column stays NOT NULL by a word of its own, neither a key's nor, in a partition, its parent's."""
        assert was.table is not None
        parents = was.attributes["inherited"] and self.before[was.table].attributes["partition_bound"] is not None
        both = was.attributes["not_null"] and now.attributes["not_null"]
        return bool(both and not parents and not was.attributes.get("not_null_inherited")) and not self._in_a_key(now)

    def _in_a_key(self, column: Object) -> bool:
        return bool(column.attributes["identity"]) or any(
            member.kind == "constraint"
            and member.attributes["type"] == "p"
            and column.identity[2] in (member.internal["_columns"] or ())
            for member in self.after.members.get(column.table or (0, 0, 0), ())
        )

    def _type_today(self, now: Object, names: Mapping[Identity, str]) -> str:
        place, array = self.found.type_of(self.after, now.internal["_type"])
        if place is None or place not in names:
            return str(now.attributes["type"])
        return quote(self.after[place].schema, names[place]) + ("[]" if array else "")

    def _create(self, made: list[tuple[int, Object]], lists: tuple[list[str], ...]) -> None:
        settle: list[str] = []
        attached: list[str] = []
        indexes: list[str] = []
        unchecked: set[int] = set()
        for phase, one in made:
            if one.kind == "schema":
                continue
            problem = unprintable(one)
            if problem:
                self.found.reasons.append(problem)
                continue
            if one.kind == "column":
                if one.table not in self.found.creates:
                    lists[phase].extend(create(one, self.before))
                late = one.attributes["generated"] and one.table not in self.found.creates
                (lists[phase] if late else settle).extend(self._settle(one))
                continue
            if one.kind in ROUTINES and phase not in unchecked:
                lists[phase].append("SET LOCAL check_function_bodies = off")  # a body may name what comes later
                unchecked.update(range(phase, len(lists)))
            said = create(one, self.before)
            indexes += [sql for sql in said if sql.startswith("ALTER INDEX") and " ATTACH PARTITION " in sql]
            lists[phase].extend(sql for sql in said if sql not in indexes)
            if one.kind in TABLES:
                settle += table_settings(one)
                if one.attributes["partition_bound"] is not None:
                    attached += attach(one)
        self._place(settle, attached + indexes, made)

    def _settle(self, one: Object) -> list[str]:
        said = column_settings(one, self.before)
        partition = one.table is not None and self.before[one.table].attributes["partition_bound"] is not None
        if one.attributes["inherited"] and not partition:
            said += unlike_parents(one, self.before)
        if one.attributes["not_null"] and (partition or not one.attributes.get("not_null_inherited")):
            said.append(not_null(one, self.before))
        if one.attributes["identity"] and not parents_identity(one, self.before):
            said += identity_column(one, self.before)
        return said

    def _place(self, settle: list[str], attached: list[str], made: list[tuple[int, Object]]) -> None:
        self.finish[:] = [*settle, *self.finish]
        owned = [
            f"ALTER SEQUENCE {quote(one.schema, one.name)} OWNED BY {one.attributes['owned_by']}"
            for _, one in made
            if one.kind == "sequence" and not one.attributes["identity"] and one.attributes["owned_by"]
        ]
        self.finish += owned
        keys = next((at for at, sql in enumerate(self.finish) if " FOREIGN KEY " in sql), len(self.finish))
        self.finish[keys:keys] = attached

    def _describe(self, alterations: list[tuple[Object, Object, Alteration]]) -> None:
        for _, _, one in alterations:
            self.finish += one.finish
        for was in self.found.creates.values():
            if not unprintable(was):
                self.finish += rights.described(was, None, self.after, self.after.user)
        for was, now, _ in alterations:
            columns = (one for one in self.before if one.kind == "column" and one.table == was.identity)
            self.finish += rights.described(was, now, self.after, self.after.user, columns)
        for was in self.found.creates.values():
            if was.kind == "default privileges":
                self.finish += rights.default_privileges(was, None)
        for now in self.found.drops.values():
            if now.kind == "default privileges":
                self.finish += rights.default_privileges(None, now)
        for was in self.found.creates.values():
            if was.kind in TABLES:
                self.finish += switched(was, None)


def target_as(one: Object, name: str | None) -> str:
    """Name an object that was renamed to make room."""
    if name is None:
        return target(one)
    keyword = target(one).partition(" ")[0]
    return f"{keyword} {quote(one.schema, name) if one.schema else quote(name)}"
