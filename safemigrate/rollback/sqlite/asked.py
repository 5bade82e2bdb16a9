"""The questions of a way back, put right after the migration, when nobody has written yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from safemigrate.db.sqlite.connection import Connection, SqlError, run, value
from safemigrate.model import Check, Way


def rehearsed(connection: Connection, checks: Iterable[Check]) -> list[Check]:
    """Leave out the questions and ways out that SQLite refuses, and let none find again what it finds already.

    What a question finds now the migration itself did, or was so before: its inverse takes that back. Then nothing is
    offered that would take those rows too.
    """
    asked = []
    for check in checks:
        try:
            found = value(connection, check.count)
        except SqlError:
            continue  # the CHECK or index of another build's function: its return would fail, and change nothing
        count = f"SELECT max(0, ({check.count}) - {found})" if found else check.count
        ways = () if found else (check.keep_new, check.keep_old)
        keep_new, keep_old = [_passable(connection, some) for some in ways] or [(), ()]
        asked.append(replace(check, count=count, keep_new=keep_new, keep_old=keep_old))
    return asked


def _passable(connection: Connection, ways: tuple[Way, ...]) -> tuple[Way, ...]:
    """Return the ways out, () where SQLite refuses a part of them; queries are planned only, all is undone."""
    connection.execute("SAVEPOINT asked")
    try:
        for sql in (sql for way in ways for sql in (way.count, *(query for _, query in way.held), *way.run)):
            planned = sql.startswith(("SELECT ", "INSERT ", "UPDATE ", "DELETE "))
            run(connection, f"EXPLAIN {sql}" if planned else sql)
    except SqlError:
        return ()
    finally:
        connection.execute("ROLLBACK TO asked")
        connection.execute("RELEASE asked")
    return ways
