"""What takes an object back that is still there but was altered."""

from __future__ import annotations

from safemigrate.db.catalog import ROUTINES, TABLES, TYPES, Catalog, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.alter_table import changes_parent, column, sequence, storage_options, table
from safemigrate.rollback.inverse.alteration import Alteration, differ
from safemigrate.rollback.inverse.create import enable, publication_options, published, unprintable
from safemigrate.rollback.inverse.rights import default_privileges
from safemigrate.rollback.inverse.words import in_order, literal, name_of, options, table_of, target


def alter(was: Object, now: Object, before: Catalog, after: Catalog) -> Alteration:
    """Compare two forms of one object, name and schema aside."""
    if _only_words_differ(was, now):
        return Alteration()
    if was.kind in TABLES:
        return table(was, now, before, after)
    if was.kind == "column":
        return column(was, now, before, after)
    if was.kind == "sequence":
        return sequence(was, now)
    if was.kind in TYPES:
        return _type(was, now, before)
    if was.kind in ("view", "materialized view"):
        return _view(was, now)
    if was.kind in ROUTINES:
        return _routine(was, now)
    if was.kind in ("trigger", "rule", "event trigger"):
        return _switch(was, now)
    if was.kind in ("constraint", "index"):
        assert was.table is not None
        assert now.table is not None
        attached = now.attributes["attached_to"] and not was.attributes["attached_to"]
        if attached and not changes_parent(before[was.table], after[now.table]):
            return Alteration(replace=True)
        return _indexed(was, now)
    if was.kind == "publication":
        return _publication(was, now)
    if was.kind == "default privileges":
        return Alteration(finish=default_privileges(was, now))
    if was.kind == "statistics":
        return _statistics(was, now)
    if was.kind == "extension":
        return _extension(was, now)
    if was.kind == "schema":
        return Alteration()
    if "_class" in was.internal:
        return _other(was, now)
    return Alteration(replace=differ(was, now))


_SWITCHES = ("enabled", "valid", "clustered", "replica_identity", "tablespace", "options", "populated", "attached_to")


def _only_words_differ(was: Object, now: Object) -> bool:
    """Whether the object is what it was and only speaks of others by new names, which go back by themselves."""
    if was.kind in ("column", "sequence", "publication") or was.kind in TYPES | TABLES or "_class" in was.internal:
        return False
    if "_core" not in was.internal or was.internal["_core"] != now.internal["_core"]:
        return False
    return was.internal.get("_columns") == now.internal.get("_columns") and not differ(was, now, *_SWITCHES)


def _type(was: Object, now: Object, before: Catalog) -> Alteration:
    found = Alteration()
    name = quote(was.schema, was.name)
    if was.kind == "enum":
        old = dict(zip(was.internal["_labels"], was.attributes["labels"] or (), strict=True))  # type: ignore[arg-type]
        new = dict(zip(now.internal["_labels"], now.attributes["labels"] or (), strict=True))  # type: ignore[arg-type]
        if new.keys() - old.keys() or old.keys() - new.keys():
            return Alteration(replace=True)
        found.named += [
            f"ALTER TYPE {name} RENAME VALUE {literal(now_)} TO {literal(was_)}"
            for now_, was_ in in_order({str(new[oid]): str(label) for oid, label in old.items()})
        ]
    elif was.kind == "domain":
        if differ(was, now, "default"):
            default = was.attributes["default"]
            found.finish.append(
                f"ALTER DOMAIN {name} " + ("DROP DEFAULT" if default is None else f"SET DEFAULT {default}")
            )
        if differ(was, now, "not_null"):
            if was.attributes["not_null"]:
                found.finish.append(f"ALTER DOMAIN {name} SET NOT NULL")
            else:
                found.named.append(f"ALTER DOMAIN {name} DROP NOT NULL")
    elif was.kind == "composite":
        _fields(was, now, before, found)
    elif differ(was, now) and was.internal["_core"] != now.internal["_core"]:
        found.reasons.append(f"{was.address} was altered; safemigrate cannot take that back")
    return found


