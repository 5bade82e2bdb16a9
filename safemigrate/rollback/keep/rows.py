"""Keeping rows that statements change.

Old and new of each, so that a rollback can tell them from rows changed since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from safemigrate.model import Kept, KeptKind, Refill
from safemigrate.rollback.keep.table import KEY_CHANGES, NO_KEY, Column, Keeping, Table, text, texts

EVENTS = frozenset({"insert", "update", "delete", "truncate"})
_TRIGGERS = (
    ("insert", "AFTER INSERT", "REFERENCING NEW TABLE AS new_rows "),
    ("update", "AFTER UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "),
    ("delete", "AFTER DELETE", "REFERENCING OLD TABLE AS old_rows "),
    ("truncate", "BEFORE TRUNCATE", ""),
    ("rekey", "AFTER UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "),
)


@dataclass(frozen=True, slots=True)
class Writes:
    """What a statement may do to the rows of a table: which events, and to which columns an update.

    `reshaped` has the table's name and these columns' values, of a row `r`, after a statement that also changes its
    shape; then, and where `compare` says so, the whole table is copied and compared: no trigger would see everything.
    `lock` keeps others from writing meanwhile: as strong as the statement's own, for a lock that grows may deadlock.
    """

    columns: tuple[Column, ...]
    events: frozenset[str] = EVENTS
    compare: bool = False
    lock: str = "ACCESS EXCLUSIVE"
    reshaped: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """What takes changed rows back: first every table's `inserts`, parents first, then `deletes`, children first."""

    inserts: list[Refill]
    deletes: list[Refill]


def keep_rows(
    keeping: Keeping, place: str, table: Table, writes: Writes, referenced: Collection[str] = (), whole: str = ""
) -> Restore:
    """Keep the rows of `table` that the statement inserts, updates or deletes.

    Triggers see them, so the cost is the rows changed. `referenced` are conditions under which other tables still point
    to a row `t`: a row that the migration inserted stays while they do, for deleting it could take theirs along.
    `whole` says why the rows cannot come back a part at a time, "" where they can.
    """
    columns = writes.columns
    values, key = texts("r", columns), texts("r", table.key) if table.key else "NULL::text[]"
    log = f"{place}_log"
    keeping.before += [
        f"DROP TABLE IF EXISTS {place}",
        f"DROP TABLE IF EXISTS {log}",
        f"CREATE TABLE {log} (n bigint GENERATED ALWAYS AS IDENTITY, key text[], old text[], new text[], "
        "rekeyed boolean NOT NULL DEFAULT false)",
    ]
    if writes.reshaped or writes.compare:
        name, names = writes.reshaped or (table.name, tuple(f"r.{column.quoted}" for column in columns))
        now = {column.quoted: given for column, given in zip(columns, names, strict=True)}
        now_values, now_key = (
            f"ARRAY[{', '.join(f'{now[column.quoted]}::text' for column in some)}]::text[]"
            for some in (columns, table.key)
        )
        only = "ONLY " if table.alone else ""
        keeping.before += [
            f"LOCK TABLE {table.name} IN {writes.lock} MODE",
            *table.unforced([f"INSERT INTO {log} (key, old) SELECT {key}, {values} FROM {table.rows} AS r"]),
        ]
        keeping.after += table.unforced(
            [
                f"INSERT INTO {log} (key, new) SELECT {now_key if table.key else key}, {now_values} "
                f"FROM {only}{name} AS r"
            ]
        )
    else:
        _watch(keeping, log, table, key, values, writes.events)
    keeping.after += _net(log, place) if table.key else _net_without_key(log, place)
    keeping.after.append(f"DROP TABLE {log}")
    keeping.kept.append(Kept(KeptKind.ROWS, table.name, place))
    if not table.key:
        return _restore_without_key(place, table, columns, whole)
    return _restore(place, table, writes, referenced, whole)


