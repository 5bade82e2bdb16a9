"""What has to go, what has to come back, and what else is in the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, VIEWS, Catalog, Change, Identity, Object

# Kinds without data of their own: dropped and made again just the same, they are the same.
_PAIRED = frozenset(
    {"default", "constraint", "domain constraint", "index", "trigger", "policy", "rule", "statistics", "view", "enum"}
    | {"domain", "composite", "range", "publication"}
    | ROUTINES
)
# What PostgreSQL refuses to keep through ALTER COLUMN ... TYPE (tablecmds.c).
_IN_THE_WAY_OF_A_TYPE = VIEWS | ROUTINES | {"rule", "policy", "trigger", "statistics", "default"}


@dataclass
class Situation:
    """Both catalogs with every object sorted: `drops` (as it is now), `creates` (as it was), `retypes` (columns).

    `twins` gives the present form of a former object, `origins` the former form of a present one. An object that must
    make room and come back is in `drops` and in `creates`. `moved` come back by the caller's hand.
    """

    before: Catalog
    after: Catalog
    moved: frozenset[Identity]
    twins: dict[Identity, Object] = field(default_factory=dict)
    origins: dict[Identity, Object] = field(default_factory=dict)
    drops: dict[Identity, Object] = field(default_factory=dict)
    creates: dict[Identity, Object] = field(default_factory=dict)
    retypes: dict[Identity, tuple[Object, Object]] = field(default_factory=dict)
    changed: list[tuple[Object, Object]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def replace(self, now: Object) -> None:
        """Make an object go, and come back if it was there before, with everything that hangs on it."""
        if now.identity in self.drops:
            return
        self.drops[now.identity] = now
        was = self.origins.get(now.identity)
        if was is not None and was.identity not in self.moved:
            self.creates[was.identity] = was
        self.spread(now)

    def spread(self, now: Object) -> None:
        """Let everything that needs a dropped object go before it."""
        for identity, kind in self.after.dependents.get(now.identity, {}).items():
            self._follow(now, self.after[identity], kind)

    def retype(self, was: Object, now: Object) -> None:
        """Give a column its former type, and move aside what does not survive that."""
        if was.identity in self.retypes:
            return
        self.retypes[was.identity] = (was, now)
        place, _ = self.type_of(self.after, now.internal["_type"])
        trivial = was.internal["_type"] == now.internal["_type"] and place not in self.drops
        for identity in self.after.dependents.get(now.identity, {}):
            other = self.after[identity]
            if other.identity not in self.origins and other.identity not in self.drops:
                continue  # passing: made and dropped again within the migration
            if self._in_the_way(other, trivial=trivial) or (other.kind == "column" and other.attributes["generated"]):
                self.replace(other)

    def type_came_back(self, was: Object) -> bool:
        """Whether the type that a column had is another one than it has now, by identity."""
        now = self.twins[was.identity]
        old, new = was.internal["_type"], now.internal["_type"]
        if old == new:
            return False
        place, array = self.type_of(self.before, old)
        today, array_today = self.type_of(self.after, new)
        twin = self.twins.get(place) if place else None
        return twin is None or array != array_today or twin.identity != today

    @staticmethod
    def type_of(catalog: Catalog, oid: int) -> tuple[Identity | None, bool]:
        """Return the user type behind a type's oid, and whether that is an array of it; None for the server's own."""
        if (1247, oid, 0) in catalog:
            return (1247, oid, 0), False
        place = catalog.elements.get(oid)
        return place, place is not None and place[0] == 1247

    def _in_the_way(self, other: Object, *, trivial: bool) -> bool:
        if other.kind in _IN_THE_WAY_OF_A_TYPE:
            return True
        if other.kind == "index":
            return bool(other.internal["_expression"])
        if other.kind == "constraint":
            return other.attributes["type"] in ("c", "x") or (other.attributes["type"] == "f" and not trivial)
        return False

    def _follow(self, gone: Object, other: Object, kind: str) -> None:
        """Decide what happens to `other`, which needs `gone`."""
        if other.identity in self.drops:
            return
        was = self.origins.get(other.identity)
        if was is None:
            return  # born too, and in drops by itself
        if other.kind == "column":
            if other.attributes["generated"]:
                self.replace(other)
            else:  # its type or its collation, or the extension they are from
                self.retype(was, other)
            return
        if other.kind == "sequence" or other.kind == "publication":
            return  # altered in place: its owner, its list of tables
        if other.kind in TABLES:
            if gone.kind not in (*TABLES, "schema"):
                self.reasons.append(f"{other.address} is built on {gone.address} and cannot be taken off it")
            return  # a partition or child is detached from its parent
        if gone.kind == "schema" or kind == "S":
            return  # it moves back to where it was
        self.replace(other)


def situation(
    change: Change,
    before: Catalog,
    after: Catalog,
    born_before: Collection[Identity],
    moved: frozenset[Identity],
) -> Situation:
    """Sort what changed; what it takes to get the changed objects back in place is decided by the caller."""
    found = Situation(before, after, moved)
    found.twins = {identity: after[identity] for identity in before.objects if identity in after}
    commented = _pair(change, found)
    found.origins = {now.identity: before[identity] for identity, now in found.twins.items()}
    skipped = {one.identity for one in change.born if _goes_with_its_table(one, after, born_before)}
    for one in change.born:
        if one.identity not in found.origins and one.identity not in skipped:
            found.drops[one.identity] = one
    for one in change.gone:
        if one.identity in found.twins or one.identity in moved or (one.table in born_before):
            continue
        if one.table in moved and not _left_behind(one):
            continue
        if one.kind == "sequence" and _belongs_to_moved(one, found):
            continue
        found.creates[one.identity] = one
    changed = (*change.changed, *commented)
    found.changed = [(was, now) for was, now in changed if not _goes_with_its_table(now, after, born_before)]
    return found


def _pair(change: Change, found: Situation) -> list[tuple[Object, Object]]:
    """Recognise what was dropped and made again unchanged: ALTER COLUMN ... TYPE does that to every index on it.

    Returns the indexes that have another comment since: one on a partitioned table hands its own down then.
    """
    commented = []
    born = {one.address: one for one in change.born if _paired(one)}
    candidates = [one for one in change.gone if _paired(one) and one.identity not in found.moved]
    for was in sorted(candidates, key=lambda one: one.kind not in TYPES):  # types first: others are made of them
        now = born.get(was.address)
        if now is None or {**now.attributes, "comment": ""} != {**was.attributes, "comment": ""}:
            continue
        if now.attributes != was.attributes:
            if was.kind != "index":
                continue
            commented.append((was, now))
        if was.table is not None and found.twins.get(was.table, was).identity != now.table:
            continue
        found.twins[was.identity] = now
    return commented


def _paired(one: Object) -> bool:
    return one.kind in _PAIRED or "_class" in one.internal


def _goes_with_its_table(one: Object, after: Catalog, born_before: Collection[Identity]) -> bool:
    """Whether dropping a table born earlier takes this along, and nothing else needs it gone before."""
    if one.table is None or one.table not in born_before:
        return False
    outside = {
        place
        for place in after.depends.get(one.identity, {})
        if place[:2] != one.table[:2] and after[place].table != one.table
    }
    return not outside


def _left_behind(one: Object) -> bool:
    """Foreign keys, triggers and rules of a moved table are dropped by the move; all else travels with it."""
    return one.kind in ("trigger", "rule") or (one.kind == "constraint" and one.attributes["type"] == "f")


def _belongs_to_moved(one: Object, found: Situation) -> bool:
    return (1259, one.internal["_table"] or 0, 0) in found.moved
