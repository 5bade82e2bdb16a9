"""The statements that make tables, columns and sequences."""

from __future__ import annotations

from collections.abc import Collection

from safemigrate.db.catalog import Catalog, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.words import alter_column, foreign, only, options, table_of

STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"}


def column_definition(column: Object) -> str:
    """A column as CREATE TABLE and ADD COLUMN take it: nullable and without default, so that rows can be filled in."""
    text = f"{quote(column.name)} {column.attributes['type']}"
    text += foreign(column.attributes["foreign_options"])  # before COLLATE, in the grammar's order
    if column.attributes["collation"]:
        text += f" COLLATE {column.attributes['collation']}"
    if column.attributes["generated"]:
        stored = "STORED" if column.attributes["generated"] == "s" else "VIRTUAL"
        text += f" GENERATED ALWAYS AS ({column.attributes['expression']}) {stored}"
    return text


def column_settings(column: Object, catalog: Catalog) -> list[str]:
    """Storage, compression, statistics and options of a column that has just been made."""
    start = alter_column(column, catalog)
    said = []
    if column.attributes["storage"]:
        said.append(f"{start} SET STORAGE {STORAGE[str(column.attributes['storage'])]}")
    if column.attributes.get("compression"):
        said.append(f"{start} SET COMPRESSION {'lz4' if column.attributes['compression'] == 'l' else 'pglz'}")
    if column.attributes["statistics"] is not None:
        said.append(f"{start} SET STATISTICS {column.attributes['statistics']}")
    if column.attributes["options"]:
        said.append(f"{start} SET ({options(column.attributes['options'])})")
    return said


def not_null(column: Object, catalog: Catalog) -> str:
    """Return the statement that makes a column NOT NULL, under the constraint's name where it has one of its own."""
    start = f"ALTER TABLE {_alone(column, catalog)}{table_of(column)}"
    name, unproven, alone = (column.attributes.get(f"not_null_{key}") for key in ("name", "unproven", "alone"))
    if name or unproven or alone:
        named = f"CONSTRAINT {quote(str(name or f'{column.parent}_{column.name}_not_null'))} "
        ending = f"{' NO INHERIT' if alone else ''}{' NOT VALID' if unproven else ''}"
        return f"{start} ADD {named}NOT NULL {quote(column.name)}{ending}"
    return f"{start} ALTER COLUMN {quote(column.name)} SET NOT NULL"


def drop_not_null(column: Object, catalog: Catalog) -> str:
    """Return the statement that lets a column be NULL."""
    return f"ALTER TABLE {_alone(column, catalog)}{table_of(column)} ALTER COLUMN {quote(column.name)} DROP NOT NULL"


def _alone(column: Object, catalog: Catalog) -> str:
    """NOT NULL is each heir's own up to 17; a partition always has that of its parent."""
    assert column.table is not None
    shared = catalog.version >= 180000 or catalog[column.table].attributes["partition_key"]
    return "" if shared else only(column, catalog)


def unlike_parents(column: Object, catalog: Catalog) -> list[str]:
    """What a child that has just been made has from its parents and did not have."""
    assert column.table is not None
    said = []
    for oid in catalog[column.table].internal["_parents"] or ():
        members = catalog.members.get((1259, oid, 0), ())
        if not column.attributes["not_null"] and any(
            one.kind == "column" and one.name == column.name and one.attributes["not_null"] for one in members
        ):
            said.append(drop_not_null(column, catalog))
        own = any(one.kind == "default" and one.name == column.name for one in catalog.members[column.table])
        if not own and any(one.kind == "default" and one.name == column.name for one in members):
            said.append(f"{alter_column(column, catalog)} DROP DEFAULT")
    return said


def identity_column(column: Object, catalog: Catalog) -> list[str]:
    """Make a column an identity again, on a sequence of the same name and with the same settings."""
    sequence = owned_sequence(column.identity, catalog)
    when = "ALWAYS" if column.attributes["identity"] == "a" else "BY DEFAULT"
    start = f"ALTER TABLE {table_of(column)} ALTER COLUMN {quote(column.name)} ADD GENERATED {when} AS IDENTITY"
    if sequence is None:
        return [start]
    return [f"{start} (SEQUENCE NAME {quote(sequence.schema, sequence.name)} {sequence_options(sequence)})"]


def parents_identity(column: Object, catalog: Catalog) -> bool:
    """Whether a column is the identity that its partitioned parent is; a partition has none of its own since 17."""
    assert column.table is not None
    part = catalog[column.table].attributes["partition_bound"] is not None
    return part and catalog.version >= 170000


def owned_sequence(column: Identity, catalog: Catalog) -> Object | None:
    """Return the identity sequence of a column."""
    for one in catalog:
        if one.kind != "sequence" or not one.attributes["identity"]:
            continue
        if (1259, one.internal["_table"], one.internal["_column"]) == column:
            return one
    return None


