"""What takes a table, a column or a sequence back that is still there but was altered."""

from __future__ import annotations

from safemigrate.db.catalog import Catalog, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.alteration import Alteration, differ
from safemigrate.rollback.inverse.create_table import (
    STORAGE,
    attach,
    column_settings,
    drop_not_null,
    identity_column,
    not_null,
    parents_identity,
    replica_identity,
    sequence_options,
    switched,
)
from safemigrate.rollback.inverse.words import (
    alter_column,
    foreign_options,
    option_names,
    options,
    table_of,
)


def table(was: Object, now: Object, before: Catalog, after: Catalog) -> Alteration:
    """Compare two forms of a table, its members aside."""
    found = Alteration()
    name, today = quote(was.schema, was.name), quote(now.schema, now.name)
    old, new = was.attributes, now.attributes
    _parents(was, now, before, after, found)
    if was.internal["_of"] != now.internal["_of"]:
        if new["of_type"]:
            found.first.append(f"ALTER TABLE {today} NOT OF")
        if old["of_type"]:
            found.finish.append(f"ALTER TABLE {name} OF {old['of_type']}")
    if old["persistence"] != new["persistence"]:
        found.named.append(f"ALTER TABLE {name} SET {'UNLOGGED' if old['persistence'] == 'u' else 'LOGGED'}")
    found.finish += storage_options(name, was, now)
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
    found.finish += foreign_options(f"ALTER FOREIGN TABLE {name}", old["foreign_options"], new["foreign_options"])
    if differ(was, now, "switched"):
        found.finish += switched(was, now)
    return found


def changes_parent(was: Object, now: Object) -> bool:
    """Whether a table has to leave a parent it has now, or be bound to it in another way."""
    return was.internal["_bound"] != now.internal["_bound"] or not set(now.internal["_parents"] or ()) <= set(
        was.internal["_parents"] or ()
    )


def _parents(was: Object, now: Object, before: Catalog, after: Catalog, found: Alteration) -> None:
    then, today = was.internal["_parents"] or (), now.internal["_parents"] or ()
    if was.internal["_bound"] != now.internal["_bound"]:  # as a partition, or not as one
        stays: set[int] = set()
    else:
        stays = set(then) & set(today)
    name = quote(now.schema, now.name)
    for oid in today:
        if oid not in stays:
            parent = after[(1259, oid, 0)]
            on = quote(parent.schema, parent.name)
            leave = f"ALTER TABLE {on} DETACH PARTITION {name}"
            found.first.append(leave if now.attributes["partition_bound"] else f"ALTER TABLE {name} NO INHERIT {on}")
    if was.attributes["partition_bound"] is None and _own_now(was, before, after):
        found.reasons.append(f"{was.address} inherits again, but its columns stay its own as well")
    found.finish += attach(was, stays)


def _own_now(was: Object, before: Catalog, after: Catalog) -> bool:
    """Whether something that was inherited alone is the table's own by now; no statement takes that back."""
    both = ((one, after.get(one.identity)) for one in before.members.get(was.identity, ()))
    return any(
        one.attributes.get("inherited") and now is not None and not now.attributes["inherited"] for one, now in both
    )


def storage_options(name: str, was: Object, now: Object, kind: str = "TABLE") -> list[str]:
    """Bring storage options back."""
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


def column(was: Object, now: Object, before: Catalog, after: Catalog) -> Alteration:
    """Compare two forms of a column, its type aside."""
    old, new = was.attributes, now.attributes
    if (old["generated"] != new["generated"]) or (
        old["generated"] and was.internal["_core"] != now.internal["_core"] and differ(was, now, "expression")
    ):
        return Alteration(replace=True)
    found = Alteration()
    _not_null(was, now, before, after, found)
    here, there = (f"ALTER TABLE {table_of(one)} ALTER COLUMN {quote(one.name)}" for one in (was, now))
    if new["identity"] and not old["identity"]:
        if not parents_identity(now, after):
            found.early.append(f"{there} DROP IDENTITY")
    elif parents_identity(was, before):
        pass  # comes and changes with its parent's
    elif old["identity"] and not new["identity"]:
        found.finish += identity_column(was, before)
    elif old["identity"] != new["identity"]:
        found.finish.append(f"{here} SET GENERATED {'ALWAYS' if old['identity'] == 'a' else 'BY DEFAULT'}")
    start = alter_column(was, before)
    if differ(was, now, "storage", "compression", "statistics", "options"):
        found.finish += _reset_column(was, now, start) + column_settings(was, before)
    found.finish += foreign_options(
        f"ALTER FOREIGN TABLE {table_of(was)} ALTER COLUMN {quote(was.name)}",
        old["foreign_options"],
        new["foreign_options"],
    )
    return found


def _not_null(was: Object, now: Object, before: Catalog, after: Catalog, found: Alteration) -> None:
    old, new = was.attributes, now.attributes
    assert was.table is not None
    assert now.table is not None
    parents = set(before[was.table].internal["_parents"] or ()), set(after[now.table].internal["_parents"] or ())
    if new["not_null"] and not old["not_null"]:
        if not new.get("not_null_inherited"):
            found.early.append(drop_not_null(now, after))
    elif old.get("not_null_inherited") and parents[0] <= parents[1]:
        pass  # comes and changes with its parent's
    elif old["not_null"] and not new["not_null"]:
        found.finish.append(not_null(was, before))
    elif differ(was, now, "not_null_unproven", "not_null_alone"):
        found.early.append(drop_not_null(now, after))
        found.finish.append(not_null(was, before))
    elif was.internal.get("_not_null") != now.internal.get("_not_null"):
        names = (quote(str(one.internal["_not_null"])) for one in (now, was))
        found.named.append(f"ALTER TABLE {table_of(was)} RENAME CONSTRAINT {' TO '.join(names)}")


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


def sequence(was: Object, now: Object) -> Alteration:
    """Compare two forms of a sequence; where it stands is no part of it."""
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
    if differ(was, now, "type", "start", "increment", "minimum", "maximum", "cache", "cycle"):
        type_ = f"AS {was.attributes['type']} " if differ(was, now, "type") else ""
        found.finish.append(f"ALTER SEQUENCE {name} {type_}{sequence_options(was)}")
    if differ(was, now, "persistence"):
        found.finish.append(
            f"ALTER SEQUENCE {name} SET {'UNLOGGED' if was.attributes['persistence'] == 'u' else 'LOGGED'}"
        )
    return found
