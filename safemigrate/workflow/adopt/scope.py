"""What of a database is the project's own, as its baseline makes it and as two databases are compared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from safemigrate.db.catalog import Catalog, Identity, Object, Value
from safemigrate.db.fingerprint import column_order, compare
from safemigrate.db.postgres import quote
from safemigrate.prisma import history
from safemigrate.rollback.inverse.rights import are_usual

# They are the server's: a role's defaults, what needs a superuser, what leads to another server or leaves this one.
_OF_THE_SERVER = frozenset({"default privileges", "event trigger", "publication", "subscription", "user mapping"})
# Each environment has its own release of an extension.
_IGNORED = ("version",)


@dataclass(frozen=True, slots=True)
class Scope:
    """The project's own objects, all owned by who reads them, and in words what was left out."""

    catalog: Catalog
    left_out: tuple[str, ...]


def scope(catalog: Catalog, *, named: Collection[str], superuser: bool) -> Scope:
    """Take Prisma's table out, and what belongs to the server or its host: schemas of roles that are not ours.

    `named` are schemas that the project means, whoever owns them. Owners become the reader: a database elsewhere
    belongs to somebody else.
    """
    absent = _history(catalog)
    others = dict.fromkeys(_schemas_of_others(catalog, named), "which has a Prisma history of its own")
    if not superuser:
        others |= {name: f"which is {owner}'s" for name, owner in _schemas_of_the_host(catalog, named)}
    said = [f"schema {name}, {why}" for name, why in others.items()]
    for one in catalog:
        if one.schema in others or (one.kind == "schema" and one.name in others):
            absent.add(one.identity)
        elif one.kind in _OF_THE_SERVER:
            absent.add(one.identity)
            said.append(one.address)
    own = catalog.without(absent)
    objects = {identity: _owned(one, catalog) for identity, one in own.objects.items()}
    return Scope(replace(own, objects=objects), tuple(sorted(said)))


def differences(expected: Catalog, actual: Catalog, *, rights: bool = True) -> list[str]:
    """Say how one scope differs from another, a line each; `rights` is False where roles are missing."""
    return compare(expected, actual, ignore=_IGNORED if rights else (*_IGNORED, "acl", "column_acl"))


def other_order(expected: Catalog, actual: Catalog) -> list[str]:
    """Name the tables whose columns stand in another order: no difference to Prisma, but one to `SELECT *`."""
    wanted, found = column_order(expected), column_order(actual)
    return sorted(table for table, columns in wanted.items() if table in found and found[table] != columns)


def empty(catalog: Catalog) -> bool:
    """Whether a scope holds nothing that somebody has made."""
    return all(one.kind in ("schema", "extension") for one in catalog)


def _history(catalog: Catalog) -> set[Identity]:
    tables = {one.identity for one in catalog if one.kind == "table" and one.name == history.TABLE}
    return tables | {one.identity for one in catalog if one.table in tables}


def _schemas_of_others(catalog: Catalog, named: Collection[str]) -> set[str]:
    """Name the schemas that another project migrates: several share a database by ?schema=."""
    return {one.schema for one in catalog if one.kind == "table" and one.name == history.TABLE} - set(named)


def _schemas_of_the_host(catalog: Catalog, named: Collection[str]) -> list[tuple[str, str]]:
    """Name the schemas of others in which nothing is ours; Supabase's `auth` and `storage` are such."""
    ours = {one.schema for one in catalog if one.attributes.get("owner") == catalog.user}
    needed = {str(one.attributes["in_schema"]) for one in catalog if one.kind == "extension"}
    kept = {"public", *named, *ours, *needed}
    return [
        (one.name, str(one.attributes["owner"]))
        for one in catalog
        if one.kind == "schema" and one.name not in kept and one.attributes["owner"] != catalog.user
    ]


def _owned(one: Object, catalog: Catalog) -> Object:
    attributes: dict[str, Value] = dict(one.attributes)
    user = catalog.user
    if "owner" in attributes:
        attributes["owner"] = user
    if one.kind == "extension" or (one.kind == "schema" and one.name == "public"):
        # Every database has its own: the words are the server's, and who may use the schema is for its owner to say.
        attributes |= {"acl": None, "comment": None}
    elif acl := attributes.get("acl"):
        acl = _regranted(acl, str(one.attributes.get("owner") or user), user)
        attributes["acl"] = None if are_usual(one, acl, user, catalog.version) else acl
    return one if attributes == one.attributes else replace(one, attributes=attributes)


def _regranted(acl: Value, owner: str, user: str) -> Value:
    """What the owner holds is the new owner's; what the new owner was granted he has anyway."""
    assert isinstance(acl, tuple)
    if owner == user:
        return acl
    theirs, mine = f"{quote(owner)}|", f"{quote(user)}|"
    kept = [str(one) for one in acl if not str(one).startswith(mine)]
    return tuple(sorted(one.replace(theirs, mine, 1) if one.startswith(theirs) else one for one in kept))
