"""The order in which things go and come, by what needs what."""

from __future__ import annotations

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.create_table import owned_sequence
from safemigrate.rollback.inverse.situation import Situation
from safemigrate.rollback.inverse.words import alter_column, table_of, target

_CARRIED = frozenset({"a", "i", "P", "S"})  # pg_depend types of things that go silently with what they belong to

PREPARE, RESTORE, FINISH = range(3)
_PHASES = {
    "schema": PREPARE,
    "extension": PREPARE,
    "sequence": PREPARE,
    "table": RESTORE,
    "foreign table": RESTORE,
    "column": RESTORE,
}
_RANK = {
    kind: rank
    for rank, kinds in enumerate(
        (
            ("schema", "extension", "language", "access method", "foreign data wrapper"),
            ("server", "text search parser", "text search template"),
            ("collation", "conversion"),
            ("enum", "domain", "composite", "range", "domain constraint"),
            ("sequence",),
            ("table", "foreign table"),
            ("column",),
            ("default",),
            ("function", "procedure", "aggregate"),
            ("cast", "transform", "operator"),
            ("operator family",),
            ("operator class",),
            ("text search dictionary",),
            ("text search configuration",),
            ("constraint",),
            ("index",),
            ("view",),
            ("materialized view",),
            ("statistics",),
            ("foreign key",),
            ("rule", "trigger", "policy"),
            ("event trigger", "publication", "user mapping"),
        )
    )
    for kind in kinds
}


def drops(found: Situation, late: set[Identity], detached: set[Identity]) -> tuple[list[str], list[Object]]:
    """Return the statements that drop, dependents first, and the objects in `late` that must wait, in their order.

    `detached` are tables that are no partitions any more by then: what attaching gave them stays behind.
    """
    return _Dropping(found, late, detached).run()


class _Dropping:
    def __init__(self, found: Situation, late: set[Identity], detached: set[Identity]) -> None:
        self.found, self.late, self.detached = found, late, detached
        self.owner = {one.identity: self._owner(one) for one in found.drops.values()}
        self.done: set[Identity] = set()
        self.open: set[Identity] = set()
        self.said: list[str] = []
        self.waiting: list[Object] = []

    def run(self) -> tuple[list[str], list[Object]]:
        for one in sorted(self.found.drops.values(), key=lambda one: (-rank(one), one.address)):
            self._drop(one.identity)
        return self.said, self.waiting

    def _owner(self, one: Object) -> Identity | None:
        """The dropped thing that takes this one along."""
        if one.kind in TYPES or one.kind == "schema" or (one.kind in ROUTINES):
            return None
        for place, kind in self.found.after.depends.get(one.identity, {}).items():
            if kind in _CARRIED and place in self.found.drops and place != one.identity:
                return place
        return None

    def _drop(self, identity: Identity) -> None:
        if identity in self.done or identity in self.open:
            return
        owner = self.owner[identity]
        if owner is not None and owner not in self.done:
            if owner not in self.open:
                self._drop(owner)
                return
            if identity in self.done:
                return
        self.open.add(identity)
        self._clear(identity, identity)
        self.open.discard(identity)
        self.done.add(identity)
        one = self.found.drops[identity]
        if identity in self.late:
            self.waiting.append(one)
        elif owner is None or owner in self.open:
            self.said += drop(one, self.found.after, detached=one.table in self.detached)

    def _clear(self, identity: Identity, root: Identity) -> None:
        """Drop whatever would stop `identity` from being dropped; what it carries goes with it."""
        for other in self.found.after.dependents.get(identity, {}):
            if other not in self.found.drops or other in self.done:
                continue
            if self._root(other) == root and other != root:
                if other not in self.open:
                    self.open.add(other)
                    self._clear(other, root)
                    self.open.discard(other)
                    self.done.add(other)
            elif self._root(other) in self.open:
                self._explicit(other)
            else:
                self._drop(self._root(other))

    def _explicit(self, identity: Identity) -> None:
        """Two tables that point at each other: the key goes first."""
        one = self.found.drops[identity]
        if one.kind in ("constraint", "default") and identity not in self.done:
            self.done.add(identity)
            self.said += drop(one, self.found.after)

    def _root(self, identity: Identity) -> Identity:
        seen = set()
        while (owner := self.owner.get(identity)) is not None and identity not in seen:
            seen.add(identity)
            identity = owner
        return identity


