"""Which rollbacks there were, for the one who takes them back: the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.execute import journal
from safemigrate.execute.runs import Rollback

IN_STAGES = "in stages"


@dataclass(frozen=True, slots=True)
class ServerRollback(Rollback):
    """One of a server, with the first transaction id after it.

    In `redone` a run is once for each where the rollback itself is undone.
    """

    since: str


def ended(connection: Connection, runs: Sequence[int]) -> None:
    """Say which runs one rollback took back, and from which transaction on rows are written after it."""
    if not _knows_undo(connection):
        connection.execute("ALTER TABLE safemigrate.run ADD COLUMN undo_from text")
    # The snapshot's end may be this very transaction.
    next_id = (
        "greatest(pg_snapshot_xmax(pg_current_snapshot())::text::numeric, pg_current_xact_id()::text::numeric + 1)"
    )
    connection.execute(
        f"UPDATE safemigrate.run SET undo_from = {next_id}::text WHERE id = ANY(%s)".encode(), [list(runs)]
    )


def rollbacks(connection: Connection) -> list[ServerRollback]:
    """Return every rollback, newest first."""
    if not journal.exists(connection) or not _knows_undo(connection):
        return []
    found = session.rows(
        connection,
        "SELECT undo_from, array_agg(id) FROM safemigrate.run WHERE state = 'rolled back' AND undo_from IS NOT NULL "
        "GROUP BY undo_from ORDER BY max(finished_at) DESC",
    )
    known = journal.runs(connection)
    taken = [(since, tuple(one for one in known if one.id in mine)) for since, mine in found]
    return [
        ServerRollback(
            runs,
            tuple(
                later for later in known if any(later.migration == one.migration and later.id > one.id for one in runs)
            ),
            since,
        )
        for since, runs in taken
    ]


def transactions(connection: Connection, some: Sequence[Rollback]) -> list[str] | None:
    """Return the ids of the transactions that these rollbacks and their undoings ran in; None where nobody knows.

    They are those that last wrote what the journal says of them (xmin, PostgreSQL docs 5.5): a run is written when it
    is taken back and when it is applied, a step when its group ends. A rollback in stages leaves no trace of the first.
    """
    ids = [run.id for one in some for run in (*one.runs, *one.redone)]
    staged = "SELECT EXISTS (SELECT FROM safemigrate.run WHERE id = ANY(%s) AND note = %s)"
    if session.value(connection, staged, [ids, IN_STAGES]):
        return None
    wrote = (
        "SELECT xmin::text FROM safemigrate.run WHERE id = ANY(%s) "
        "UNION SELECT xmin::text FROM safemigrate.step WHERE run = ANY(%s)"
    )
    return [str(one) for (one,) in session.rows(connection, wrote, [ids, ids])]


def _knows_undo(connection: Connection) -> bool:
    """Whether the journal has the column; one of an earlier version lacks it."""
    known = "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'safemigrate.run'::regclass AND attname = %s)"
    return bool(session.value(connection, known, ["undo_from"]))
