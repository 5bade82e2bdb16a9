"""Ending what is kept in a server's database.

What a rollback still needs is emptied, not dropped: its rows are gone and its room is free, and the rollback's SQL
still runs. The run's proof says from then on that it is lossy, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import MigrationFailed, Restored
from safemigrate.execute import journal, kept, run
from safemigrate.model import KeptKind, KeptOutcome
from safemigrate.workflow.keeping import needed, reasons


def end(aim: run.Target, chosen: Callable[[], Sequence[KeptOutcome]]) -> list[KeptOutcome]:
    """End what is chosen once the lock is held, in one transaction. Raises Restored."""
    with run.exclusive(aim.connection):
        still = list(chosen())
        try:
            run.transaction(aim, lambda: _end(aim.connection, still))
        except MigrationFailed as error:
            raise Restored(f"nothing was pruned: {error.summary}", error.why, error.fix) from error
    return still


def _end(connection: Connection, chosen: Sequence[KeptOutcome]) -> None:
    """Empty what a rollback's SQL still names, drop the rest; children before parents is TRUNCATE's and DROP's own."""
    used = needed(chosen)
    if places := list(dict.fromkeys(one.kept.place for one in used)):
        run.execute(connection, f"TRUNCATE {', '.join(places)}")
    for migration, said in reasons(used).items():
        journal.weaken(connection, migration, said)
    rest = [one for one in chosen if one not in used]
    tables = list(dict.fromkeys(one.kept.place for one in rest if one.kept.kind is not KeptKind.TYPE))
    if tables:
        run.execute(connection, f"DROP TABLE {', '.join(tables)}")
    if types := [one.kept.place for one in rest if one.kept.kind is KeptKind.TYPE]:
        run.execute(connection, f"DROP TYPE {', '.join(types)}")
    kept.end(connection, [one.kept.place for one in used], dropped=[one.kept.place for one in rest])
    for (schema,) in session.rows(connection, _EMPTY):
        run.execute(connection, f"DROP SCHEMA {quote(schema)}")


# The home of dropped tables goes with the last of them; RESTRICT, the default, refuses where anything is left.
_EMPTY = """
SELECT n.nspname FROM pg_namespace n
WHERE n.nspname ~ '^safemigrate_[0-9a-f]{8}_[0-9]+$' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid)
"""
