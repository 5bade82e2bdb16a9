"""One hash for a schema, and the differences between two in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from safemigrate.db.catalog import Catalog, Value
from safemigrate.db.postgres import quote


def fingerprint(catalog: Catalog, *, ignore: Collection[str] = ()) -> str:
    """Hash every object's address and attributes; two databases with one hash hold the same schema.

    The order of columns is no part of it: `DROP COLUMN` cannot be taken back in place (see `column_order`).
    `ignore` names attributes that shall not count, such as "owner" and "acl".
    """
    digest = hashlib.sha256()
    for address, attributes in sorted(_canonical(catalog, ignore).items()):
        digest.update(json.dumps([address, attributes], sort_keys=True, ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def column_order(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table in their order, by the table's quoted name."""
    order: dict[str, tuple[str, ...]] = {}
    for one in catalog:
        if one.kind == "table":
            columns = (member.name for member in catalog.members.get(one.identity, ()) if member.kind == "column")
            order[quote(one.schema, one.name)] = tuple(columns)
    return order


def compare(expected: Catalog, actual: Catalog, *, ignore: Collection[str] = ()) -> list[str]:
    """Say how `actual` differs from `expected`, one line a difference, in the order of addresses; equal: empty."""
    shared = {one.identity for one in expected if actual.get(one.identity) is one}
    wanted, found = _canonical(expected.without(shared), ignore), _canonical(actual.without(shared), ignore)
    said = []
    for address in sorted(wanted.keys() | found.keys()):
        if address not in found:
            said.append(f"{address} is missing")
        elif address not in wanted:
            said.append(f"{address} is not expected")
        else:
            said += _differences(address, wanted[address], found[address])
    return said


def _canonical(catalog: Catalog, ignore: Collection[str]) -> dict[str, dict[str, Value]]:
    return {
        one.address: {name: value for name, value in one.attributes.items() if value is not None and name not in ignore}
        for one in catalog
    }


def _differences(address: str, wanted: dict[str, Value], found: dict[str, Value]) -> list[str]:
    return [
        f"{address}: {name.replace('_', ' ')} {_shown(found.get(name))}, expected {_shown(wanted.get(name))}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def _shown(value: Value) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "(" + ", ".join(str(part) for part in value) + ")"
    return str(value)
