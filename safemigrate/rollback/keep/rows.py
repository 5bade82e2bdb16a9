"""Keeping rows that statements change.

Old and new of each, so that a rollback can tell them from rows changed since.
"""

from __future__ import annotations

from safemigrate.model import Check, Kept, KeptKind
from safemigrate.rollback.keep.table import Column, Keeping, Table

_EVENTS = (
    ("insert", "AFTER INSERT", "REFERENCING NEW TABLE AS new_rows"),
    ("update", "AFTER UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    ("delete", "AFTER DELETE", "REFERENCING OLD TABLE AS old_rows"),
    ("truncate", "BEFORE TRUNCATE", ""),
)


def keep_rows(
    keeping: Keeping,
    place: str,
    table: Table,
    columns: tuple[Column, ...],
    end: Table | None,
    reshaped: tuple[str, tuple[str, ...]] | None = None,
) -> list[str]:
    """Keep the rows of `table` that the statement inserts, updates or deletes, with the values of `columns`.

    Triggers see them, so the cost is the rows changed; where the statement also changes the table's shape (a DO
    block), the whole table is copied and compared instead: `reshaped` has the table's and these columns' names after
    the statement. Returns the statements that take the changes back, in the order insert, update, delete.
    """
    values = f"ARRAY[{', '.join(f'r.{column.quoted}::text' for column in columns)}]::text[]"
    key = f"ARRAY[{', '.join(f'r.{column.quoted}::text' for column in table.key)}]" if table.key else "NULL::text[]"
    log = f"{place}_log"
    keeping.before += [
        f"DROP TABLE IF EXISTS {place}",
        f"DROP TABLE IF EXISTS {log}",
        f"CREATE TABLE {log} (n bigint GENERATED ALWAYS AS IDENTITY, key text[], old text[], new text[])",
    ]
    if reshaped:
        name, names = reshaped
        now = dict(zip((column.quoted for column in columns), names, strict=True))
        now_values = f"ARRAY[{', '.join(f'r.{now[column.quoted]}::text' for column in columns)}]::text[]"
        now_key = f"ARRAY[{', '.join(f'r.{now[c.quoted]}::text' for c in table.key)}]" if table.key else key
        keeping.before += [
            f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE",
            f"INSERT INTO {log} (key, old) SELECT {key}, {values} FROM {table.name} AS r",
        ]
        keeping.after.append(f"INSERT INTO {log} (key, new) SELECT {now_key}, {now_values} FROM {name} AS r")
    else:
        given = ", ".join("'" + text.replace("'", "''") + "'" for text in (place + "_log", key, values))
        for event, when, rows in _EVENTS:
            trigger = f"safemigrate_{event}"
            keeping.before += [
                f"CREATE TRIGGER {trigger} {when} ON {table.name} {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION safemigrate.capture({given})",
                # A script may set session_replication_role, under which plain triggers are silent.
                f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {trigger}",
            ]
            keeping.after.append(f"DROP TRIGGER {trigger} ON {table.name}")
    keeping.after += _net(log, place) if table.key else _net_without_key(log, place)
    keeping.after.append(f"DROP TABLE {log}")
    keeping.kept.append(Kept(KeptKind.ROWS, table.name, place))
    if end and table.key and [c.name for c in end.key] == [c.name for c in table.key]:
        keeping.checks.append(_reused(place, table, end))
    return _restore(place, table, columns)


def _net(log: str, place: str) -> list[str]:
    """Reduce the log to one row a key: as it was before the statement (NULL: not there) and as it is after."""
    return [
        f"CREATE TABLE {place} AS SELECT f.key, f.old, l.new FROM "
        f"(SELECT DISTINCT ON (key) key, old FROM {log} ORDER BY key, n) AS f JOIN "
        f"(SELECT DISTINCT ON (key) key, new FROM {log} ORDER BY key, n DESC) AS l ON l.key = f.key "
        "WHERE f.old IS DISTINCT FROM l.new"
    ]


def _net_without_key(log: str, place: str) -> list[str]:
    """Reduce the log to the rows that are gone and those that are new, as multisets."""
    gone, new = (f"SELECT {name} FROM {log} WHERE {name} IS NOT NULL" for name in ("old", "new"))
    return [
        f"CREATE TABLE {place} AS SELECT NULL::text[] AS key, old, NULL::text[] AS new FROM ({gone} EXCEPT ALL {new}) AS g "
        f"UNION ALL SELECT NULL, NULL, new FROM ({new} EXCEPT ALL {gone}) AS n"
    ]


def _restore(place: str, table: Table, columns: tuple[Column, ...]) -> list[str]:
    names = ", ".join(column.quoted for column in columns)
    olds = ", ".join(f"k.old[{number}]::{column.type}" for number, column in enumerate(columns, start=1))
    current = f"ARRAY[{', '.join(f't.{column.quoted}::text' for column in columns)}]::text[]"
    insert = f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {olds} FROM {place} AS k "
    if not table.key:
        twins = "row_number() OVER (PARTITION BY {0})"
        return [
            f"{insert}WHERE k.old IS NOT NULL",
            f"DELETE FROM {table.name} AS t USING "
            f"(SELECT t.tableoid AS home, t.ctid AS at, {current} AS value, {twins.format(current)} AS twin "
            f"FROM {table.name} AS t) AS r JOIN "
            f"(SELECT k.new AS value, {twins.format('k.new')} AS twin FROM {place} AS k WHERE k.new IS NOT NULL) AS n "
            "ON n.value = r.value AND n.twin = r.twin WHERE t.tableoid = r.home AND t.ctid = r.at",
        ]
    key = f"ARRAY[{', '.join(f't.{column.quoted}::text' for column in table.key)}]"
    keys = {column.name for column in table.key}
    given = ", ".join(
        f"{column.quoted} = CASE WHEN t.{column.quoted}::text IS NOT DISTINCT FROM k.new[{number}] "
        f"THEN k.old[{number}]::{column.type} ELSE t.{column.quoted} END"
        for number, column in enumerate(columns, start=1)
        if column.name not in keys and column.identity != "a"
    )
    update = f"UPDATE {table.name} AS t SET {given} FROM {place} AS k WHERE k.old IS NOT NULL AND k.new IS NOT NULL"
    return [
        f"{insert}WHERE k.new IS NULL AND NOT EXISTS (SELECT FROM {table.name} AS t WHERE {key} = k.key)",
        *([f"{update} AND {key} = k.key"] if given else []),
        f"DELETE FROM {table.name} AS t USING {place} AS k WHERE k.old IS NULL AND {key} = k.key AND {current} = k.new",
    ]


def _reused(place: str, table: Table, end: Table) -> Check:
    key = f"ARRAY[{', '.join(f't.{column.quoted}::text' for column in end.key)}]"
    source = f"{place} AS k JOIN {end.name} AS t ON {key} = k.key WHERE k.new IS NULL"
    return Check(
        table.name,
        "{count} rows that the migration deleted have a newer row under the same key",
        f"SELECT count(*) FROM {source}",
        f"SELECT array_to_string(k.key, ', ') FROM {source} LIMIT 5",
        (f"delete or re-key the newer rows, then roll back: SELECT t.* FROM {source}",),
    )
