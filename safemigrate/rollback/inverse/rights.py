"""Comments, owners and privileges."""

from __future__ import annotations

from collections.abc import Iterable

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, VIEWS, Catalog, Object, Value
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.words import literal, name_of, table_of, target

Grant = tuple[str, str, bool]  # to whom (PUBLIC or a quoted role), what, with grant option

# What an owner holds when nothing was said (PostgreSQL docs, table 5.2), and what everyone holds.
_OWNED = {
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "routine": ("EXECUTE",),
    "type": ("USAGE",),
    "schema": ("USAGE", "CREATE"),
    "column": (),
    "language": ("USAGE",),
    "foreign data wrapper": ("USAGE",),
    "server": ("USAGE",),
}
_EVERYONE = {"routine": "EXECUTE", "type": "USAGE", "language": "USAGE"}
_DEFAULT_OBJECTS = {"r": "table", "S": "sequence", "f": "routine", "T": "type", "n": "schema"}
_NO_OWNER = frozenset(
    {"column", "default", "constraint", "domain constraint", "index", "trigger", "rule", "policy", "extension"}
)


def described(
    before: Object, now: Object | None, after: Catalog, user: str, columns: Iterable[Object] = ()
) -> list[str]:
    """Bring comment, owner and privileges back; `now` is the object of today, None where it was just made.

    `columns` are those of a table as they were.
    """
    said = []
    found = now.attributes if now else {}
    comment = before.attributes.get("comment")
    if comment != found.get("comment"):
        said.append(_comment(target(before), comment))
    on_index = before.attributes.get("index_comment")
    if on_index != found.get("index_comment"):
        said.append(_comment(f"INDEX {quote(before.schema, before.name)}", on_index))
    if before.kind in VIEWS or before.kind == "composite":
        said += _view_columns(before, now)
    owner = before.attributes.get("owner")
    if owner and before.kind not in _NO_OWNER and owner != (now.attributes.get("owner") if now else user):
        said.append(f"ALTER {target(before)} OWNER TO {quote(str(owner))}")
    return said + _granted(before, now, after, user, columns)


def default_privileges(before: Object | None, now: Object | None) -> list[str]:
    """Bring ALTER DEFAULT PRIVILEGES of one role, schema and kind of object back."""
    one = before or now
    assert one is not None
    kind = _DEFAULT_OBJECTS[str(one.attributes["objects"])]
    role, schema = str(one.attributes["role"]), one.attributes["in_schema"]
    usual = set() if schema else _usual(kind, role, 0)
    wanted = _grants(before.attributes["grants"]) if before else usual
    found = _grants(now.attributes["grants"]) if now else usual
    place = f" IN SCHEMA {quote(str(schema))}" if schema else ""
    start = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(role)}{place}"
    plural = f"{kind.upper()}S"
    if not before or not now:  # the server adds privileges over time (MAINTAIN in 17); the owner has them all
        wanted, found = _without(wanted, quote(role)), _without(found, quote(role))
    return _statements(wanted, found, f"{start} ", plural)


def are_usual(one: Object, acl: Value, owner: str, version: int) -> bool:
    """Whether these are the rights on an object of `owner` when nothing was said about them."""
    kind = _grant_kind(one)
    return kind is not None and _grants(acl) == _usual(kind, owner, version)


def _comment(what: str, text: Value) -> str:
    return f"COMMENT ON {what} IS {'NULL' if text is None else literal(str(text))}"


def _view_columns(before: Object, now: Object | None) -> list[str]:
    said: list[str] = []
    wanted, found = _pairs(before, "column_comment"), _pairs(now, "column_comment")
    said += [
        _comment(f"COLUMN {quote(before.schema, before.name, name)}", wanted.get(name))
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]
    rights, today = _pairs(before, "column_acl"), _pairs(now, "column_acl")
    for name in sorted(rights.keys() | today.keys()):
        place = f"TABLE {quote(before.schema, before.name)}"
        said += _statements(_grants(rights.get(name, ())), _grants(today.get(name, ())), "", place, quote(name))
    return said


def _pairs(one: Object | None, attribute: str) -> dict[str, Value]:
    value = one.attributes.get(attribute) if one else None
    return dict(value) if isinstance(value, tuple) else {}


