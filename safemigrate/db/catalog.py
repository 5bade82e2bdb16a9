"""Every user object of a database as the server describes it, matched by identity and never by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from psycopg.rows import tuple_row

from safemigrate.db.postgres import Connection, quote

Identity = tuple[int, int, int]
"""Where pg_depend finds a thing: catalog, oid, column number or 0."""

Value = str | int | bool | tuple[Any, ...] | None

# Oids of the system catalogs; fixed in every server (src/include/catalog/*.h).
CLASSES = {
    "table": 1259,
    "column": 1259,
    "index": 1259,
    "sequence": 1259,
    "view": 1259,
    "materialized view": 1259,
    "foreign table": 1259,
    "enum": 1247,
    "domain": 1247,
    "composite": 1247,
    "range": 1247,
    "base type": 1247,
    "function": 1255,
    "procedure": 1255,
    "aggregate": 1255,
    "default": 2604,
    "constraint": 2606,
    "domain constraint": 2606,
    "schema": 2615,
    "rule": 2618,
    "trigger": 2620,
    "policy": 3256,
    "event trigger": 3466,
    "extension": 3079,
    "publication": 6104,
    "statistics": 3381,
    "default privileges": 826,
}
TYPES = frozenset({"enum", "domain", "composite", "range", "base type"})
ROUTINES = frozenset({"function", "procedure", "aggregate"})
TABLES = frozenset({"table", "foreign table"})
VIEWS = frozenset({"view", "materialized view"})

# Reading happens under these, so that the server's words depend on nothing but the objects (as pg_dump does it).
_SETTINGS = {
    "search_path": "",
    "quote_all_identifiers": "off",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}

_SET = "SELECT {}, {}".format(
    ", ".join(f"current_setting('{name}')" for name in _SETTINGS),
    ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS),
)
_RESET = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS)

_KINDS = (
    "schema",
    "table",
    "column",
    "default",
    "constraint",
    "domain_constraint",
    "index",
    "sequence",
    "type",
    "view",
    "rule",
    "routine",
    "trigger",
    "event_trigger",
    "policy",
    "extension",
    "publication",
    "statistics",
    "default_privilege",
    "other",
    "user_mapping",
    "subscription",
)
_COMMON = {"schema", "table", "column", "default", "constraint", "index", "sequence", "type", "extension"}
_FIXED = 7  # kind, object, part, schema, name, parent, parent_name: the first columns of each of these queries


@dataclass(frozen=True, eq=False)
class Object:
    """One thing in a database.

    `attributes` are what users can see and what makes two databases alike; they name other objects, so a rename
    elsewhere changes them. `internal` holds what only matching needs: oids, and `_core`, a digest of what the object
    is by oid, which a rename elsewhere does not change. `table` is the owner of a column, index, constraint and the
    like, `parent` its name.
    """

    kind: str
    identity: Identity
    schema: str
    name: str
    table: Identity | None
    parent: str
    attributes: dict[str, Value]
    internal: dict[str, Any]

    @cached_property
    def address(self) -> str:
        """A printable name that is stable and unique in a database: `column "public"."User"."bio"`."""
        if "_class" in self.internal:
            name = quote(*filter(None, (self.schema, self.name))) if self.internal["_named"] else self.name
            return f"{self.kind} {name}{self.internal['_suffix']}"
        if self.kind == "default privileges":
            return f"default privileges of {self.name}" + (f" in {quote(self.schema)}" if self.schema else "")
        parts = [part for part in (self.schema, self.parent, self.name) if part]
        arguments = f"({self.attributes['arguments']})" if self.kind in ROUTINES else ""
        return f"{self.kind} {quote(*parts)}{arguments}"


@dataclass(frozen=True)
class Catalog:
    """All user objects at one moment. `version` is server_version_num, `user` the role that looked.

    `outside` are digests of what is no part of a database's schema, by name: roles, settings, large objects.
    """

    objects: dict[Identity, Object]
    version: int
    user: str
    _dependencies: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)
    _aliases: tuple[tuple[int, int, int, int, int], ...] = field(default=(), repr=False)
    _casts: tuple[tuple[int, int, str], ...] = field(default=(), repr=False)
    _rows: dict[Identity, tuple[Any, ...]] = field(default_factory=dict, repr=False)
    _extra: dict[Identity, dict[str, Value]] = field(default_factory=dict, repr=False)
    outside: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[Object]:
        return iter(self.objects.values())

    def __contains__(self, identity: object) -> bool:
        return identity in self.objects

    def __getitem__(self, identity: Identity) -> Object:
        return self.objects[identity]

    def get(self, identity: Identity) -> Object | None:
        """Return the object, or None."""
        return self.objects.get(identity)

    def without(self, absent: Collection[Identity]) -> Catalog:
        """Return the catalog as if some objects were not there."""
        if not absent:
            return self
        left = {identity: one for identity, one in self.objects.items() if identity not in absent}
        return replace(self, objects=left)

    @cached_property
    def addresses(self) -> dict[str, Object]:
        """The objects by address."""
        return {one.address: one for one in self}

    @cached_property
    def depends(self) -> Mapping[Identity, Mapping[Identity, str]]:
        """What an object needs: pg_depend's type ('n', 'a', 'i', ...) by the identity it refers to."""
        alias: dict[Identity, Identity] = {(a, b, 0): (c, d, e) for a, b, c, d, e in self._aliases}
        needs: dict[Identity, dict[Identity, str]] = {}

        def place(identity: Identity) -> Identity | None:
            for _ in range(4):  # an array of a row type of a table is the longest chain
                if identity in self.objects:
                    return identity
                whole = (identity[0], identity[1], 0)
                if identity in alias:
                    identity = alias[identity]
                elif whole in alias or whole in self.objects:
                    identity = alias.get(whole, whole)
                else:
                    return None
            return None

        def note(source: Identity, target: Identity, kind: str) -> None:
            known = needs.setdefault(source, {})
            if known.get(target) != "n":
                known[target] = kind

        for a, b, c, d, e, f, kind in self._dependencies:
            source, target = place((a, b, c)), place((d, e, f))
            if source is None or target is None or source == target:
                continue
            note(source, target, kind)
        for one in self:
            if one.table is not None and one.table in self.objects:
                note(one.identity, one.table, "a")
            if one.kind == "default":
                note(one.identity, (1259, one.table[1] if one.table else 0, one.internal["_column"]), "a")
        return needs

    @cached_property
    def dependents(self) -> Mapping[Identity, Mapping[Identity, str]]:
        """Who needs an object: `depends` turned around."""
        turned: dict[Identity, dict[Identity, str]] = {}
        for source, targets in self.depends.items():
            for target, kind in targets.items():
                turned.setdefault(target, {})[source] = kind
        return turned

    @cached_property
    def heirs(self) -> frozenset[int]:
        """The tables (by oid) that others inherit from."""
        return frozenset(oid for one in self if one.kind in TABLES for oid in one.internal["_parents"] or ())

    @cached_property
    def casts(self) -> Mapping[tuple[int, int], str]:
        """Whether and how the server converts one type (by oid) into another: 'i' and 'a' by itself, 'e' when told.

        The pair (type, 0) is there for string types, which convert to and from everything by their text.
        """
        return {(source, target): context for source, target, context in self._casts}

    @cached_property
    def elements(self) -> Mapping[int, Identity]:
        """The user type, or the table, that an array type or row type (by oid) is made of."""
        types, extension = CLASSES["enum"], CLASSES["extension"]
        alias = {one: (c, d, e) for a, one, c, d, e in self._aliases if a == types and c != extension}
        found: dict[int, Identity] = {}
        for one in alias:
            found[one] = alias[one]
            while found[one][0] == types and found[one][1] in alias:
                found[one] = alias[found[one][1]]
        return found

    @cached_property
    def members(self) -> Mapping[Identity, tuple[Object, ...]]:
        """The columns, constraints, indexes, triggers and so on of each table, columns in their order."""
        owned: dict[Identity, list[Object]] = {}
        for one in self:
            if one.table is not None:
                owned.setdefault(one.table, []).append(one)
        return {table: tuple(sorted(ones, key=lambda one: one.identity)) for table, ones in owned.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """What happened between two readings; an object that was dropped and made again is both gone and born."""

    born: tuple[Object, ...]
    gone: tuple[Object, ...]
    changed: tuple[tuple[Object, Object], ...]

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.born or self.gone or self.changed)


