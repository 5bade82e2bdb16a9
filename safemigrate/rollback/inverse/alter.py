"""What takes an object back that is still there but was altered."""

from __future__ import annotations

from dataclasses import dataclass, field

from safemigrate.db.catalog import ROUTINES, TYPES, Catalog, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.create import (
    STORAGE,
    column_settings,
    enable,
    identity_column,
    not_null,
    publication_options,
    published,
    sequence_options,
)
from safemigrate.rollback.inverse.rights import default_privileges
from safemigrate.rollback.inverse.words import in_order, literal, name_of, option_names, options, table_of, target


@dataclass
class Alteration:
    """`first` runs before anything is dropped and `early` right after, both under the names of today;

    `named` runs once the former names are back, `restore` when types and tables are, `finish` when rows are.
    `replace`: it cannot be altered, it must be dropped and made again.
    """

    first: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    restore: list[str] = field(default_factory=list)
    finish: list[str] = field(default_factory=list)
    replace: bool = False
    reasons: list[str] = field(default_factory=list)


def alter(was: Object, now: Object, before: Catalog, after: Catalog) -> Alteration:
    """Compare two forms of one object, name and schema aside."""
    if _only_words_differ(was, now):
        return Alteration()
    if was.kind == "table":
        return _table(was, now, after)
    if was.kind == "column":
        return _column(was, now, before)
    if was.kind == "sequence":
        return _sequence(was, now)
    if was.kind in TYPES:
        return _type(was, now)
    if was.kind in ("view", "materialized view"):
        return _view(was, now)
    if was.kind in ROUTINES:
        return _routine(was, now)
    if was.kind in ("trigger", "rule", "event trigger"):
        return _switch(was, now)
    if was.kind in ("constraint", "index"):
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
    if was.internal.get("_class"):
        return Alteration(reasons=[f"{was.address} was altered; safemigrate cannot take that back"])
    return Alteration(replace=_differ(was, now))


_ASIDE = frozenset({"comment", "owner", "acl", "index_comment", "column_comment", "column_acl"})


def _differ(was: Object, now: Object, *names: str) -> bool:
    if names:
        return any(was.attributes.get(name) != now.attributes.get(name) for name in names)
    keys = (was.attributes.keys() | now.attributes.keys()) - _ASIDE
    return any(was.attributes.get(name) != now.attributes.get(name) for name in keys)


_SWITCHES = ("enabled", "valid", "clustered", "replica_identity", "tablespace", "options", "populated", "attached_to")


def _only_words_differ(was: Object, now: Object) -> bool:
    """Whether the object is what it was and only speaks of others by new names, which go back by themselves."""
    if was.kind in ("column", "table", "sequence", "publication") or was.kind in TYPES:
        return False
    if "_core" not in was.internal or was.internal["_core"] != now.internal["_core"]:
        return False
    return not _differ(was, now, *_SWITCHES)