def _fields(was: Object, now: Object, before: Catalog, found: Alteration) -> None:
    start = f"ALTER TYPE {quote(was.schema, was.name)}"
    old = {at: (name, whole) for at, name, whole in zip(*(was.internal[key] for key in _FIELDS), strict=True)}
    new = {at: (name, whole) for at, name, whole in zip(*(now.internal[key] for key in _FIELDS), strict=True)}
    for at, (name, _) in new.items():
        if at not in old:
            found.named.append(f"{start} DROP ATTRIBUTE {quote(name)} CASCADE")
    for at, (name, whole) in old.items():
        if at not in new:
            found.restore.append(f"{start} ADD ATTRIBUTE {whole} CASCADE")
            if _stored(was, before):
                found.reasons.append(f"values of the attribute {quote(name)} of {was.address} were dropped with it")
            continue
        if new[at][0] != name:
            found.named.append(f"{start} RENAME ATTRIBUTE {quote(new[at][0])} TO {quote(name)} CASCADE")
        if was.internal["_core"] != now.internal["_core"] and _type_part(new[at]) != _type_part(old[at]):
            found.restore.append(f"{start} ALTER ATTRIBUTE {quote(name)} TYPE {_type_part(old[at])} CASCADE")


_FIELDS = ("_fields", "_field_names", "_ordered")


def _stored(one: Object, catalog: Catalog) -> bool:
    """Whether a column holds values of a type, or of one that is made of it."""
    others = (catalog[place] for place in catalog.dependents.get(one.identity, {}))
    return any(other.kind == "column" or (other.kind in TYPES and _stored(other, catalog)) for other in others)


def _type_part(part: tuple[str, str]) -> str:
    """Cut the name off `name type COLLATE ...`; quote_ident may have quoted it."""
    name, whole = part
    return whole.removeprefix(quote(name)).removeprefix(name).strip()


def _view(was: Object, now: Object) -> Alteration:
    name = quote(was.schema, was.name)
    kind = was.kind.upper()
    found = Alteration(finish=storage_options(name, was, now, kind))
    if was.internal["_core"] != now.internal["_core"] and differ(was, now, "definition"):
        if was.kind == "materialized view" or was.internal["_shape"] != now.internal["_shape"]:
            return Alteration(replace=True)
        definition = str(was.attributes["definition"]).rstrip().removesuffix(";")
        settings = f" WITH ({options(was.attributes['options'])})" if was.attributes["options"] else ""
        found.finish.insert(0, f"CREATE OR REPLACE VIEW {name}{settings} AS\n{definition}")
    for at, former in enumerate(was.internal["_columns"]):
        if at < len(now.internal["_columns"]) and now.internal["_columns"][at] != former:
            found.named.append(
                f"ALTER {kind} {name} RENAME COLUMN {quote(now.internal['_columns'][at])} TO {quote(former)}"
            )
    if differ(was, now, "populated"):
        found.finish.append(
            f"REFRESH MATERIALIZED VIEW {name}" + ("" if was.attributes["populated"] else " WITH NO DATA")
        )
    return found


def _routine(was: Object, now: Object) -> Alteration:
    changed = any(was.internal[key] != now.internal[key] for key in ("_signature", "_result"))
    if was.kind == "aggregate" or (changed and was.internal["_core"] != now.internal["_core"]):
        return Alteration(replace=True)
    return Alteration(finish=[str(was.attributes["definition"]).rstrip()])


def _switch(was: Object, now: Object) -> Alteration:
    differs = differ(was, now, "definition", "event", "tags", "function")
    if differs and was.internal.get("_core", 0) != now.internal.get("_core", 1):
        return Alteration(replace=True)
    return Alteration(finish=[enable(was)] if differ(was, now, "enabled") else [])


