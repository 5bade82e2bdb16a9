"""Whether views and triggers work: SQLite takes any text for one, and finds out when it is used."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from safemigrate.db.sqlite.catalog import Index, Table, Trigger, View, fold
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, run
from safemigrate.db.sqlite.definition import tokens

_number = count()


def broken_index(index: Index, was: Table, now: Table) -> str:
    """Return which column of its former table an index names that is there no more, "" for none.

    SQLite would not say so of a name in double quotes: it takes that for a string (sqlite.org/quirks.html#dblquote).
    """
    named = {token.text for token in tokens(index.sql)}
    gone = [
        one.name for one in was.columns if not now.column(one.name) and any(fold(one.name) == fold(n) for n in named)
    ]
    return f"no such column: {gone[0]}" if gone else ""


def refused(connection: Connection, statements: Iterable[str], of: Index | Trigger | View | None) -> str:
    """Run statements, and return why that is not possible, or why what they make would not work; then undone."""
    why = ""
    connection.execute("SAVEPOINT one")
    try:
        for sql in statements:
            run(connection, sql)
        why = broken_alone(connection, of) if isinstance(of, Trigger) else ""
    except SqlError as error:
        why = str(error)
    if why:
        connection.execute("ROLLBACK TO one")
    connection.execute("RELEASE one")
    return why


def broken_view(connection: Connection, view: View, schema: str = "main") -> str:
    """Return what SQLite has against a view, "" for nothing."""
    return _refused(connection, f"SELECT * FROM {quote(schema, view.name)}")


def broken_trigger(connection: Connection, trigger: Trigger, schema: str = "main") -> str:
    """Return what SQLite has against a statement that fires a trigger, "" for nothing."""
    table = quote(schema, trigger.table)
    event, columns = _event(trigger.sql)
    if event == "UPDATE":
        sql = f"SELECT name FROM pragma_table_xinfo(?, {quote(schema)}) WHERE hidden = 0"
        columns = columns or [name for (name,) in rows(connection, sql, [trigger.table])][:1]
        return _refused(
            connection, f"UPDATE {table} SET {', '.join(f'{quote(one)} = {quote(one)}' for one in columns)}"
        )
    return _refused(connection, f"INSERT INTO {table} DEFAULT VALUES" if event == "INSERT" else f"DELETE FROM {table}")


def broken_alone(connection: Connection, trigger: Trigger) -> str:
    """Return the same of one trigger without the table's others; what is done for that is undone."""
    if not broken_trigger(connection, trigger):
        return ""
    connection.execute("SAVEPOINT alone")
    try:
        others = "SELECT name FROM main.sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?)"
        for (name,) in rows(connection, others, [trigger.table]):
            if fold(name) != fold(trigger.name):
                connection.execute(f"DROP TRIGGER main.{quote(name)}")
        return broken_trigger(connection, trigger)
    finally:
        connection.execute("ROLLBACK TO alone")
        connection.execute("RELEASE alone")


def _refused(connection: Connection, sql: str) -> str:
    try:
        # Numbered, for a compiled EXPLAIN that Python still has is not compiled again when the schema has changed.
        connection.execute(f"EXPLAIN {sql} -- {next(_number)}").close()
    except SqlError as error:
        return str(error)
    return ""


def _event(sql: str) -> tuple[str, list[str]]:
    """Return INSERT, UPDATE or DELETE, and the columns of UPDATE OF."""
    found = tokens(sql)
    at = next((at for at, token in enumerate(found) if token.word in {"INSERT", "UPDATE", "DELETE"}), None)
    if at is None:
        return "", []
    end = next(number for number, token in enumerate(found) if number > at and token.word == "ON")
    return found[at].word, [token.text for token in found[at + 2 : end] if token.word != ","]
