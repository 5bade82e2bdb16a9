"""Constraints, unique indexes and NOT NULL that come back: which rows of today violate them."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.catalog import Change, Object
from safemigrate.db.postgres import quote
from safemigrate.model import Check
from safemigrate.rollback.checks.foreign_keys import foreign_key, kept_foreign_key
from safemigrate.rollback.checks.place import Asking
from safemigrate.rollback.checks.then import Terms, look, subject, then
from safemigrate.rollback.checks.uniques import exclusion, unique
from safemigrate.rollback.checks.ways import referring, removed, unproven
from safemigrate.rollback.describe import column_of, table_of


def constraint_checks(change: Change, asking: Asking, inverse: Sequence[str]) -> list[Check]:
    """Ask about every constraint, unique index and NOT NULL that the inverse of `change` brings back.

    Nothing is asked where the columns did not survive the migration: what comes back into them is what was there; only
    the row that it points to may be gone since.
    """
    checks: list[Check] = []
    for one in change.gone:
        if one.kind == "constraint" and one.attributes["type"] == "f":
            checks += foreign_key(one, asking, inverse) or kept_foreign_key(one, asking)
        elif one.table is None or one.table not in asking.end or one.table not in asking.before:
            continue
        elif one.kind == "constraint" and one.attributes["type"] == "c":
            checks += _check(one, asking, inverse)
        elif one.kind in ("constraint", "index") and (terms := Terms.of(one, asking)):
            checks += (exclusion if terms.operators else unique)(subject(one), one.table, terms, asking)
    for old, new in change.changed:
        if old.kind == "column" and old.attributes["not_null"] and not new.attributes["not_null"]:
            checks += _not_null(old, asking)
    return checks


def _not_null(old: Object, asking: Asking) -> list[Check]:
    assert old.table is not None
    now = asking.end.get(old.identity)
    if now is None or old.table not in asking.end or now.attributes["not_null"]:
        return []
    table, column = table_of(asking.end, old.table), column_of(asking.end, now)
    empty = f"t.{column.quoted} IS NULL"
    source = f"{table.rows} AS t WHERE {empty}"
    key = ", ".join(f"t.{one.quoted}" for one in table.key if one.name != now.name)
    left = asking.left()
    given = f"current_setting('{left}_fill')::{column.type}"
    return [
        Check(
            f"{quote(old.schema, old.parent)}.{quote(old.name)}",
            "{count} {row has|rows have} no value for this column, which becomes required again",
            f"SELECT count(*) FROM {source}",
            f"SELECT concat_ws(', ', {key}) FROM {source} LIMIT 5" if key else "",
            look=look(asking, old.table, empty),
            setting=f"{left}_fill",
            fill=tuple(table.silenced([f"UPDATE {table.rows} AS t SET {column.quoted} = {given} WHERE {empty}"])),
            keep_old=(removed(left, table, empty, referring(asking.end, old.table)),),
        )
    ]


def _check(one: Object, asking: Asking, inverse: Sequence[str]) -> list[Check]:
    assert one.table is not None
    definition = str(one.attributes["definition"])
    if not definition.startswith("CHECK ") or "NOT VALID" in definition:
        return []
    seen = then(asking, one.table)
    broken = f"NOT {definition.removeprefix('CHECK ').removesuffix(' NO INHERIT')}"
    columns = [
        quote(member.name)
        for member in asking.before.members[one.table]
        if member.kind == "column" and member.internal["_position"] in (one.internal["_columns"] or ())
    ]
    count = f"SELECT count(*) FROM {seen.rows} AS t WHERE {broken}"
    found = seen.at(f"SELECT safemigrate_home, safemigrate_at FROM {seen.rows} AS t WHERE {broken}")
    return [
        Check(
            subject(one),
            "{count} {row violates|rows violate} this check, which comes back",
            count,
            f"SELECT concat_ws(', ', {', '.join(columns) or 'NULL'}) FROM {seen.rows} AS t WHERE {broken} LIMIT 5",
            look=seen.look(broken),
            keep_new=unproven(one, count, inverse),
            keep_old=(removed(asking.left(), seen.now, found, referring(asking.end, one.table)),),
        )
    ]