def _watch(keeping: Keeping, log: str, table: Table, key: str, values: str, events: frozenset[str]) -> None:
    """Put triggers on a table and its partitions: a statement that names one fires the triggers of that one alone."""
    given = ", ".join("'" + one.replace("'", "''") + "'" for one in (log, key, values))
    for name in (table.name, *table.parts):
        if table.forced and "truncate" in events:  # TRUNCATE heeds no policy, and what it takes must be read
            keeping.before.append(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        for event, when, rows in _TRIGGERS:
            if event not in events:
                continue
            trigger, how = f"safemigrate_{event}", ", 'in order'" if event == "rekey" else ""
            keeping.before += [
                f"CREATE TRIGGER {trigger} {when} ON {name} {rows}"
                f"FOR EACH STATEMENT EXECUTE FUNCTION safemigrate.capture({given}{how})",
                # A script may set session_replication_role, under which plain triggers are silent.
                f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {trigger}",
            ]
            keeping.after.append(f"DROP TRIGGER {trigger} ON {name}")
        if table.forced and "truncate" in events:
            keeping.after.append(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


def _net(log: str, place: str) -> list[str]:
    """Reduce the log to one row a key: as it was before the statement (NULL: not there) and as it is after.

    `rekeyed` says of a row that is new that it may be an older one under another key.
    """
    return [
        f"CREATE TABLE {place} AS SELECT f.key, f.old, l.new, l.rekeyed FROM "
        f"(SELECT DISTINCT ON (key) key, old FROM {log} ORDER BY key, n) AS f JOIN "
        f"(SELECT DISTINCT ON (key) key, new, rekeyed FROM {log} ORDER BY key, n DESC) AS l ON l.key = f.key "
        "WHERE f.old IS DISTINCT FROM l.new"
    ]


def _net_without_key(log: str, place: str) -> list[str]:
    """Reduce the log to the rows that are gone and those that are new, as multisets."""
    gone, new = (f"SELECT {name} FROM {log} WHERE {name} IS NOT NULL" for name in ("old", "new"))
    return [
        f"CREATE TABLE {place} AS SELECT NULL::text[] AS key, old, NULL::text[] AS new "
        f"FROM ({gone} EXCEPT ALL {new}) AS g "
        f"UNION ALL SELECT NULL, NULL, new FROM ({new} EXCEPT ALL {gone}) AS n"
    ]


def _rekey(place: str, table: Table, columns: tuple[Column, ...]) -> str:
    at = {column.name: number for number, column in enumerate(columns, start=1)}
    match = table.row_at(lambda number: f"k.new[{at[table.key[number - 1].name]}]")
    return f"UPDATE {table.rows} AS t\nSET {_given(columns)}\nFROM {place} AS k\nWHERE {match}"


def _given(columns: Iterable[Column], without: Collection[str] = ()) -> str:
    """Give the old value back to every column that still has the new one."""
    return ",\n    ".join(
        f"{column.quoted} = CASE WHEN {text('t', column)} IS NOT DISTINCT FROM k.new[{number}] "
        f"THEN k.old[{number}]::{column.type} ELSE t.{column.quoted} END"
        for number, column in enumerate(columns, start=1)
        if column.name not in without and column.identity != "a"
    )


def _insert(place: str, table: Table, columns: tuple[Column, ...]) -> str:
    names = ", ".join(column.quoted for column in columns)
    olds = ", ".join(f"k.old[{number}]::{column.type}" for number, column in enumerate(columns, start=1))
    return f"INSERT INTO {table.name} ({names})\nOVERRIDING SYSTEM VALUE\nSELECT {olds}\nFROM {place} AS k"


def _restore_without_key(place: str, table: Table, columns: tuple[Column, ...], whole: str) -> Restore:
    current, twins = texts("t", columns), "row_number() OVER (PARTITION BY {0})"
    insert = f"{_insert(place, table, columns)}\nWHERE k.old IS NOT NULL"
    delete = (
        f"DELETE FROM {table.rows} AS t\n"
        f"USING (SELECT t.tableoid AS home, t.ctid AS at, {current} AS value, {twins.format(current)} AS twin\n"
        f"       FROM {table.rows} AS t) AS r\n"
        f"JOIN (SELECT k.new AS value, {twins.format('k.new')} AS twin\n"
        f"      FROM {place} AS k WHERE k.new IS NOT NULL) AS n ON n.value = r.value AND n.twin = r.twin\n"
        "WHERE t.tableoid = r.home AND t.ctid = r.at"
    )
    return Restore(table.refill(place, [insert], whole=whole), table.refill(place, [delete], whole=NO_KEY))


def _restore(place: str, table: Table, writes: Writes, referenced: Collection[str], whole: str) -> Restore:
    columns, events = writes.columns, writes.events
    if "rekey" in events:
        return Restore(table.refill(place, [_rekey(place, table, columns)], whole=KEY_CHANGES), [])
    current, match = texts("t", columns), table.row_at(lambda number: f"k.key[{number}]")
    keys = {column.name for column in table.key}
    rekeys = "update" in events and any(column.name in keys for column in columns)
    inserts, deletes = [], []
    if rekeys or events & {"delete", "truncate"}:
        inserts.append(
            f"{_insert(place, table, columns)}\n"
            f"WHERE k.new IS NULL AND NOT EXISTS (SELECT FROM {table.rows} AS t WHERE {match})"
        )
    given = _given(columns, keys)
    if given and ("update" in events or ("insert" in events and events & {"delete", "truncate"})):
        inserts.append(
            f"UPDATE {table.rows} AS t\nSET {given}\nFROM {place} AS k\n"
            f"WHERE k.old IS NOT NULL AND k.new IS NOT NULL AND {match}"
        )
    if rekeys or "insert" in events:
        stays = "".join(f"\n  AND NOT {condition}" for condition in referenced)
        deletes.append(
            f"DELETE FROM {table.rows} AS t\nUSING {place} AS k\n"
            f"WHERE k.old IS NULL AND {match} AND {current} = k.new{stays}"
        )
    return Restore(table.refill(place, inserts, whole=whole), table.refill(place, deletes, whole=whole))
