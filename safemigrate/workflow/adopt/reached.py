"""How far a database has come along a history that it has no record of, found by replaying it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.postgres import Connection, connect
from safemigrate.errors import word
from safemigrate.execute import run
from safemigrate.model import Migration, OnProgress, Progress, silent
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.replay import replay
from safemigrate.workflow.adopt.adoption import Reached, silent_before
from safemigrate.workflow.adopt.scope import Scope, differences, other_order, scope
from safemigrate.workflow.rehearsal.shadows import HISTORY, ensure_schema

_PURPOSE = "Without that nobody can say which of its migrations the database has already."


def reached(
    shadow: Shadow, migrations: Sequence[Migration], live: Scope, named: Collection[str], on_progress: OnProgress
) -> Reached:
    """Replay the history and compare the schema with the database's after every migration; the last match counts.

    Raises HistoryError for a history that does not run from an empty database.
    """
    wanted = {(one.schema, one.parent, one.name) for one in live.catalog if one.kind == "column"}
    matches: list[int] = []
    order: tuple[str, ...] = ()
    near = (len(wanted), 0)
    with _replaying(shadow, migrations, on_progress) as (connection, steps):
        for number in steps:
            # The names of columns cost a hundredth of a whole catalog, and rule out most points of a history.
            apart = len(wanted ^ set(session.rows(connection, _COLUMNS)))
            near = min(near, (apart, number), key=lambda point: (point[0], -point[1]))
            if apart:
                continue
            found = scope(read(connection), named=named, superuser=True).catalog
            if not differences(live.catalog, found, rights=False):
                matches.append(number)
                order = tuple(other_order(live.catalog, found))
    if not matches:
        return _nearest(shadow, migrations[: near[1]], live, named, on_progress)
    return Reached(matches[-1], silent_before(migrations, matches), order=order)


def _nearest(
    shadow: Shadow, migrations: Sequence[Migration], live: Scope, named: Collection[str], on_progress: OnProgress
) -> Reached:
    shadow.drop(HISTORY)
    with _replaying(shadow, migrations, on_progress) as (connection, steps):
        for _ in steps:
            pass
        found = scope(read(connection), named=named, superuser=True).catalog
    wrong = differences(live.catalog, found, rights=False)
    return Reached(None, closest=migrations[-1].name if migrations else "nothing", differences=tuple(wrong))


@contextmanager
def _replaying(
    shadow: Shadow, migrations: Sequence[Migration], on_progress: OnProgress
) -> Iterator[tuple[Connection, Iterator[int]]]:
    """Connect to an empty database, and give the numbers of migrations that have run in it, from 0 on, one by one."""
    url = shadow.create(HISTORY)
    ensure_schema(url)
    with connect(url, application_name="safemigrate init") as connection:

        def steps() -> Iterator[int]:
            yield 0
            for number, migration in enumerate(migrations, 1):
                on_progress(Progress("history", migration.name, number, len(migrations)))
                replay(
                    connection,
                    [migration],
                    lambda sql, line: run.execute(connection, sql, line=line),
                    silent,
                    purpose=_PURPOSE,
                    fix=("safemigrate status", f"edit {word(migration.path)}"),
                )
                yield number

        yield connection, steps()


_COLUMNS = """
SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
"""
