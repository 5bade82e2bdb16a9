"""Ways out of a conflict: what gives way is copied beside the kept data, whole, in the statement that takes it out."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.catalog import Catalog, Identity, Object
from safemigrate.model import Way
from safemigrate.rollback.checks.place import table_name
from safemigrate.rollback.describe import refers
from safemigrate.rollback.keep.table import Column, Table
from safemigrate.rollback.reach import foreign_keys, root


def referring(catalog: Catalog, table: Identity) -> list[tuple[str, str]]:
    """Return the tables that point to a table, each with the condition that one of its rows points to row `t`."""
    return [
        (table_name(catalog, one.table), refers(catalog, one))
        for one in foreign_keys(catalog)
        if one.table and root(catalog, (1259, one.internal["_target"], 0)) == table and not one.attributes["inherited"]
    ]


def removed(place: str, table: Table, where: str, pointing: Sequence[tuple[str, str]] = ()) -> Way:
    """Take the rows `t` that `where` finds out of their table; those that rows of other tables point to stay.

    Deleting such a row could take theirs along.
    """
    columns = ", ".join(column.kept for column in table.columns)
    free = "".join(f" AND NOT {condition}" for _, condition in pointing)
    source = f"{table.rows} AS t WHERE ({where})"
    return Way(
        f"{{count}} {{row leaves|rows leave}} {table.name}",
        f"SELECT count(*) FROM {source}",
        (
            f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE",
            f"CREATE TABLE IF NOT EXISTS {place} AS SELECT {columns} FROM {table.rows} AS t WITH NO DATA",
            *table.silenced(
                [
                    f"WITH gone AS (DELETE FROM {source}{free} RETURNING {columns})\n"
                    f"INSERT INTO {place} SELECT * FROM gone"
                ]
            ),
        ),
        place,
        held=tuple(
            (name, f"SELECT count(*) FROM {source} AND {condition}")
            for name, condition in pointing
            if name != table.name  # these may be about to leave too; what remains is found when it is asked again
        ),
    )


def emptied(place: str, table: Table, columns: Sequence[Column], where: str) -> Way:
    """Give up the values of nullable columns in the rows `t` that `where` finds."""
    values = " and ".join(column.quoted for column in columns)
    return Way(
        f"{{count}} {{row of {table.name} gives|rows of {table.name} give}} up {values}",
        f"SELECT count(*) FROM {table.rows} AS t WHERE {where}",
        _replaced(place, table, columns, where),
        place,
    )


def given_back(place: str, table: Table, column: Column, value: str, source: str, where: str) -> Way:
    """Let a column of the rows `t` have `value` again, which is kept in `source`, joined to them."""
    return Way(
        f"{{count}} {{row of {table.name} has|rows of {table.name} have}} the former {column.quoted} again",
        f"SELECT count(*) FROM {table.rows} AS t{source} WHERE {where}",
        _replaced(place, table, (column,), where, value, source),
        place,
    )


def _replaced(
    place: str, table: Table, columns: Sequence[Column], where: str, value: str = "", source: str = ""
) -> tuple[str, ...]:
    names = {column.name for column in columns}
    listed = (*(column for column in table.key if column.name not in names), *columns) if table.key else table.columns
    kept = ", ".join(column.kept for column in listed)
    given, found = ("was.safemigrate_value", f"{value} AS safemigrate_value, {kept}") if value else ("NULL", kept)
    return (
        f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE",
        f"CREATE TABLE IF NOT EXISTS {place} AS SELECT {kept} FROM {table.rows} AS t WITH NO DATA",
        *table.silenced(
            [
                f"WITH was AS (SELECT t.tableoid AS safemigrate_home, t.ctid AS safemigrate_at, "
                f"{found} FROM {table.rows} AS t{source} WHERE {where}),\n"
                f"kept AS (INSERT INTO {place} SELECT {', '.join(column.quoted for column in listed)} FROM was)\n"
                f"UPDATE {table.rows} AS t "
                f"SET {', '.join(f'{column.quoted} = {given}' for column in columns)} "
                "FROM was WHERE (t.tableoid, t.ctid) = (was.safemigrate_home, was.safemigrate_at)"
            ]
        ),
    )


def yielded(
    place: str, table: Table, columns: Sequence[Column], where: str, pointing: Sequence[tuple[str, str]]
) -> Way:
    """Give up the values where the columns may be empty, else the whole rows."""
    if columns and not any(column.not_null for column in columns):
        return emptied(place, table, columns, where)
    return removed(place, table, where, pointing)


def parked(place: str, home: str, where: str, columns: str, says: str) -> Way:
    """Take kept rows `k` out of `home`, where the rollback would find them; `columns` are copied."""
    return Way(
        says,
        f"SELECT count(*) FROM {home} AS k WHERE {where}",
        (
            f"CREATE TABLE IF NOT EXISTS {place} AS SELECT {columns} FROM {home} AS k WITH NO DATA",
            f"WITH gone AS (DELETE FROM {home} AS k WHERE {where} RETURNING {columns})\n"
            f"INSERT INTO {place} SELECT * FROM gone",
        ),
        place,
    )


def emptied_kept(place: str, home: str, column: Column, where: str, columns: str, says: str) -> Way:
    """Give up one value of kept rows `k` in `home`."""
    return Way(
        says,
        f"SELECT count(*) FROM {home} AS k WHERE {where}",
        (
            f"CREATE TABLE IF NOT EXISTS {place} AS SELECT {columns} FROM {home} AS k WITH NO DATA",
            f"INSERT INTO {place} SELECT {columns} FROM {home} AS k WHERE {where}",
            f"UPDATE {home} AS k SET {column.quoted} = NULL WHERE {where}",
        ),
        place,
    )


def unproven(one: Object, count: str, inverse: Sequence[str]) -> tuple[Way, ...]:
    """Let a constraint come back NOT VALID: rows of today stay as they are, new ones are checked.

    Empty where it is not made by a statement of its own, or the server takes no NOT VALID (an inherited one).
    """
    definition = str(one.attributes["definition"])
    found = [sql for sql in inverse if " ADD CONSTRAINT " in sql and sql.endswith(definition)]
    if len(found) != 1 or one.attributes["inherited"] or "NOT VALID" in definition:
        return ()
    way = Way(
        "the constraint comes back NOT VALID: {count} {row|rows} of today may break it, new ones may not",
        count,
        instead=((found[0], f"{found[0]} NOT VALID"),),
        unproven=one.address,
    )
    return (way,)