def _granted(before: Object, now: Object | None, after: Catalog, user: str, columns: Iterable[Object]) -> list[str]:
    kind = _grant_kind(before)
    wanted_acl = before.attributes.get("acl")
    found_acl = now.attributes.get("acl") if now else None
    if kind is None or (now is not None and wanted_acl == found_acl):
        return []
    owner = str(before.attributes.get("owner", user))
    usual = _usual(kind, owner, after.version)
    wanted = usual if wanted_acl is None else _grants(wanted_acl)
    if now is None:
        found = _for_new(kind, before.schema, after, user, usual)
    else:
        found = usual if found_acl is None else _grants(found_acl)
    if kind == "column":
        return _statements(wanted, found, "", f"TABLE {table_of(before)}", quote(before.name))
    keyword = {"routine": before.kind, "type": "type"}.get(kind, kind).upper()
    keyword = {"AGGREGATE": "FUNCTION", "SERVER": "FOREIGN SERVER"}.get(keyword, keyword)
    said = _statements(wanted, found, "", f"{keyword} {name_of(before)}")
    # REVOKE on a table takes the same privilege from its columns (PostgreSQL docs, REVOKE).
    revoked = {grant[:2] for grant in found - wanted} if kind == "table" else set()
    if not revoked:
        return said
    held = {one.name: _grants(one.attributes.get("acl") or ()) for one in columns}
    held |= {name: _grants(acl or ()) for name, acl in _pairs(before, "column_acl").items()}
    for name, grants in sorted(held.items()):
        lost = {grant for grant in grants if grant[:2] in revoked}
        said += _statements(lost, set(), "", f"TABLE {name_of(before)}", quote(name))
    return said


def _grant_kind(one: Object) -> str | None:
    if one.kind in TABLES or one.kind in VIEWS:
        return "table"
    if one.kind in ROUTINES:
        return "routine"
    if one.kind in TYPES:
        return "type"
    return one.kind if one.kind in _OWNED else None


def _usual(kind: str, owner: str, version: int) -> set[Grant]:
    names = (*_OWNED[kind], "MAINTAIN") if kind == "table" and version >= 170000 else _OWNED[kind]
    grants = {(quote(owner), name, False) for name in names}
    if kind in _EVERYONE:
        grants.add(("PUBLIC", _EVERYONE[kind], False))
    return grants


def _for_new(kind: str, schema: str, after: Catalog, user: str, usual: set[Grant]) -> set[Grant]:
    """What a new object gets: the defaults of the role that creates it."""
    found = set(usual)
    for one in after:
        if one.kind != "default privileges" or one.attributes["role"] != user:
            continue
        if _DEFAULT_OBJECTS.get(str(one.attributes["objects"])) != kind:
            continue
        if one.attributes["in_schema"] is None:
            found = {grant for grant in found if grant[0] == quote(user)} | _grants(one.attributes["grants"])
        elif one.attributes["in_schema"] == schema:
            found |= _grants(one.attributes["grants"])
    return found


def _grants(acl: Value) -> set[Grant]:
    assert isinstance(acl, tuple)
    found = set()
    for text in acl:
        grantee, what, option = str(text).rsplit("|", 2)
        found.add((grantee, what, option == "t"))
    return found


def _without(grants: set[Grant], role: str) -> set[Grant]:
    return {grant for grant in grants if grant[0] != role}


def _statements(wanted: set[Grant], found: set[Grant], start: str, place: str, column: str = "") -> list[str]:
    said = []
    for grantee, names in _by_grantee(found - wanted):
        said.append(f"{start}REVOKE {_list(names, column)} ON {place} FROM {grantee}")
    for grantee, names in _by_grantee({grant for grant in wanted - found if not grant[2]}):
        said.append(f"{start}GRANT {_list(names, column)} ON {place} TO {grantee}")
    for grantee, names in _by_grantee({grant for grant in wanted - found if grant[2]}):
        said.append(f"{start}GRANT {_list(names, column)} ON {place} TO {grantee} WITH GRANT OPTION")
    return said


def _by_grantee(grants: Iterable[Grant]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for grantee, name, _ in sorted(grants):
        found.setdefault(grantee, []).append(name)
    return list(found.items())


def _list(names: list[str], column: str) -> str:
    return ", ".join(f"{name} ({column})" if column else name for name in names)
