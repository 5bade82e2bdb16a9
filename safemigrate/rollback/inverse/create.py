"""The statements that make an object as it was, without what `rights` says about it."""

from __future__ import annotations

from collections.abc import Callable

from safemigrate.db.catalog import Catalog, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.create_table import added_column, default, sequence_options, table
from safemigrate.rollback.inverse.words import literal, name_of, options, table_of, target

_ENABLED = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS", "O": "ENABLE"}
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}


def create(one: Object, catalog: Catalog) -> list[str]:
    """Return the statements; empty for what comes with something else."""
    if "_class" in one.internal:
        parts = one.attributes["parts"] or ()
        assert isinstance(parts, tuple)
        return [str(one.attributes["definition"]), *map(str, parts)]
    maker = _MAKERS.get(one.kind)
    return maker(one, catalog) if maker else []


def unprintable(one: Object) -> str:
    """Say why an object cannot be made again, "" where it can."""
    if one.kind == "subscription":
        return f"{one.address} connects to another server, with a password as a rule; make it again by hand"
    if one.kind == "base type":
        return f"{one.address} was dropped; a base type is made of C functions and comes back from the snapshot only"
    if one.kind == "user mapping" and one.attributes["secrets"]:
        return f"{one.address} holds a secret, which safemigrate writes into no script; make it again by hand"
    if one.kind == "index" and not one.attributes["valid"] and " ON ONLY " not in str(one.attributes["definition"]):
        return f"{one.address} was INVALID, left by a failed concurrent build; it is not built again"
    return ""


def _schema(one: Object, _catalog: Catalog) -> list[str]:
    return [f"CREATE SCHEMA {quote(one.name)}"]


def _constraint(one: Object, catalog: Catalog) -> list[str]:
    at = one.attributes
    assert one.table is not None
    attached = catalog[one.table].attributes["partition_bound"] is not None and at["type"] == "c"
    if at["inherited"] and not at["attached_to"] and not attached:  # ATTACH PARTITION wants the checks to be there
        return []
    only = "ONLY " if at["type"] in ("p", "u") else ""
    start = f"ALTER TABLE {only}{table_of(one)}"
    definition = str(at["definition"])
    storage = f" WITH ({options(at['index_options'])})" if at["index_options"] else ""
    storage += f" USING INDEX TABLESPACE {quote(str(at['tablespace']))}" if at["tablespace"] else ""
    if storage:  # the grammar wants it after the columns and before WHERE or DEFERRABLE
        cuts = [where for word in (" WHERE (", " DEFERRABLE") if (where := definition.find(word)) >= 0]
        cut = min(cuts, default=None)
        definition = definition + storage if cut is None else definition[:cut] + storage + definition[cut:]
    said = [f"{start} ADD CONSTRAINT {quote(one.name)} {definition}"]
    if at["attached_to"]:
        said.append(f"ALTER INDEX {at['attached_to']} ATTACH PARTITION {quote(one.schema, one.name)}")
    return said + _index_uses(one)


def _domain_constraint(one: Object, _catalog: Catalog) -> list[str]:
    return [f"ALTER DOMAIN {table_of(one)} ADD CONSTRAINT {quote(one.name)} {one.attributes['definition']}"]


def _index(one: Object, _catalog: Catalog) -> list[str]:
    definition = str(one.attributes["definition"])
    if one.attributes["tablespace"]:
        cut = definition.find(" WHERE ")
        space = f" TABLESPACE {quote(str(one.attributes['tablespace']))}"
        definition = definition + space if cut < 0 else definition[:cut] + space + definition[cut:]
    said = [definition]
    if one.attributes["attached_to"]:
        said.append(f"ALTER INDEX {one.attributes['attached_to']} ATTACH PARTITION {quote(one.schema, one.name)}")
    return said + _index_uses(one)


def _index_uses(one: Object) -> list[str]:
    said = []
    if one.attributes["clustered"]:
        said.append(f"ALTER TABLE {table_of(one)} CLUSTER ON {quote(one.name)}")
    if one.attributes["replica_identity"]:
        said.append(f"ALTER TABLE {table_of(one)} REPLICA IDENTITY USING INDEX {quote(one.name)}")
    return said


def _sequence(one: Object, _catalog: Catalog) -> list[str]:
    if one.attributes["identity"]:
        return []  # comes with its column
    unlogged = "UNLOGGED " if one.attributes["persistence"] == "u" else ""
    name = quote(one.schema, one.name)
    return [f"CREATE {unlogged}SEQUENCE {name} AS {one.attributes['type']} {sequence_options(one)}"]


def _enum(one: Object, _catalog: Catalog) -> list[str]:
    labels = one.attributes["labels"]
    assert isinstance(labels, tuple)
    return [f"CREATE TYPE {quote(one.schema, one.name)} AS ENUM ({', '.join(literal(str(label)) for label in labels)})"]