def drop(one: Object, catalog: Catalog, *, detached: bool = False) -> list[str]:
    """The statement that drops an object under its name of today; empty for what goes with its parent."""
    follows = not detached and (one.attributes.get("inherited") or one.attributes.get("attached_to"))
    if follows and one.kind in ("column", "constraint", "index"):
        return []
    if one.kind == "column":
        return [f"ALTER TABLE {table_of(one)} DROP COLUMN {quote(one.name)}"]
    if one.kind == "default":
        return [f"{alter_column(one, catalog)} DROP DEFAULT"]
    if one.kind == "constraint":
        return [f"ALTER TABLE {table_of(one)} DROP CONSTRAINT {quote(one.name)}"]
    if one.kind == "domain constraint":
        return [f"ALTER DOMAIN {table_of(one)} DROP CONSTRAINT {quote(one.name)}"]
    if one.kind == "sequence" and one.attributes["identity"]:
        return []
    if one.kind == "default privileges":
        return []
    if one.kind == "subscription":  # its slot is another server's
        return [f"ALTER {target(one)} {action}" for action in ("DISABLE", "SET (slot_name = NONE)")] + [
            f"DROP {target(one)}"
        ]
    return [f"DROP {target(one)}"]


def rank(one: Object) -> int:
    """Where an object stands among those that do not need each other."""
    key = "foreign key" if one.kind == "constraint" and one.attributes["type"] == "f" else one.kind
    return _RANK.get(key, len(_RANK))


def creation(found: Situation) -> list[tuple[int, Object]]:
    """Return what has to be made, in order, each with its phase: before, while or after the rows come back."""
    catalog = found.before
    needs = {identity: _needs(one, catalog, found) for identity, one in found.creates.items()}
    ordered: list[Identity] = []
    seen: set[Identity] = set()

    def visit(identity: Identity) -> None:
        if identity in seen:
            return
        seen.add(identity)
        for other in sorted(needs[identity], key=lambda place: (rank(catalog[place]), place)):
            visit(other)
        ordered.append(identity)

    def place(one: Object) -> tuple[int, str, int]:
        """Columns come back in their order, everything else by name."""
        column = one.kind == "column"
        return rank(one), f"{one.schema}.{one.parent}" if column else one.address, one.identity[2] if column else 0

    for one in sorted(found.creates.values(), key=place):
        visit(one.identity)
    phases = {identity: _phase(catalog[identity], found) for identity in ordered}
    for identity in reversed(ordered):
        for other in needs[identity]:
            phases[other] = min(phases[other], phases[identity])
    return [(phases[identity], catalog[identity]) for identity in ordered]


def _phase(one: Object, found: Situation) -> int:
    if one.kind in TYPES or one.kind == "domain constraint":
        on_moved = any(place in found.moved for place in found.before.depends.get(one.identity, {}))
        return RESTORE if on_moved else PREPARE
    if one.kind == "column" and one.attributes["generated"]:
        return FINISH
    return _PHASES.get(one.kind, FINISH)


def _needs(one: Object, catalog: Catalog, found: Situation) -> set[Identity]:
    """What must be made before `one`; a table is made with its columns, so it needs what they need."""
    places = dict(catalog.depends.get(one.identity, {}))
    if one.kind == "sequence":
        places = {place: kind for place, kind in places.items() if kind == "n"}
    if one.kind in TABLES:
        for member in catalog.members.get(one.identity, ()):
            if member.kind == "column":
                places.update(catalog.depends.get(member.identity, {}))
    if one.kind == "column" and one.attributes["identity"]:
        sequence = owned_sequence(one.identity, catalog)
        if sequence is not None:
            places.pop(sequence.identity, None)
    return {place for place in places if place in found.creates and place != one.identity}