def read(connection: Connection, earlier: Catalog | None = None) -> Catalog:
    """Read every user object; extensions' members, temporary objects and our own schemas are left out.

    Runs inside the caller's transaction where there is one, else in one of its own, and changes nothing in either: it
    puts the settings it needs back. Planning the queries takes longer than running them, so they are prepared once a
    session; by our own hand, for psycopg forgets what it prepared at every ALTER, DROP and ROLLBACK. What is as it was
    in an `earlier` reading of the same database is the same object in both.
    """
    major = connection.info.server_version // 10000
    with connection.transaction():
        with connection.pipeline():
            then = connection.execute(_SET, list(_SETTINGS.values()))
            asked = connection.execute("SELECT current_user::text, array(SELECT name FROM pg_prepared_statements)")
            present = connection.execute(_query("present", major))
            settings, (user, prepared) = (then.fetchone() or ())[: len(_SETTINGS)], asked.fetchone() or ("", [])
            wanted = {*_COMMON, *(present.fetchone() or ((),))[0]}
        with connection.pipeline():
            cursors = []
            kinds = [name for name in _KINDS if name in wanted]
            for name in (*kinds, "comment", "privilege", "dependency", "alias", "cast", "outside"):
                if f"safemigrate_{name}" not in prepared:
                    connection.execute(b"PREPARE safemigrate_%s AS %s" % (name.encode(), _query(name, major)))
                cursor = connection.cursor(row_factory=tuple_row, binary=True)
                cursors.append(cursor.execute(f"EXECUTE safemigrate_{name}".encode()))
            connection.execute(_RESET, settings)
            answers = [(cursor.fetchall(), cursor.description) for cursor in cursors]
    *found, (comments, _), (privileges, _), (dependencies, _), (aliases, _), (casts, _), (outside, _) = answers
    extra: dict[Identity, dict[str, Value]] = {}
    for class_, oid, part, text in comments:
        extra.setdefault((class_, oid, part), {})["comment"] = text
    for class_, oid, part, grants in privileges:
        extra.setdefault((class_, oid, part), {})["acl"] = tuple(sorted(grants or ()))
    then_extra = earlier._extra if earlier else {}
    told = {one[:2] for one in then_extra.keys() | extra.keys() if then_extra.get(one) != extra.get(one)}
    objects: dict[Identity, Object] = {}
    seen: dict[Identity, tuple[Any, ...]] = {}
    for rows, description in found:
        names = tuple(column.name for column in description or ())
        class_at = names.index("_class") if "_class" in names else -1
        for row in rows:
            identity = (row[class_at] if class_at >= 0 else CLASSES[row[0]], row[1], row[2])
            if earlier and earlier._rows.get(identity) == row and not _told(earlier.objects[identity], told):
                objects[identity], seen[identity] = earlier.objects[identity], earlier._rows[identity]
            else:
                objects[identity], seen[identity] = _object(identity, row, names, extra), row
    links = (tuple(dependencies), tuple(aliases), tuple(casts))
    return Catalog(objects, connection.info.server_version, user, *links, seen, extra, dict(outside))


