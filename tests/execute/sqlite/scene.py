"""One migration of Prisma's kind on a file, with what a rehearsal would hand over: its plan, and what it kept."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal, run, side
from safemigrate.model import Group, Kept, KeptKind, Migration, Plan, Proof, Step, Verdict
from safemigrate.prisma import sqlite_history as history

NAME = "20260101000000_drop_bio"
REBUILD = (
    'CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL)',
    'INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User"',
    'DROP TABLE "User"',
    'ALTER TABLE "new_User" RENAME TO "User"',
    'CREATE UNIQUE INDEX "User_name_key" ON "User"("name")',
)
USER = (
    'CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "bio" TEXT)',
    'CREATE UNIQUE INDEX "User_name_key" ON "User"("name")',
)
KEPT = Kept(KeptKind.COLUMN, '"User"."bio"', '"safemigrate"."0a1b_User"')
INVERSE = (
    "PRAGMA legacy_alter_table = ON",
    'ALTER TABLE "User" RENAME TO "old_User"',
    USER[0],
    'INSERT INTO "User" SELECT u.id, u.name, k.bio '
    'FROM "old_User" u LEFT JOIN safemigrate."0a1b_User" k ON k.id = u.id',
    'DROP TABLE "old_User"',
    USER[1],
)


def make(path: Path, *, wal: bool = False) -> Path:
    """Make a file with Prisma's table, users and their posts."""
    path.parent.mkdir(parents=True)
    with connect(path, create=True) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        history.create_table(connection)
        for sql in USER:
            connection.execute(sql)
        connection.execute(
            'CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER NOT NULL '
            'REFERENCES "User"("id") ON DELETE CASCADE)'
        )
        with connection.transaction():
            for number in range(1, 21):
                connection.execute("INSERT INTO User VALUES (?, ?, ?)", [number, f"user {number}", f"bio {number}"])
                connection.execute("INSERT INTO Post VALUES (?, ?)", [number * 10, number])
    return path


def migration(sql: str = ";\n".join(REBUILD), name: str = NAME) -> Migration:
    return Migration(name, Path(name, "migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())


def plan(statements: tuple[str, ...] = REBUILD, inverse: tuple[str, ...] = INVERSE, *kept: Kept) -> Plan:
    of = migration(";\n".join(statements))
    steps = tuple(
        Step(sql, line, (sql,), inverse=inverse if line == 1 else (), kept=kept if line == 1 else ())
        for line, sql in enumerate(statements, start=1)
    )
    return Plan(NAME, of.checksum, (Group(steps),), Proof(Verdict.EXACT))


PLAN = plan(REBUILD, INVERSE, KEPT)


def rehearsed(path: Path) -> Path:
    """What a rehearsal keeps: the old bios by key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = sqlite3.connect(path)
    plain.execute('CREATE TABLE "0a1b_User" (id INTEGER PRIMARY KEY, bio TEXT)')
    plain.execute('CREATE INDEX "0a1b_User_bio" ON "0a1b_User" (bio)')
    plain.executemany('INSERT INTO "0a1b_User" VALUES (?, ?)', [(n, f"bio {n}") for n in range(1, 21)])
    plain.commit()
    plain.close()
    return path


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Scene:
    """A file whose migration is rehearsed."""

    database: Path
    scratch: Path

    @property
    def side(self) -> Path:
        return side.side_of(self.scratch.parent / "project", self.database)

    def target(self, connection: Connection) -> run.Target:
        return run.Target(connection, self.side, lock_timeout=0.05, retries=0)

    def apply(
        self,
        connection: Connection,
        of: Plan = PLAN,
        before_commit: Callable[[], None] = nothing,
        touched: Collection[str] | None = None,
    ) -> None:
        row = str(uuid4())
        kept = self.scratch / "rehearsed.db"

        def record() -> None:
            history.record_applied(connection, migration(";\n".join(one.sql for one in of.steps)), row)
            before_commit()

        run.apply(
            self.target(connection),
            of,
            run.Hooks(record=record),
            row=row,
            foreign_keys=False,
            rehearsed=kept if kept.exists() else rehearsed(kept),
            before="before",
            after="after",
            snapshot="a snapshot",
            version="1",
            touched=touched,
        )

    def take_back(
        self,
        connection: Connection,
        before_commit: Callable[[], None] = nothing,
        touched: Collection[str] | None = None,
    ) -> None:
        def record() -> None:
            history.mark_rolled_back(connection, NAME)
            before_commit()

        side.attach(connection, self.side)
        chosen = [one for one in journal.runs(connection) if one.state is RunState.APPLIED]
        run.take_back(self.target(connection), chosen[-1:], run.Hooks(record=record), rehearsed=None, touched=touched)


def dump(path: Path) -> list[str]:
    """Everything in a file but Prisma's rows, by another reader."""
    plain = sqlite3.connect(path)
    try:
        return [line for line in plain.iterdump() if "_prisma_migrations" not in line]
    finally:
        plain.close()