def _indexed(was: Object, now: Object) -> Alteration:
    found = Alteration()
    old, new = was.attributes, now.attributes
    name = quote(was.schema, was.name)
    if was.kind == "constraint":
        same_rule = was.internal["_validated"] == now.internal["_validated"]
        if same_rule and old["type"] == "f" and was.internal["_deferrable"] != now.internal["_deferrable"]:
            words = ("NOT DEFERRABLE", "DEFERRABLE INITIALLY IMMEDIATE", "DEFERRABLE INITIALLY DEFERRED")
            words_of = words[was.internal["_deferrable"]]
            found.finish.append(f"ALTER TABLE {table_of(was)} ALTER CONSTRAINT {quote(was.name)} {words_of}")
            return found
        if was.internal["_core"] != now.internal["_core"] and differ(was, now, "definition"):
            return Alteration(replace=True)
        found.finish += storage_options(name, _renamed_options(was), _renamed_options(now), "INDEX")
    elif was.internal["_core"] != now.internal["_core"] and differ(was, now, "definition"):
        return Alteration(replace=True)
    if was.kind == "index" and old["valid"] != new["valid"]:
        found.reasons.append(f"{was.address} was INVALID before and stays as it is now: built")
    if old["clustered"] != new["clustered"]:
        ending = f"CLUSTER ON {quote(was.name)}" if old["clustered"] else "SET WITHOUT CLUSTER"
        statement = f"ALTER TABLE {table_of(was)} {ending}"
        (found.finish if old["clustered"] else found.named).append(statement)
    if old["replica_identity"] and not new["replica_identity"]:
        found.finish.append(f"ALTER TABLE {table_of(was)} REPLICA IDENTITY USING INDEX {quote(was.name)}")
    if old["tablespace"] != new["tablespace"]:
        found.finish.append(f"ALTER INDEX {name} SET TABLESPACE {quote(str(old['tablespace'] or 'pg_default'))}")
    if old["attached_to"] and not new["attached_to"]:
        found.finish.append(f"ALTER INDEX {old['attached_to']} ATTACH PARTITION {name}")
    return found


def _renamed_options(one: Object) -> Object:
    attributes = {"options": one.attributes["index_options"]}
    return Object(one.kind, one.identity, one.schema, one.name, one.table, one.parent, attributes, one.internal)


def _publication(was: Object, now: Object) -> Alteration:
    name = quote(was.name)
    found = Alteration()
    if differ(was, now, "all_tables"):
        return Alteration(replace=True)
    if differ(was, now, "publish", "via_root", "generated"):
        found.finish.append(f"ALTER PUBLICATION {name} SET ({publication_options(was)})")
    if differ(was, now, "tables", "schemas") and was.internal["_core"] != now.internal["_core"]:
        members, today = published(was), published(now)
        if members:
            found.finish.append(f"ALTER PUBLICATION {name} SET {members}")
        elif today:
            found.early.append(f"ALTER PUBLICATION {name} DROP {today}")
    return found


def _statistics(was: Object, now: Object) -> Alteration:
    if differ(was, now, "target"):
        return Alteration(finish=[f"ALTER {target(was)} SET STATISTICS {was.attributes['target'] or -1}"])
    return Alteration()


def _extension(was: Object, now: Object) -> Alteration:
    found = Alteration()
    if differ(was, now, "in_schema"):
        found.named.append(f"ALTER EXTENSION {name_of(was)} SET SCHEMA {quote(str(was.attributes['in_schema']))}")
    if differ(was, now, "version"):
        old, new = was.attributes["version"], now.attributes["version"]
        found.reasons.append(f"{was.address} was updated from {old} to {new}; extensions do not go back by themselves")
    return found


def _other(was: Object, now: Object) -> Alteration:
    """Undo parts under their words of today and add those of before; the rest is made anew."""
    if was.internal.get("_secret") != now.internal.get("_secret") or unprintable(was):
        return Alteration(reasons=[f"{was.address} was altered; {unprintable(was) or _HIDDEN}"])
    if was.internal["_core"] != now.internal["_core"]:
        return Alteration(replace=True)
    old, new = _parts(was), _parts(now)
    undo = dict(zip(new, now.internal["_undo"] or (), strict=True))
    return Alteration(
        first=[undo[part] for part in new if part not in old], finish=[part for part in old if part not in new]
    )


_HIDDEN = "it holds a secret, which safemigrate reads no more than it writes"


def _parts(one: Object) -> tuple[str, ...]:
    parts = one.attributes["parts"] or ()
    assert isinstance(parts, tuple)
    return parts
