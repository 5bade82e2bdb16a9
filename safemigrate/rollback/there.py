"""The names of a server's database, for following a way back over them."""

from __future__ import annotations

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, VIEWS, Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.in_the_way import NOWHERE, Dependent, Key, There

_RELATIONS = TABLES | VIEWS | {"index", "sequence"}
_PARTS = frozenset({"column", "constraint", "index", "trigger", "policy", "rule"})


def there(catalog: Catalog) -> There:
    """Read the names off a catalog."""
    found = There("postgresql")
    found.types |= {(one.schema, one.name) for one in catalog if one.kind in TYPES}
    keys: dict[Identity, Key] = {}
    for one in catalog:
        if one.kind in _RELATIONS:
            keys[one.identity] = (one.schema, one.name)
            found.relations[one.schema, one.name] = one.kind
            if one.kind in TABLES and not (one.internal["_parents"] or one.identity[1] in catalog.heirs):
                # What becomes of one that inherits happens to others, too; a view's columns follow its query.
                found.parts[one.schema, one.name] = set()
    for one in catalog:
        if one.table in keys and one.kind in _PARTS and keys[one.table] in found.parts:
            found.parts[keys[one.table]].add((one.kind, one.name))
        elif one.kind in ROUTINES:
            found.parts.setdefault(NOWHERE, set()).add(("function", one.name))
    for target, sources in catalog.dependents.items():
        needed = catalog.get(target)
        if needed is None or (needed.kind != "column" and needed.kind not in TABLES | VIEWS):
            continue
        of = keys.get(needed.table or (0, 0, 0)) if needed.kind == "column" else keys.get(target)
        for made in (_dependent(catalog[source], keys) for source, how in sources.items() if how in "na"):
            if of and made and made.part != ("column", needed.name):
                found.needed.setdefault((of, needed.name if needed.kind == "column" else ""), []).append(made)
    return found


def _dependent(one: Object, keys: dict[Identity, Key]) -> Dependent | None:
    """Say of what stops a drop; indexes, checks and the like of the same table go along."""
    table = keys.get(one.table or (0, 0, 0))
    if one.kind in VIEWS:
        return Dependent(one.address, f"DROP {one.kind.upper()} {quote(one.schema, one.name)}", (one.schema, one.name))
    if one.kind in ROUTINES:
        drop = f"DROP {one.kind.upper()} {quote(one.schema, one.name)}({one.attributes['arguments']})"
        return Dependent(one.address, drop, NOWHERE, ("function", one.name))
    if one.kind == "policy" and table:
        return Dependent(one.address, f"DROP POLICY {quote(one.name)} ON {quote(*table)}", table, ("policy", one.name))
    generated = one.kind == "column" and one.attributes.get("generated")
    if table and (generated or (one.kind == "constraint" and str(one.attributes["definition"]).startswith("FOREIGN"))):
        drop = f"ALTER TABLE {quote(*table)} DROP {one.kind.upper()} {quote(one.name)}"
        return Dependent(one.address, drop, table, (one.kind, one.name))
    return None