def sequence_options(one: Object) -> str:
    """The settings of a sequence, all spelled out."""
    at = one.attributes
    cycle = "CYCLE" if at["cycle"] else "NO CYCLE"
    return (
        f"START WITH {at['start']} INCREMENT BY {at['increment']} MINVALUE {at['minimum']} MAXVALUE {at['maximum']} "
        f"CACHE {at['cache']} {cycle}"
    )


def table(one: Object, catalog: Catalog) -> list[str]:
    """Make a table with its columns, nullable and without defaults."""
    at = one.attributes
    partition = at["partition_bound"] is not None
    columns = [
        column
        for column in catalog.members.get(one.identity, ())
        if column.kind == "column" and (partition or not column.attributes["inherited"])
    ]
    body = ",\n".join(f"    {column_definition(column)}" for column in columns)
    kind = "FOREIGN TABLE" if one.kind == "foreign table" else "TABLE"
    text = f"CREATE {'UNLOGGED ' if at['persistence'] == 'u' else ''}{kind} {quote(one.schema, one.name)} "
    text += f"OF {at['of_type']}" if at["of_type"] else f"(\n{body}\n)" if columns else "()"
    if at["inherits"] and not partition:
        assert isinstance(at["inherits"], tuple)
        text += f" INHERITS ({', '.join(map(str, at['inherits']))})"
    if at["partition_key"]:
        text += f" PARTITION BY {at['partition_key']}"
    if at["server"]:
        text += f" SERVER {quote(str(at['server']))}" + foreign(at["foreign_options"])
    if at["access_method"] not in (None, "heap"):
        text += f" USING {quote(str(at['access_method']))}"
    if at["options"]:
        text += f" WITH ({options(at['options'])})"
    if at["tablespace"]:
        text += f" TABLESPACE {quote(str(at['tablespace']))}"
    said = [text]
    if at["toast_options"]:
        assert isinstance(at["toast_options"], tuple)
        toast = tuple(f"toast.{option}" for option in at["toast_options"])
        said.append(f"ALTER TABLE {quote(one.schema, one.name)} SET ({options(toast)})")
    return said


def added_column(one: Object, _catalog: Catalog) -> list[str]:
    """Add a column that is not inherited."""
    return [] if one.attributes["inherited"] else [f"ALTER TABLE {table_of(one)} ADD COLUMN {column_definition(one)}"]


def default(one: Object, catalog: Catalog) -> list[str]:
    """Set a default."""
    return [f"{alter_column(one, catalog)} SET DEFAULT {one.attributes['definition']}"]


def attach(was: Object, stays: Collection[int] = ()) -> list[str]:
    """Make a table a partition or child again; `stays` are the parents that it has already."""
    name = quote(was.schema, was.name)
    parents = zip(was.internal["_parents"] or (), was.attributes["inherits"] or (), strict=True)  # type: ignore[arg-type]
    missing = [parent for oid, parent in parents if oid not in stays]
    if was.attributes["partition_bound"] is not None:
        return [
            f"ALTER TABLE {parent} ATTACH PARTITION {name} {was.attributes['partition_bound']}" for parent in missing
        ]
    return [f"ALTER TABLE {name} INHERIT {parent}" for parent in missing]


_STATES = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS", "O": "ENABLE"}


def switched(was: Object, now: Object | None) -> list[str]:
    """Switch the triggers that a partition has from its parent, where it differs from it."""
    old, new = (dict(_split(one)) if one else {} for one in (was, now))
    said = [f"{_STATES[state]} TRIGGER {quote(name)}" for name, state in old.items() if new.get(name) != state]
    said += [f"ENABLE TRIGGER {quote(name)}" for name in new if name not in old]
    return [f"ALTER TABLE {quote(was.schema, was.name)} {one}" for one in said]


def _split(one: Object) -> list[tuple[str, str]]:
    states = one.attributes.get("switched") or ()
    assert isinstance(states, tuple)
    return [(name, state) for name, _, state in (str(text).rpartition("|") for text in states)]


def table_settings(was: Object) -> list[str]:
    """What CREATE TABLE does not take: row security and replica identity."""
    name = quote(was.schema, was.name)
    said = []
    if was.attributes["row_security"]:
        said.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    if was.attributes["force_row_security"]:
        said.append(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    return said + (
        [] if was.attributes["replica_identity"] == "d" or was.kind == "foreign table" else replica_identity(was)
    )


def replica_identity(was: Object) -> list[str]:
    """Set REPLICA IDENTITY; one by index is set where the index is."""
    words = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL"}
    word = words.get(str(was.attributes["replica_identity"]))
    return [f"ALTER TABLE {quote(was.schema, was.name)} REPLICA IDENTITY {word}"] if word else []
