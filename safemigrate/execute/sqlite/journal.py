"""What safemigrate remembers of a SQLite file, in its side database: runs, rollbacks and holds.

A run names the row that it writes into `_prisma_migrations`, and that row decides: without it in the file the run never
happened, rolled back there it is rolled back. So a file that was killed, copied or restored is read as what it is. What
is not `settled` was written by somebody who has not yet seen the row committed; if it never was, the next writer
forgets it.

Everything here takes a connection to the file with its side database attached (`side`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from safemigrate.db.sqlite.connection import Connection, rows, value
from safemigrate.execute.runs import Hold, Rollback, Run, RunState, last_applied, weakened
from safemigrate.execute.sqlite import kept, side
from safemigrate.execute.stored import plan_of, to_json
from safemigrate.model import Plan

_PRISMA = "main._prisma_migrations"
_APPLIED = "finished_at IS NOT NULL AND rolled_back_at IS NULL"
# Whether all that a rollback took back is rolled back in the file.
_HAPPENED = (
    f"(SELECT count(*) > 0 AND count(*) = count(p.rolled_back_at) FROM safemigrate.taken_back t "
    f"JOIN safemigrate.run r ON r.id = t.run LEFT JOIN {_PRISMA} p ON p.id = r.row WHERE t.rollback = {{rollback}})"
)
_RUN_HAPPENED = f"EXISTS (SELECT 1 FROM {_PRISMA} p WHERE p.id = {{row}} AND p.finished_at IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class FileRollback(Rollback):
    """One of a file, with the plan that takes it back itself."""

    undo: Plan | None

    @property
    def left(self) -> str:
        """What it is that the plan was made for: what somebody made before the rollback is there, too."""
        if self.begun:
            return self.redone[-1].fingerprint_after
        return (self.undo and self.undo.checksum) or self.runs[0].fingerprint_before

    @property
    def begun(self) -> Collection[str]:
        """Those of `redone`: the runs are those that are still to come back."""
        return () if self.undone else [one.migration for one in self.redone]


def runs(connection: Connection) -> list[Run]:
    """Return the runs that happened in this file, oldest first."""
    if not side.remembers(connection):
        return []
    found = rows(
        connection,
        "SELECT r.id, r.migration, r.checksum, p.rolled_back_at IS NOT NULL, r.plan, r.fingerprint_before, "
        "r.fingerprint_after, r.snapshot, r.started_at, coalesce((SELECT max(b.started_at) FROM safemigrate.rollback b "
        "JOIN safemigrate.taken_back t ON t.rollback = b.id WHERE t.run = r.id AND p.rolled_back_at IS NOT NULL), "
        f"r.started_at) FROM safemigrate.run r JOIN {_PRISMA} p ON p.id = r.row AND p.finished_at IS NOT NULL "
        "ORDER BY r.id",
    )
    return [
        Run(
            identifier,
            migration,
            checksum,
            RunState.ROLLED_BACK if rolled_back else RunState.APPLIED,
            (plan := plan_of(json.loads(stored))),
            before,
            after,
            snapshot,
            datetime.fromisoformat(started_at),
            datetime.fromisoformat(ended_at),
            len(plan.groups),
            group_started=False,
        )
        for identifier, migration, checksum, rolled_back, stored, before, after, snapshot, started_at, ended_at in found
    ]


def rollbacks(connection: Connection) -> list[FileRollback]:
    """Return the rollbacks that happened in this file, newest first."""
    if not side.remembers(connection):
        return []
    known = runs(connection)
    found = []
    for identifier, undo in rows(
        connection,
        f"SELECT b.id, b.undo FROM safemigrate.rollback b WHERE {_HAPPENED.format(rollback='b.id')} ORDER BY b.id DESC",
    ):
        mine = {
            run
            for (run,) in rows(connection, "SELECT run FROM safemigrate.taken_back WHERE rollback = ?", [identifier])
        }
        taken = tuple(one for one in known if one.id in mine)
        names, last = {one.migration for one in taken}, max(mine)
        redone = tuple(one for one in known if one.id > last and one.migration in names)
        whole = FileRollback(taken, redone, plan_of(json.loads(undo)) if undo else None)
        found.append(_unfinished(connection, identifier, whole))
    return found


def _unfinished(connection: Connection, identifier: int, rollback: FileRollback) -> FileRollback:
    """Leave out what came back by an undoing that was stopped; what was released first was applied anew."""
    names = {one.migration for one in rollback.redone}
    if not names or rollback.undone or rollback.undo is None:
        return rollback
    released = "SELECT migration FROM safemigrate.hold WHERE rollback = ? AND released_at IS NOT NULL"
    if names & {name for (name,) in rows(connection, released, [identifier])}:
        return replace(rollback, redone=())
    pairs = zip(rollback.runs, rollback.undo.groups, strict=True)
    left = [(one, group) for one, group in pairs if one.migration not in names]
    undo = replace(rollback.undo, groups=tuple(group for _, group in left))
    return replace(rollback, runs=tuple(one for one, _ in left), undo=undo)


def holds(connection: Connection) -> list[Hold]:
    """Return the holds in force, oldest first: what is applied in this file is on hold no more."""
    if not side.remembers(connection):
        return []
    found = rows(
        connection,
        "SELECT h.migration, h.checksum, h.reason, max(h.since) FROM safemigrate.hold h "
        f"WHERE h.released_at IS NULL AND (h.rollback IS NULL OR {_HAPPENED.format(rollback='h.rollback')}) "
        f"AND NOT EXISTS (SELECT 1 FROM {_PRISMA} p WHERE p.migration_name = h.migration AND {_APPLIED}) "
        "GROUP BY h.migration ORDER BY max(h.since)",
    )
    return [
        Hold(migration, checksum, reason, datetime.fromisoformat(since)) for migration, checksum, reason, since in found
    ]


def start(connection: Connection, row: str, plan: Plan, *, before: str, after: str, snapshot: str, version: str) -> int:
    """Write a run that is about to commit a row of this id; `before` and `after` are the schema's fingerprints."""
    return int(
        value(
            connection,
            "INSERT INTO safemigrate.run (row, migration, checksum, plan, fingerprint_before, fingerprint_after, "
            "snapshot, tool_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            [row, plan.migration, plan.checksum, to_json(plan), before, after, snapshot, version],
        )
    )


