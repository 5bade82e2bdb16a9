"""Every error a user can meet, raised where it is detected and rendered once, in `cli`.

SafemigrateError            could not do the job                                     exit 2
├── ProjectError            the Prisma project, its files or its configuration
├── ConnectionFailed        no usable connection to a database
├── PrismaError             Prisma's own CLI failed or is missing
├── ServerProgramError      a PostgreSQL program is missing, too old, or failed
├── ShadowError             no shadow database, or it is not fit
├── SnapshotError           a snapshot could not be taken, read, verified or restored
├── HistoryError            the history in the database forbids the step
├── NotSql                  a migration.sql cannot be read as SQL
├── MigrationFailed         a statement failed; carries the statement and the server's words
├── RollbackError           a rollback is not possible as asked
├── ConsentRequired         something would be lost and nobody agreed                  exit 3
├── Restored                apply failed; the database is proven back where it was     exit 4
├── NotRestored             apply failed; a person is needed                           exit 5
└── Interrupted             stopped from outside; says how the database stands         exit 130
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def word(value: object) -> str:
    """Write a name or a path as one word of a command to paste: folders have spaces, and `rm -r` believes them."""
    return shlex.quote(str(value))


class SafemigrateError(Exception):
    """An expected failure: what happened, why, and the commands that lead out; `cli.exit` maps each class to its code.

    `summary` names the object; `why` adds what a reader cannot see; `fix` holds commands to paste.
    No part may contain a secret: format URLs through `db.url.DatabaseUrl`, which is redacted.
    """

    def __init__(self, summary: str, why: str = "", fix: tuple[str, ...] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.why = why
        self.fix = fix


class ProjectError(SafemigrateError):
    """The Prisma project, its files or its configuration cannot be used."""


class ConnectionFailed(SafemigrateError):
    """A database cannot be reached, refuses us, or is not one to run DDL on."""


class PrismaError(SafemigrateError):
    """Prisma's own CLI is missing or failed."""


class ServerProgramError(SafemigrateError):
    """A PostgreSQL program (pg_dump, initdb, ...) is missing, too old, or failed."""


class ShadowError(SafemigrateError):
    """No shadow database can be had, or the one named is not fit to be one."""


class SnapshotError(SafemigrateError):
    """A snapshot could not be taken, read, verified or restored."""


class HistoryError(SafemigrateError):
    """The migration history in the database forbids what was asked."""


class NotSql(SafemigrateError):
    """A file cannot be cut into statements; `line` and `column` are 1-based."""

    def __init__(self, summary: str, why: str = "", fix: tuple[str, ...] = (), *, line: int, column: int) -> None:
        super().__init__(summary, why, fix)
        self.line = line
        self.column = column


class MigrationFailed(SafemigrateError):
    """A statement of a migration failed.

    `sqlstate` is the server's code (PostgreSQL docs, appendix A), "" where the failure has none.
    """

    def __init__(self, summary: str, why: str = "", fix: tuple[str, ...] = (), *, sqlstate: str = "") -> None:
        super().__init__(summary, why, fix)
        self.sqlstate = sqlstate

    def of(self, migration: str, path: Path) -> MigrationFailed:
        """Say the same of a migration and its file; what is there already may have come by `prisma db push`."""
        fix = self.fix or (f"edit {word(path)}",)
        if not self.fix and ("already exists" in self.why or "duplicate column name" in self.why):
            every = f"npx prisma migrate resolve --applied {word(migration)}"
            fix += (f"{every}   # where the database has all of it already",)
        return MigrationFailed(f"{migration}, {self.summary}", self.why, fix, sqlstate=self.sqlstate)


class RollbackError(SafemigrateError):
    """A rollback is not possible as asked; nothing was changed."""


class ConsentRequired(SafemigrateError):
    """Something would be lost, and nobody named the database to agree to it."""


class Restored(SafemigrateError):
    """Apply failed; the database was compared and is where it was."""


class NotRestored(SafemigrateError):
    """Apply failed part way and could not be taken back by itself; a person is needed."""


class Interrupted(SafemigrateError):
    """Stopped by Ctrl-C or a signal; `why` says how the database stands."""
