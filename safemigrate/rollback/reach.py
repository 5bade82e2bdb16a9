"""How far a plain INSERT, UPDATE, DELETE or TRUNCATE can reach: which tables, which events, which columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from safemigrate.db.catalog import ROUTINES, Catalog, Identity, Object
from safemigrate.sql import Statement
from safemigrate.sql.actions import Delete, Insert, Name, Truncate, Update


@dataclass(frozen=True, slots=True)
class Reach:
    """What may happen to one table; `columns` are those that an update may assign, None for all."""

    events: frozenset[str]
    columns: frozenset[str] | None = None


def reach(statement: Statement, catalog: Catalog) -> dict[Identity, Reach] | None:
    """Return what a statement can write, partitions under the table they are part of; None where nobody can say.

    Nobody can where triggers, rules, functions of the user's own, inheritance, or a chain of foreign keys act.
    """
    actions = statement.actions
    if len(actions) != 1 or statement.kind.split(" ")[0] not in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        return None
    (action,) = actions
    names = action.tables if isinstance(action, Truncate) else (action.table,) if isinstance(action, _ROWS) else ()
    tables = [_find(catalog, name) for name in names]
    found: dict[Identity, Reach] = {}
    for table in tables:
        if table is None:
            return None
        found[table] = Reach(frozenset(_EVENTS[type(action)]))
    if isinstance(action, Update):
        (table,) = found
        known = {one.name for one in catalog.members.get(table, ()) if one.kind == "column"}
        if not action.columns or not known.issuperset(action.columns):
            return None
        found[table] = Reach(found[table].events, frozenset(action.columns))
    if isinstance(action, Insert) and "CONFLICT" in statement.sql.upper():
        (table,) = found
        found[table] = Reach(frozenset({"insert", "update"}))
    spread = _spread(catalog, found, everything=isinstance(action, Truncate) and action.cascade)
    return None if _calls(catalog, statement, spread) else spread


_ROWS = Insert | Update | Delete
_EVENTS: dict[type, tuple[str, ...]] = {
    Insert: ("insert",),
    Update: ("update",),
    Delete: ("delete",),
    Truncate: ("truncate",),
}


def says(word: str, statement: Statement, catalog: Catalog) -> bool:
    """Whether a pattern is in the SQL of a statement or, where it may run one, of a routine; case does not matter."""
    texts = [statement.sql]
    if not statement.kind.startswith(("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "TRUNCATE")):
        texts += [str(one.attributes.get("definition")) for one in catalog if one.kind in ROUTINES]
    return any(re.search(word, text, re.IGNORECASE) for text in texts)


def may_set_back(statement: Statement, catalog: Catalog) -> bool:
    """Whether a statement may set a sequence back to where it was before."""
    return says(r"\b(setval|restart)\b", statement, catalog)


def sets_formats(statement: Statement, catalog: Catalog) -> bool:
    """Whether a statement may set how the server writes and reads values as text."""
    if not statement.kind.startswith(("SET", "SELECT", "DO", "CALL")):
        return False
    return says(r"datestyle|time\s*zone|intervalstyle|extra_float_digits|bytea_output|lc_monetary", statement, catalog)


def disables_triggers(statement: Statement, catalog: Catalog) -> bool:
    """Whether triggers of ours may not see what a statement writes."""
    return says(r"\bdisable\s+trigger\b", statement, catalog)


def defers(table: Identity, catalog: Catalog) -> bool:
    """Whether checks of a table's rows may wait; while they do, the server lets nobody take a trigger off the table.

    (CheckTableNotInUse in tablecmds.c.)
    """
    pointing = [one for one in foreign_keys(catalog) if root(catalog, (1259, one.internal["_target"], 0)) == table]
    return any(
        one.kind in ("constraint", "trigger")
        and re.search(r"(?<!NOT )DEFERRABLE", str(one.attributes.get("definition")))
        for one in (*catalog.members.get(table, ()), *pointing)
    )


def root(catalog: Catalog, table: Identity) -> Identity:
    """Return the partitioned table that a partition is, in the end, a part of; a plain table is its own."""
    while table in catalog and catalog[table].attributes.get("partition_bound") is not None:
        table = (1259, catalog[table].internal["_parents"][0], 0)
    return table


def foreign_keys(catalog: Catalog) -> list[Object]:
    """Return every foreign key."""
    return [one for one in catalog if one.kind == "constraint" and one.attributes["type"] == "f" and one.table]


def _find(catalog: Catalog, name: Name) -> Identity | None:
    found = [
        one.identity
        for one in catalog
        if one.kind in ("table", "view", "materialized view")
        and one.name == name.name
        and name.schema in (None, one.schema)
    ]
    return root(catalog, found[0]) if len(found) == 1 and catalog[found[0]].kind == "table" else None


def _spread(catalog: Catalog, start: dict[Identity, Reach], *, everything: bool) -> dict[Identity, Reach]:
    found = dict(start)
    waiting = list(start)
    keys = foreign_keys(catalog)
    while waiting:
        parent = waiting.pop()
        for one in keys:
            assert one.table is not None
            target = root(catalog, (1259, one.internal["_target"], 0))
            if target != parent:
                continue
            child, definition = root(catalog, one.table), str(one.attributes["definition"])
            events: set[str] = {"truncate"} if everything else set()
            if "delete" in found[parent].events:
                events |= {"delete"} if "ON DELETE CASCADE" in definition else set()
                events |= {"update"} if "ON DELETE SET" in definition else set()
            columns = found[parent].columns
            if (
                "update" in found[parent].events
                and ("ON UPDATE CASCADE" in definition or "ON UPDATE SET" in definition)
                and (columns is None or columns & _named(catalog, target, one.internal["_target_columns"]))
            ):
                events.add("update")
            known = found.get(child, Reach(frozenset(), frozenset()))
            new = Reach(
                known.events | events,
                None
                if known.columns is None
                else known.columns
                | (_named(catalog, child, one.internal["_columns"]) if "update" in events else set()),
            )
            if new != known:
                found[child] = new
                waiting.append(child)
    return found


def _named(catalog: Catalog, table: Identity, positions: list[int]) -> set[str]:
    columns = (one for one in catalog.members.get(table, ()) if one.kind == "column")
    return {one.name for one in columns if one.internal["_position"] in positions}


def _calls(catalog: Catalog, statement: Statement, tables: dict[Identity, Reach]) -> bool:
    """Whether anything but the server itself could act: a trigger, a rule, a function, an inheriting table."""
    said = [statement.sql.lower()]
    for one in catalog:
        if (
            one.kind == "table"
            and (one.attributes["inherits"] and one.attributes["partition_bound"] is None)
            and ({one.identity, *((1259, oid, 0) for oid in one.internal["_parents"])} & tables.keys())
        ):
            return True
        if one.table is None or root(catalog, one.table) not in tables:
            continue
        if one.kind in ("trigger", "rule"):
            return True
        said.append(" ".join(str(value) for value in one.attributes.values()).lower())
    text = "\n".join(said)
    return any(one.name.lower() in text for one in catalog if one.kind in ROUTINES)