def start_rollback(connection: Connection, taken: Sequence[Run], undo: Plan | None, reason: str) -> int:
    """Write a rollback that is about to commit, and the holds that come with it."""
    identifier = int(
        value(
            connection,
            "INSERT INTO safemigrate.rollback (undo) VALUES (?) RETURNING id",
            [to_json(undo) if undo else ""],
        )
    )
    for one in taken:
        connection.execute("INSERT INTO safemigrate.taken_back (rollback, run) VALUES (?, ?)", [identifier, one.id])
        hold(connection, one.migration, one.checksum, reason, rollback=identifier)
    return identifier


def settle(connection: Connection) -> None:
    """Note what has been committed since."""
    if not side.remembers(connection):
        return
    connection.execute(
        f"UPDATE safemigrate.run SET settled = 1 WHERE settled = 0 AND {_RUN_HAPPENED.format(row='run.row')}"
    )
    connection.execute(
        f"UPDATE safemigrate.rollback SET settled = 1 WHERE settled = 0 AND {_HAPPENED.format(rollback='rollback.id')}"
    )


def sweep(connection: Connection) -> None:
    """Forget what was never committed. Only while nobody else can be between his two commits: under the file's lock."""
    settle(connection)
    never = (
        "run IN (SELECT id FROM safemigrate.run WHERE settled = 0) "
        "OR rollback IN (SELECT id FROM safemigrate.rollback WHERE settled = 0)"
    )
    kept.drop(connection, [place for (place,) in rows(connection, f"SELECT place FROM safemigrate.kept WHERE {never}")])
    unsettled = "(SELECT id FROM safemigrate.rollback WHERE settled = 0)"
    connection.execute(f"DELETE FROM safemigrate.hold WHERE rollback IN {unsettled}")
    connection.execute(f"DELETE FROM safemigrate.taken_back WHERE rollback IN {unsettled}")
    connection.execute("DELETE FROM safemigrate.rollback WHERE settled = 0")
    connection.execute("DELETE FROM safemigrate.run WHERE settled = 0")


def weaken(connection: Connection, migration: str, reasons: Sequence[str]) -> None:
    """Write into the proof of a migration's last run what its rollback cannot bring back any more."""
    if one := last_applied(runs(connection), migration):
        plan = weakened(one.plan, reasons)
        connection.execute("UPDATE safemigrate.run SET plan = ? WHERE id = ?", [to_json(plan), one.id])


def hold(connection: Connection, migration: str, checksum: str, reason: str, *, rollback: int | None = None) -> None:
    """Put a migration on hold; with a rollback, if that happens."""
    connection.execute(
        "INSERT INTO safemigrate.hold (migration, checksum, reason, rollback) VALUES (?, ?, ?, ?)",
        [migration, checksum, reason, rollback],
    )


def release(connection: Connection, migration: str) -> bool:
    """Release a migration's hold; False where it had none."""
    stood = any(one.migration == migration for one in holds(connection))
    connection.execute(
        "UPDATE safemigrate.hold SET released_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') "
        "WHERE migration = ? AND released_at IS NULL",
        [migration],
    )
    return stood
