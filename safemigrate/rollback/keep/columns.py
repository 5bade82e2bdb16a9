"""Keeping the values of dropped columns: key and value, copied under the lock that the drop needs anyway."""

from __future__ import annotations

from safemigrate.model import Kept, KeptKind
from safemigrate.rollback.keep.table import NO_KEY, Column, Keeping, Table


def keep_columns(keeping: Keeping, place: str, table: Table, gone: tuple[Column, ...]) -> None:
    """Keep `gone` columns of `table`, as it stands before the statement, in the new table `place`.

    Rows written later get the column's default; where it has none and is required, the setting `filled_by` names
    fills it. A row without a key is found again by its other columns: rows that are alike there are interchangeable,
    so which of them gets which value does not matter.
    """
    names = frozenset(column.name for column in gone)
    values = ", ".join(column.kept for column in gone)
    needs_all = any(column.default or column.not_null or column.identity for column in gone)
    where = "" if needs_all else " WHERE " + " OR ".join(f"t.{column.quoted} IS NOT NULL" for column in gone)
    # What is not empty was written while the rows came back in batches; it stays.
    given = ", ".join(f"{column.quoted} = coalesce(t.{column.quoted}, {column.given})" for column in gone)
    keeping.before += [f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE", f"DROP TABLE IF EXISTS {place}"]
    if table.key:
        key = ", ".join(column.kept for column in table.key)
        copied = f"CREATE TABLE {place} AS SELECT {key}, {values} FROM {table.rows} AS t{where}"
        refill = f"UPDATE {table.rows} AS t\nSET {given}\nFROM {place} AS k\nWHERE {table.key_match}"
        is_new = f"NOT EXISTS (SELECT FROM {place} AS k WHERE {table.key_match})"
    else:
        content = table.content("t", names)
        order = ", ".join(f"t.{column.quoted}::text" for column in gone)
        twins = f"row_number() OVER (PARTITION BY {content}"
        copied = (
            f"CREATE TABLE {place} AS SELECT {content} AS safemigrate_row, "
            f"{twins} ORDER BY {order}) AS safemigrate_twin, "
            f"{values} FROM {table.rows} AS t"
        )
        found = (
            f"(SELECT t.tableoid AS home, t.ctid AS at, {content} AS safemigrate_row, {twins}) AS safemigrate_twin\n"
            f"      FROM {table.rows} AS t) AS r"
        )
        matched = "k.safemigrate_row = r.safemigrate_row AND k.safemigrate_twin = r.safemigrate_twin"
        refill = (
            f"UPDATE {table.rows} AS t\nSET {given}\nFROM {found}\nJOIN {place} AS k ON {matched}\n"
            "WHERE t.tableoid = r.home AND t.ctid = r.at"
        )
        is_new = (
            f"(t.tableoid, t.ctid) IN (SELECT r.home, r.at FROM {found} "
            f"LEFT JOIN {place} AS k ON {matched} WHERE k.safemigrate_row IS NULL)"
        )
    keeping.before += table.unforced([copied])
    rest = []
    for number, column in enumerate(gone):
        if column.default:
            empty = f"{is_new} AND t.{column.quoted} IS NULL"
            rest.append(f"UPDATE {table.rows} AS t\nSET {column.quoted} = {column.default}\nWHERE {empty}")
        elif column.not_null and not column.identity:
            filled = f"current_setting('{filled_by(place, number)}', true)::{column.type}"
            empty = f"{is_new} AND t.{column.quoted} IS NULL"
            rest.append(
                f"UPDATE {table.rows} AS t\nSET {column.quoted} = {filled}\nWHERE {empty} AND {filled} IS NOT NULL"
            )
        keeping.kept.append(Kept(KeptKind.COLUMN, f"{table.name}.{column.quoted}", place))
    whole = "" if table.key else NO_KEY
    keeping.refill += table.refill(place, [refill], rest, whole)


def filled_by(place: str, number: int) -> str:
    """Name the setting from which new rows get a value of column `number` of those kept in `place`."""
    return f"{place}_{number}"