def _table(was: Object, now: Object, after: Catalog) -> Alteration:
    found = Alteration()
    name, today = quote(was.schema, was.name), quote(now.schema, now.name)
    old, new = was.attributes, now.attributes
    if was.internal["_parents"] != now.internal["_parents"] or (
        (old["partition_bound"] is None) != (new["partition_bound"] is None)
    ):
        for oid in now.internal["_parents"] or ():
            if oid not in (was.internal["_parents"] or ()):
                parent = after[(1259, oid, 0)]
                on = quote(parent.schema, parent.name)
                detach = f"ALTER TABLE {on} DETACH PARTITION {today}"
                found.first.append(detach if new["partition_bound"] else f"ALTER TABLE {today} NO INHERIT {on}")
        if not old["partition_bound"] and set(was.internal["_parents"] or ()) - set(now.internal["_parents"] or ()):
            found.reasons.append(f"{was.address} inherits again, but its columns stay its own as well")
        found.finish += attach(was, new_parents=set(now.internal["_parents"] or ()))
    if old["persistence"] != new["persistence"]:
        found.named.append(f"ALTER TABLE {name} SET {'UNLOGGED' if old['persistence'] == 'u' else 'LOGGED'}")
    found.finish += _options(name, was, now)
    for key, word in (("row_security", "ROW LEVEL SECURITY"), ("force_row_security", "FORCE ROW LEVEL SECURITY")):
        if old[key] != new[key]:
            verb = "" if key == "force_row_security" else "ENABLE "
            undo = "NO " if key == "force_row_security" else "DISABLE "
            found.finish.append(f"ALTER TABLE {name} {verb if old[key] else undo}{word}")
    if old["replica_identity"] != new["replica_identity"]:
        found.finish += replica_identity(was)
    if old["tablespace"] != new["tablespace"]:
        found.finish.append(f"ALTER TABLE {name} SET TABLESPACE {quote(str(old['tablespace'] or 'pg_default'))}")
    if old["access_method"] != new["access_method"]:
        found.finish.append(f"ALTER TABLE {name} SET ACCESS METHOD {quote(str(old['access_method']))}")
    return found