def difference(before: Catalog, after: Catalog) -> Change:
    """Compare two readings of the same database by identity."""
    born = tuple(one for identity, one in after.objects.items() if identity not in before.objects)
    gone = tuple(one for identity, one in before.objects.items() if identity not in after.objects)
    both = ((old, after.objects[identity]) for identity, old in before.objects.items() if identity in after.objects)
    return Change(born, gone, tuple((old, new) for old, new in both if not same(old, new)))


def same(old: Object, new: Object) -> bool:
    """Whether two readings of one object agree, in words and in the type a column has."""
    return old is new or (
        old.name == new.name
        and old.schema == new.schema
        and old.parent == new.parent
        and old.attributes == new.attributes
        and old.internal.get("_type") == new.internal.get("_type")
        and old.internal.get("_secret") == new.internal.get("_secret")
    )


def _told(one: Object, told: Collection[tuple[int, int]]) -> bool:
    """Whether comments or privileges changed that are told as this object's: its own, its columns', its index's."""
    if not told:
        return False
    beside = one.internal.get("_index") or one.internal.get("_relation")
    return one.identity[:2] in told or (CLASSES["table"], beside) in told


def _object(
    identity: Identity, row: tuple[Any, ...], names: tuple[str, ...], extra: dict[Identity, dict[str, Value]]
) -> Object:
    kind, oid, _, schema, name, parent, parent_name = row[:_FIXED]
    attributes: dict[str, Value] = {}
    internal: dict[str, Any] = {}
    for label, value in zip(names[_FIXED:], row[_FIXED:], strict=True):
        if label.startswith("_"):
            internal[label] = value
        else:
            attributes[label] = _value(value)
    attributes.update(extra.get(identity, ()))
    owner_class = 1247 if kind == "domain constraint" else 1259
    table = (owner_class, parent, 0) if parent else None
    if kind in VIEWS:
        _describe_columns(attributes, enumerate(internal["_columns"], 1), oid, extra)
    elif kind == "composite":
        fields = zip(internal["_fields"], internal["_field_names"], strict=True)
        _describe_columns(attributes, fields, internal["_relation"], extra)
    elif kind == "constraint" and attributes["type"] in ("p", "u", "x"):
        comment = extra.get((1259, internal["_index"], 0), {}).get("comment")
        if comment is not None:
            attributes["index_comment"] = comment
    return Object(kind, identity, schema, name, table, parent_name, attributes, internal)


def _describe_columns(
    attributes: dict[str, Value], columns: Iterable[tuple[int, str]], oid: int, extra: dict[Identity, dict[str, Value]]
) -> None:
    """Columns of a view or type are no objects of their own; what was said about them is an attribute of the whole."""
    numbered = list(columns)
    for what in ("comment", "acl"):
        said = tuple(
            (name, value) for at, name in numbered if (value := extra.get((1259, oid, at), {}).get(what)) is not None
        )
        if said:
            attributes[f"column_{what}"] = said


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(value)
    return value.decode() if isinstance(value, bytes) else value


@cache
def _query(name: str, major: int) -> bytes:
    """A query of `queries/`, without the lines that say `-- since N` for a newer server."""
    text = files("safemigrate.db").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        _, marker, since = line.rpartition("-- since ")
        if not marker or major >= int(since):
            lines.append(line)
    return "\n".join(lines).encode()
