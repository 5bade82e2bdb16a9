"""The SQL that keeps what a rollback drops or changes, and puts it back once the migration has run again.

A statement that runs again does not know what users wrote since its first run: it fills columns anew, changes rows that
were written since, makes seed rows under other keys. So what it does to a row is replaced by what the row was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from safemigrate.model import Parting
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.table import Column, Table, texts

# The transaction id from which on rows were written after the rollback; set on the session that undoes it.
SINCE = "safemigrate.since"


def table_left(place: str, table: Table, again: Table, at: int) -> Parting:
    """Keep the rows of a table that the rollback drops; `again` is the table as it is after step `at` ran again.

    Nobody could write to it in between, so that it gets exactly these rows: what the migration itself made in it again
    and users had deleted goes.
    """
    columns = [column for column in table.columns if not column.generated]
    now = {column.position: column for column in again.columns}
    pairs = [(column, now[column.position]) for column in columns if column.position in now]
    rows = f"CREATE TABLE {place} AS SELECT {', '.join(column.kept for column in columns)} FROM {table.rows} AS t"
    names = ", ".join(column.quoted for _, column in pairs)
    given = ", ".join(_given(then, today) for then, today in pairs)
    insert = f"INSERT INTO {again.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {given} FROM {place} AS k"
    key = [(then, today) for then, today in pairs if today in again.key]
    if key:
        match = " AND ".join(f"t.{today.quoted}::text = k.{then.quoted}::text" for then, today in key)
        rest = [(then, today) for then, today in pairs if today not in again.key and today.identity != "a"]
        update = ", ".join(f"{today.quoted} = {_given(then, today)}" for then, today in rest)
        back = [f"DELETE FROM {again.rows} AS t WHERE NOT EXISTS (SELECT FROM {place} AS k WHERE {match})"]
        if rest:
            back.append(f"UPDATE {again.rows} AS t SET {update} FROM {place} AS k WHERE {match}")
        back.append(f"{insert} WHERE NOT EXISTS (SELECT FROM {again.rows} AS t WHERE {match})")
    else:
        back = [f"DELETE FROM {again.rows}", insert]
    return Parting(
        table.name,
        place,
        f"SELECT count(*) FROM {table.rows}",
        _made(place, table, rows),
        "rows",
        _silenced(again, place, back),
        at=at,
    )


def column_left(
    place: str, table: Table, column: Column, where: str, *, unit: str, since: str = "", alone: bool = False
) -> Parting:
    """Keep the values of a column, of rows `t` where `where`, by key, or else by all other columns.

    `table` has no key of which the column is a part. Rows written since the rollback, which `since` names by key, are
    left as they are. `alone`: the values can only be written in a later transaction than the statement's.
    """
    condition = f" WHERE {where}" if where else ""
    changed = f"t.{column.quoted}::text IS DISTINCT FROM k.{column.quoted}::text"
    if table.key:
        listed = ", ".join(one.kept for one in (*table.key, column))
        rows = f"CREATE TABLE {place} AS SELECT {listed} FROM {table.rows} AS t{condition}"
        untouched = f" AND NOT EXISTS (SELECT FROM {since} AS s WHERE s.key = {texts('k', table.key)})" if since else ""
        update = (
            f"UPDATE {table.rows} AS t SET {column.quoted} = {column.given} FROM {place} AS k "
            f"WHERE {table.key_match}{untouched}"
        )
    else:
        content = table.content("t", frozenset({column.name}))
        twin = f"row_number() OVER (PARTITION BY {content}) AS safemigrate_twin"
        told = f"{content} AS safemigrate_row, {twin}"
        rows = f"CREATE TABLE {place} AS SELECT {told}, {column.kept} FROM {table.rows} AS t{condition}"
        update = (
            f"UPDATE {table.rows} AS t SET {column.quoted} = {column.given} "
            f"FROM (SELECT t.tableoid AS home, t.ctid AS at, {told} FROM {table.rows} AS t) AS r "
            f"JOIN {place} AS k USING (safemigrate_row, safemigrate_twin) WHERE t.tableoid = r.home AND t.ctid = r.at"
        )
    back = [f"{update} AND {changed}"]
    if column.identity == "a":
        alter = f"ALTER TABLE {table.name} ALTER COLUMN {column.quoted} SET GENERATED"
        back = [f"{alter} BY DEFAULT", *back, f"{alter} ALWAYS"]
    return Parting(
        f"{table.name}.{column.quoted}",
        place,
        f"SELECT count(*) FROM {table.rows} AS t WHERE t.{column.quoted} IS NOT NULL",
        _made(place, table, rows),
        unit,
        _silenced(table, place, back),
        alone=alone,
    )


def sequence_left(place: str, sequence: str) -> Parting:
    """Keep where a sequence stands that the rollback drops: a number must not be given twice."""
    ahead = "(k.last_value, k.is_called::int) > (s.last_value, s.is_called::int)"
    return Parting(
        sequence,
        place,
        f"SELECT is_called::int FROM {sequence}",
        (f"DROP TABLE IF EXISTS {place}", f"CREATE TABLE {place} AS SELECT last_value, is_called FROM {sequence}"),
        "",
        (
            f"SELECT setval({literal(sequence)}, k.last_value, k.is_called) FROM {place} AS k "
            f"JOIN {sequence} AS s ON {ahead}",
        ),
    )


def written_since(place: str, table: Table, key: Sequence[Column]) -> tuple[str, ...]:
    """Remember in `place` the keys of the rows that were written after the rollback, before the migration runs again.

    A row's xmin is the transaction that wrote it (PostgreSQL docs 5.5); age() compares across its wraparound.
    """
    newer = f"age(t.xmin) <= age(current_setting('{SINCE}')::xid)"
    return (
        f"DROP TABLE IF EXISTS {place}",
        *table.unforced(
            [f"CREATE TABLE {place} AS SELECT {texts('t', key)} AS key FROM {table.rows} AS t WHERE {newer}"]
        ),
    )


class RowsLeft:
    """Rows that a statement changed, kept by key in `kept` as arrays key, old and new of `columns`.

    `now` are those columns after the statement, None where one has changed its type, `born` the numbers of those that
    the migration made: nobody could write to them after the rollback. `left` gets what the rows are when the statement
    is taken back; `since` names the keys of the rows written after that.
    """

    def __init__(
        self,
        kept: str,
        left: str,
        since: str,
        table: Table,
        now: Sequence[Column | None],
        born: Collection[int],
    ) -> None:
        self.kept, self.left, self.since, self.table, self.now, self.born = kept, left, since, table, now, born

    @property
    def want(self) -> str:
        """The table that says what each row is to be."""
        return f"{self.left}_want"

    @property
    def parting(self) -> Parting:
        """Keep them; what puts them back is woven together with other tables' rows."""
        match = self.table.row_at(lambda number: f"p.key[{number}]")
        listed = ", ".join(f"t.{column.quoted}::text" if column else "NULL" for column in self.now)
        now = f'ARRAY[{listed}]::text[] COLLATE "C"'
        exists = f"t.{self.table.key[0].quoted} IS NOT NULL"
        rows = (
            f"CREATE TABLE {self.left} AS SELECT p.key, p.old, p.new, to_jsonb(p) AS kept, "
            f"CASE WHEN {exists} THEN {now} END AS now "
            f"FROM {self.kept} AS p LEFT JOIN {self.table.rows} AS t ON {match}"
        )
        return Parting(self.table.name, self.left, "SELECT 1", _made(self.left, self.table, rows), "")

    def wanted(self) -> list[str]:
        """Work out, once the statement has run again, what each row is to be.

        What users had written comes back; a row that the statement did not touch then is as before it ran now. Rows
        written or deleted since the rollback are left to the statement.
        """
        here = self.table.row_at(lambda number: f"l.key[{number}]")
        was_there = (
            f"CASE WHEN p.key IS NULL THEN EXISTS (SELECT FROM {self.table.rows} AS t WHERE {here}) "
            "ELSE p.old IS NOT NULL END"
        )
        stayed = "(l.now IS NOT NULL AND NOT (l.old IS NULL AND l.now IS NOT DISTINCT FROM l.new))"
        return [
            f"DROP TABLE IF EXISTS {self.want}",
            f"CREATE TABLE {self.want} AS SELECT coalesce(l.key, p.key) AS key, l.kept, "
            "CASE WHEN l.key IS NULL THEN p.old ELSE l.now END AS want "
            f"FROM {self.kept} AS p FULL JOIN {self.left} AS l ON l.key = p.key "
            f"WHERE NOT EXISTS (SELECT FROM {self.since} AS s WHERE s.key = coalesce(l.key, p.key)) "
            f"AND (l.key IS NULL OR {was_there} OR NOT {stayed})",
        ]

    def inserts(self) -> list[str]:
        """Make the rows that are to be there and are not; a statement that only updates some columns took none away."""
        known = {column.position for column in self.now if column}
        if any(column.not_null and column.position not in known for column in self.table.key):
            return []
        given = [(number, column) for number, column in enumerate(self.now, start=1) if column]
        names = ", ".join(column.quoted for _, column in given)
        values = ", ".join(f"w.want[{number}]::{column.type}" for number, column in given)
        return self._act(
            f"INSERT INTO {self.table.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {self.want} AS w "
            f"WHERE w.want IS NOT NULL AND NOT EXISTS (SELECT FROM {self.table.rows} AS t WHERE {self._match})"
        )

    def updates(self) -> list[str]:
        """Give every row that is there the values that it is to have."""
        keys = {column.name for column in self.table.key}
        given = [
            (number, column)
            for number, column in enumerate(self.now, start=1)
            if column and column.name not in keys and column.identity != "a"
        ]
        if not given:
            return []
        values = ", ".join(f"{column.quoted} = w.want[{number}]::{column.type}" for number, column in given)
        wanted = ", ".join(f"w.want[{number}]" for number, _ in given)
        differ = f"{texts('t', (column for _, column in given))} IS DISTINCT FROM ARRAY[{wanted}]::text[]"
        update = (
            f"UPDATE {self.table.rows} AS t SET {values} FROM {self.want} AS w "
            f"WHERE w.want IS NOT NULL AND {self._match} AND {differ}"
        )
        return self._act(update, *self._born([(number, column) for number, column in given if number in self.born]))

    def _born(self, given: Sequence[tuple[int, Column]]) -> list[str]:
        """Give a row written since the values that it had in columns of the migration's own."""
        if not given:
            return []
        values = ", ".join(
            f"{column.quoted} = coalesce(w.want[{number}]::{column.type}, t.{column.quoted})"
            for number, column in given
        )
        wanted = (
            "SELECT coalesce(l.key, p.key) AS key, CASE WHEN l.key IS NULL THEN p.old ELSE l.now END AS want "
            f"FROM {self.kept} AS p FULL JOIN {self.left} AS l ON l.key = p.key"
        )
        return [
            f"UPDATE {self.table.rows} AS t SET {values} FROM ({wanted}) AS w WHERE {self._match} "
            f"AND EXISTS (SELECT FROM {self.since} AS s WHERE s.key = w.key)"
        ]

    def deletes(self) -> list[str]:
        """Delete the rows that are not to be there."""
        return self._act(
            f"DELETE FROM {self.table.rows} AS t USING {self.want} AS w WHERE w.want IS NULL AND {self._match}"
        )

    def settled(self) -> list[str]:
        """Keep for the next rollback what was kept for the first, for the rows that are as they were then."""
        return [
            f"DELETE FROM {self.kept} AS p USING {self.want} AS w WHERE p.key = w.key",
            f"INSERT INTO {self.kept} SELECT p.* FROM {self.want} AS w, "
            f"jsonb_populate_record(NULL::{self.kept}, w.kept) AS p WHERE w.kept IS NOT NULL",
            f"DROP TABLE {self.want}",
        ]

    @property
    def _match(self) -> str:
        return self.table.row_at(lambda number: f"w.key[{number}]")

    def _act(self, *statements: str) -> list[str]:
        return list(_silenced(self.table, self.left, statements))


def _given(then: Column, today: Column) -> str:
    return f"k.{then.quoted}::{today.type}" if not then.builtin or then.type != today.type else f"k.{then.quoted}"


def _made(place: str, table: Table, rows: str) -> tuple[str, ...]:
    return (f"DROP TABLE IF EXISTS {place}", *table.unforced([rows]))


def _silenced(table: Table, place: str, statements: Iterable[str]) -> tuple[str, ...]:
    return tuple(sql for refill in table.refill(place, list(statements)) for sql in refill.sql)