def attach(was: Object, new_parents: set[int] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """Make a table a partition or child again."""
    name = quote(was.schema, was.name)
    parents = zip(was.internal["_parents"] or (), was.attributes["inherits"] or (), strict=True)  # type: ignore[arg-type]
    missing = [parent for oid, parent in parents if oid not in new_parents]
    if was.attributes["partition_bound"] is not None:
        return [
            f"ALTER TABLE {parent} ATTACH PARTITION {name} {was.attributes['partition_bound']}" for parent in missing
        ]
    return [f"ALTER TABLE {name} INHERIT {parent}" for parent in missing]


def table_settings(was: Object) -> list[str]:
    """What CREATE TABLE does not take: row security and replica identity."""
    name = quote(was.schema, was.name)
    said = []
    if was.attributes["row_security"]:
        said.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    if was.attributes["force_row_security"]:
        said.append(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    return said + ([] if was.attributes["replica_identity"] == "d" else replica_identity(was))


def replica_identity(was: Object) -> list[str]:
    """Set REPLICA IDENTITY; one by index is set where the index is."""
    words = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL"}
    word = words.get(str(was.attributes["replica_identity"]))
    return [f"ALTER TABLE {quote(was.schema, was.name)} REPLICA IDENTITY {word}"] if word else []


def _options(name: str, was: Object, now: Object, kind: str = "TABLE") -> list[str]:
    said = []
    for key, prefix in (("options", ""), ("toast_options", "toast.")):
        old, new = was.attributes.get(key), now.attributes.get(key)
        if old == new:
            continue
        lost = sorted(option_names(new) - option_names(old))
        if lost:
            said.append(f"ALTER {kind} {name} RESET ({', '.join(prefix + one for one in lost)})")
        if old:
            assert isinstance(old, tuple)
            said.append(f"ALTER {kind} {name} SET ({options(tuple(prefix + str(one) for one in old))})")
    return said


def _column(was: Object, now: Object, before: Catalog) -> Alteration:
    old, new = was.attributes, now.attributes
    if (old["generated"] != new["generated"]) or (
        old["generated"] and was.internal["_core"] != now.internal["_core"] and _differ(was, now, "expression")
    ):
        return Alteration(replace=True)
    found = Alteration()
    start = f"ALTER TABLE {table_of(was)} ALTER COLUMN {quote(was.name)}"
    today = f"ALTER TABLE {table_of(now)} ALTER COLUMN {quote(now.name)}"
    if new["identity"] and not old["identity"]:
        found.early.append(f"{today} DROP IDENTITY")
    if new["not_null"] and not old["not_null"]:
        found.early.append(f"{today} DROP NOT NULL")
    elif old["not_null"] and not new["not_null"]:
        found.finish.append(not_null(was))
    elif _differ(was, now, "not_null_unproven"):
        found.early.append(f"{today} DROP NOT NULL")
        found.finish.append(not_null(was))
    if old["identity"] and not new["identity"]:
        found.finish += identity_column(was, before)
    elif old["identity"] and old["identity"] != new["identity"]:
        when = "ALWAYS" if old["identity"] == "a" else "BY DEFAULT"
        found.finish.append(f"{start} SET GENERATED {when}")
    if _differ(was, now, "storage", "compression", "statistics", "options"):
        found.finish += _reset_column(was, now, start) + column_settings(was)
    return found


def _reset_column(was: Object, now: Object, start: str) -> list[str]:
    old, new = was.attributes, now.attributes
    said = []
    if new["storage"] and not old["storage"]:
        said.append(f"{start} SET STORAGE {STORAGE[was.internal['_storage']]}")
    if new.get("compression") and not old.get("compression"):
        said.append(f"{start} SET COMPRESSION DEFAULT")
    if new["statistics"] is not None and old["statistics"] is None:
        said.append(f"{start} SET STATISTICS -1")
    lost = sorted(option_names(new["options"]) - option_names(old["options"]))
    return said + ([f"{start} RESET ({', '.join(lost)})"] if lost else [])


def _sequence(was: Object, now: Object) -> Alteration:
    found = Alteration()
    name = quote(was.schema, was.name)
    if was.attributes["identity"] or now.attributes["identity"]:
        if was.attributes["identity"] != now.attributes["identity"]:
            return Alteration(replace=True)
    elif (was.internal["_table"], was.internal["_column"]) != (now.internal["_table"], now.internal["_column"]):
        if now.attributes["owned_by"]:  # else dropping that column would take the sequence along
            found.first.append(f"ALTER SEQUENCE {quote(now.schema, now.name)} OWNED BY NONE")
        if was.attributes["owned_by"]:
            found.finish.append(f"ALTER SEQUENCE {name} OWNED BY {was.attributes['owned_by']}")
    if _differ(was, now, "type", "start", "increment", "minimum", "maximum", "cache", "cycle"):
        type_ = f"AS {was.attributes['type']} " if _differ(was, now, "type") else ""
        found.finish.append(f"ALTER SEQUENCE {name} {type_}{sequence_options(was)}")
    if _differ(was, now, "persistence"):
        found.finish.append(
            f"ALTER SEQUENCE {name} SET {'UNLOGGED' if was.attributes['persistence'] == 'u' else 'LOGGED'}"
        )
    return found


def _type(was: Object, now: Object) -> Alteration:
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
        if _differ(was, now, "default"):
            default = was.attributes["default"]
            found.finish.append(
                f"ALTER DOMAIN {name} " + ("DROP DEFAULT" if default is None else f"SET DEFAULT {default}")
            )
        if _differ(was, now, "not_null"):
            if was.attributes["not_null"]:
                found.finish.append(f"ALTER DOMAIN {name} SET NOT NULL")
            else:
                found.named.append(f"ALTER DOMAIN {name} DROP NOT NULL")
    elif was.kind == "composite":
        _fields(was, now, found)
    elif _differ(was, now) and was.internal["_core"] != now.internal["_core"]:
        found.reasons.append(f"{was.address} was altered; safemigrate cannot take that back")
    return found


def _fields(was: Object, now: Object, found: Alteration) -> None:
    start = f"ALTER TYPE {quote(was.schema, was.name)}"
    old = {at: (name, whole) for at, name, whole in zip(*(was.internal[key] for key in _FIELDS), strict=True)}
    new = {at: (name, whole) for at, name, whole in zip(*(now.internal[key] for key in _FIELDS), strict=True)}
    for at, (name, _) in new.items():
        if at not in old:
            found.named.append(f"{start} DROP ATTRIBUTE {quote(name)} CASCADE")
    for at, (name, whole) in old.items():
        if at not in new:
            found.restore.append(f"{start} ADD ATTRIBUTE {whole} CASCADE")
            found.reasons.append(f"values of the attribute {quote(name)} of {was.address} were dropped with it")
            continue
        if new[at][0] != name:
            found.named.append(f"{start} RENAME ATTRIBUTE {quote(new[at][0])} TO {quote(name)} CASCADE")
        if was.internal["_core"] != now.internal["_core"] and _type_part(new[at]) != _type_part(old[at]):
            found.restore.append(f"{start} ALTER ATTRIBUTE {quote(name)} TYPE {_type_part(old[at])} CASCADE")


_FIELDS = ("_fields", "_field_names", "_ordered")


def _type_part(part: tuple[str, str]) -> str:
    """Cut the name off `name type COLLATE ...`; quote_ident may have quoted it."""
    name, whole = part
    return whole.removeprefix(quote(name)).removeprefix(name).strip()


def _view(was: Object, now: Object) -> Alteration:
    name = quote(was.schema, was.name)
    kind = was.kind.upper()
    found = Alteration(finish=_options(name, was, now, kind))
    if was.internal["_core"] != now.internal["_core"] and _differ(was, now, "definition"):
        if was.kind == "materialized view" or was.internal["_shape"] != now.internal["_shape"]:
            return Alteration(replace=True)
        definition = str(was.attributes["definition"]).rstrip().removesuffix(";")
        settings = f" WITH ({options(was.attributes['options'])})" if was.attributes["options"] else ""
        found.finish.insert(0, f"CREATE OR REPLACE VIEW {name}{settings} AS\n{definition}")
    for at, column in enumerate(was.internal["_columns"]):
        if at < len(now.internal["_columns"]) and now.internal["_columns"][at] != column:
            found.named.append(
                f"ALTER {kind} {name} RENAME COLUMN {quote(now.internal['_columns'][at])} TO {quote(column)}"
            )
    if _differ(was, now, "populated"):
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
    differs = _differ(was, now, "definition", "event", "tags", "function")
    if differs and was.internal.get("_core", 0) != now.internal.get("_core", 1):
        return Alteration(replace=True)
    return Alteration(finish=[enable(was)] if _differ(was, now, "enabled") else [])


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
        if was.internal["_core"] != now.internal["_core"] and _differ(was, now, "definition"):
            return Alteration(replace=True)
        found.finish += _options(name, _renamed_options(was), _renamed_options(now), "INDEX")
    elif was.internal["_core"] != now.internal["_core"] and _differ(was, now, "definition"):
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
    if _differ(was, now, "all_tables"):
        return Alteration(replace=True)
    if _differ(was, now, "publish", "via_root"):
        found.finish.append(f"ALTER PUBLICATION {name} SET ({publication_options(was)})")
    if _differ(was, now, "tables", "schemas") and was.internal["_core"] != now.internal["_core"]:
        members, today = published(was), published(now)
        if members:
            found.finish.append(f"ALTER PUBLICATION {name} SET {', '.join(members)}")
        elif today:
            found.early.append(f"ALTER PUBLICATION {name} DROP {', '.join(today)}")
    return found


def _statistics(was: Object, now: Object) -> Alteration:
    if _differ(was, now, "target"):
        return Alteration(finish=[f"ALTER {target(was)} SET STATISTICS {was.attributes['target'] or -1}"])
    return Alteration()


def _extension(was: Object, now: Object) -> Alteration:
    found = Alteration()
    if _differ(was, now, "in_schema"):
        found.named.append(f"ALTER EXTENSION {name_of(was)} SET SCHEMA {quote(str(was.attributes['in_schema']))}")
    if _differ(was, now, "version"):
        old, new = was.attributes["version"], now.attributes["version"]
        found.reasons.append(f"{was.address} was updated from {old} to {new}; extensions do not go back by themselves")
    return found
