"""Constraints, unique indexes and NOT NULL that come back: which rows of today violate them."""

from __future__ import annotations

from collections.abc import Mapping

from safemigrate.db.catalog import Catalog, Change, Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.model import Check
from safemigrate.rollback.checks.foreign_keys import foreign_key, kept_foreign_key
from safemigrate.rollback.checks.place import Dropped, columns_at, table_name


def constraint_checks(
    change: Change, before: Catalog, end: Catalog, places: Mapping[Identity, str], dropped: Dropped
) -> list[Check]:
    """Ask about every constraint, unique index and NOT NULL that the inverse of `change` brings back.

    Names are those at the end of the migration, which is when the questions are put; `places` says where moved tables
    are then. Nothing is asked where the columns did not survive the migration: what comes back into them is what was
    there; only the row that it points to may be gone since.
    """
    checks: list[Check] = []
    for one in change.gone:
        subject = f"{quote(one.schema, one.parent)}.{quote(one.name)}"
        if one.kind == "constraint" and one.attributes["type"] == "f":
            checks += foreign_key(subject, one, before, end, places) or kept_foreign_key(subject, one, end, dropped)
        elif one.table is None or one.table not in end:
            continue
        elif one.kind == "constraint" and one.attributes["type"] in ("p", "u"):
            checks += _unique(subject, one.table, one.internal["_columns"], end)
        elif one.kind == "constraint" and one.attributes["type"] == "c":
            checks += _check(subject, one, before, end)
        elif one.kind == "index" and one.internal["_key"]:
            checks += _unique(subject, one.table, one.internal["_key"], end)
    for old, new in change.changed:
        if old.kind == "column" and old.attributes["not_null"] and not new.attributes["not_null"]:
            checks += _not_null(old, end)
    return checks


def _unique(subject: str, table: Identity, positions: list[int], end: Catalog) -> list[Check]:
    columns = columns_at(end, table, positions)
    if columns is None:
        return []
    listed = ", ".join(columns)
    filled = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    source = f"{table_name(end, table)} WHERE {filled} GROUP BY {listed} HAVING count(*) > 1"
    return [
        Check(
            subject,
            "{count} values stand more than once; the unique key cannot come back",
            f"SELECT count(*) FROM (SELECT FROM {source}) AS d",
            f"SELECT concat_ws(', ', {listed}) FROM {source} LIMIT 5",
            (f"mend these rows, then roll back: SELECT {listed}, count(*) FROM {source}",),
        )
    ]


def _not_null(old: Object, end: Catalog) -> list[Check]:
    assert old.table is not None
    now = end.get(old.identity)
    if now is None or old.table not in end or now.attributes["not_null"]:
        return []
    source = f"{table_name(end, old.table)} AS t WHERE t.{quote(now.name)} IS NULL"
    return [
        Check(
            f"{quote(old.schema, old.parent)}.{quote(old.name)}",
            "{count} rows have no value for this column, which becomes required again",
            f"SELECT count(*) FROM {source}",
            "",
            (f"fill them, then roll back: UPDATE {source.replace(' WHERE', f' SET {quote(now.name)} = … WHERE')}",),
        )
    ]


def _check(subject: str, one: Object, before: Catalog, end: Catalog) -> list[Check]:
    """Ask about a CHECK where all the columns it may name are still there as they were."""
    assert one.table is not None
    columns = [
        member
        for member in before.members.get(one.table, ())
        if member.kind == "column" and member.internal["_position"] in (one.internal["_columns"] or ())
    ]
    definition = str(one.attributes["definition"]).removesuffix(" NOT VALID").removesuffix(" NO INHERIT")
    same = all(
        member.identity in end
        and (end[member.identity].name, end[member.identity].attributes["type"])
        == (member.name, member.attributes["type"])
        for member in columns
    )
    if not same or not definition.startswith("CHECK ") or " NOT VALID" in str(one.attributes["definition"]):
        return []
    source = f"{table_name(end, one.table)} WHERE NOT {definition.removeprefix('CHECK ')}"
    listed = ", ".join(quote(member.name) for member in columns) or "''"
    return [
        Check(
            subject,
            "{count} rows violate this check, which comes back",
            f"SELECT count(*) FROM {source}",
            f"SELECT concat_ws(', ', {listed}) FROM {source} LIMIT 5",
            (f"mend these rows, then roll back: SELECT * FROM {source}",),
        )
    ]