def _domain(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    text = f"CREATE DOMAIN {quote(one.schema, one.name)} AS {at['base']}"
    text += f" COLLATE {at['collation']}" if at.get("collation") else ""
    text += f" DEFAULT {at['default']}" if at["default"] else ""
    return [text + (" NOT NULL" if at["not_null"] else "")]


def _composite(one: Object, _catalog: Catalog) -> list[str]:
    fields = one.internal["_ordered"]
    return [f"CREATE TYPE {quote(one.schema, one.name)} AS ({', '.join(map(str, fields))})"]


def _range(one: Object, _catalog: Catalog) -> list[str]:
    parts = [f"SUBTYPE = {one.attributes['subtype']}"]
    keys = ("subtype_opclass", "subtype_diff", "canonical")
    parts += [f"{key.upper()} = {one.attributes[key]}" for key in keys if one.attributes[key]]
    if one.attributes.get("multirange"):
        parts.append(f"MULTIRANGE_TYPE_NAME = {one.attributes['multirange']}")
    return [f"CREATE TYPE {quote(one.schema, one.name)} AS RANGE ({', '.join(parts)})"]


def _view(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    text = f"CREATE {one.kind.upper()} {quote(one.schema, one.name)}"
    if at["access_method"] not in (None, "heap"):
        text += f" USING {quote(str(at['access_method']))}"
    text += f" WITH ({options(at['options'])})" if at["options"] else ""
    text += f" TABLESPACE {quote(str(at['tablespace']))}" if at["tablespace"] else ""
    text += f" AS\n{str(at['definition']).rstrip().removesuffix(';')}"
    if one.kind == "materialized view":
        text += "\nWITH DATA" if at["populated"] else "\nWITH NO DATA"
    return [text]


def _rule(one: Object, _catalog: Catalog) -> list[str]:
    said = [str(one.attributes["definition"]).rstrip().removesuffix(";")]
    if one.attributes["enabled"] != "O":
        said.append(enable(one))
    return said


def _routine(one: Object, _catalog: Catalog) -> list[str]:
    return [str(one.attributes["definition"]).rstrip()]


def _aggregate(one: Object, _catalog: Catalog) -> list[str]:
    return [f"CREATE AGGREGATE {name_of(one)} ({one.attributes['aggregate']})"]


def _trigger(one: Object, _catalog: Catalog) -> list[str]:
    said = [str(one.attributes["definition"])]
    if one.attributes["enabled"] != "O":
        said.append(enable(one))
    return said


def enable(one: Object) -> str:
    """Switch a trigger or rule as it was."""
    state = _ENABLED[str(one.attributes["enabled"])]
    if one.kind == "event trigger":
        return f"ALTER EVENT TRIGGER {quote(one.name)} {state}"
    return f"ALTER TABLE {table_of(one)} {state} {one.kind.upper()} {quote(one.name)}"


def _policy(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    assert isinstance(at["roles"], tuple)
    text = f"CREATE POLICY {quote(one.name)} ON {table_of(one)}"
    text += "" if at["permissive"] else " AS RESTRICTIVE"
    text += f" FOR {_COMMANDS[str(at['command'])]} TO {', '.join(map(str, at['roles']))}"
    text += f" USING ({at['using']})" if at["using"] else ""
    return [text + (f" WITH CHECK ({at['check']})" if at["check"] else "")]


def _event_trigger(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    text = f"CREATE EVENT TRIGGER {quote(one.name)} ON {at['event']}"
    if at["tags"]:
        assert isinstance(at["tags"], tuple)
        text += f" WHEN TAG IN ({', '.join(literal(str(tag)) for tag in at['tags'])})"
    said = [f"{text} EXECUTE FUNCTION {at['function']}()"]
    return said if at["enabled"] == "O" else [*said, enable(one)]


def _extension(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    schema, version = quote(str(at["in_schema"])), literal(str(at["version"]))
    return [f"CREATE EXTENSION {quote(one.name)} WITH SCHEMA {schema} VERSION {version}"]


def _publication(one: Object, _catalog: Catalog) -> list[str]:
    at = one.attributes
    text = f"CREATE PUBLICATION {quote(one.name)}"
    members = published(one)
    text += " FOR ALL TABLES" if at["all_tables"] else f" FOR {members}" if members else ""
    return [f"{text} WITH ({publication_options(one)})"]


def published(one: Object) -> str:
    """The tables and schemas of a publication, as its grammar takes them; up to 14 it takes TABLE but once."""
    tables, schemas = one.attributes["tables"], one.attributes.get("schemas") or ()
    assert isinstance(tables, tuple)
    assert isinstance(schemas, tuple)
    return ", ".join((*map(str, tables[:1]), *(str(table).removeprefix("TABLE ") for table in tables[1:]), *schemas))


def publication_options(one: Object) -> str:
    """The WITH list of a publication."""
    assert isinstance(one.attributes["publish"], tuple)
    text = f"publish = {literal(', '.join(map(str, one.attributes['publish'])))}"
    root = one.attributes.get("via_root")
    text += "" if root is None else f", publish_via_partition_root = {'true' if root else 'false'}"
    if "generated" in one.attributes:
        text += f", publish_generated_columns = {one.attributes['generated'] or 'none'}"
    return text


def _statistics(one: Object, _catalog: Catalog) -> list[str]:
    said = [str(one.internal["_definition"])]
    if one.attributes.get("target") is not None:
        said.append(f"ALTER {target(one)} SET STATISTICS {one.attributes['target']}")
    return said


_MAKERS: dict[str, Callable[[Object, Catalog], list[str]]] = {
    "schema": _schema,
    "table": table,
    "foreign table": table,
    "column": added_column,
    "default": default,
    "constraint": _constraint,
    "domain constraint": _domain_constraint,
    "index": _index,
    "sequence": _sequence,
    "enum": _enum,
    "domain": _domain,
    "composite": _composite,
    "range": _range,
    "view": _view,
    "materialized view": _view,
    "rule": _rule,
    "function": _routine,
    "procedure": _routine,
    "aggregate": _aggregate,
    "trigger": _trigger,
    "policy": _policy,
    "event trigger": _event_trigger,
    "extension": _extension,
    "publication": _publication,
    "statistics": _statistics,
}
