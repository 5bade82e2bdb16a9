"""Bringing an empty database to the end of a history, as fast as Prisma does: a file is one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safemigrate.db.postgres import Connection
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.model import Migration, OnProgress, Progress
from safemigrate.shadow.rehearse import rehearse
from safemigrate.sql import Statement, executable, is_transaction_control, statements_of


def replay(
    connection: Connection,
    migrations: Sequence[Migration],
    execute: Callable[[str, int], None],
    on_progress: OnProgress,
    *,
    purpose: str,
    fix: tuple[str, ...],
) -> None:
    """Run whole migrations in order; one that the server refuses as one message runs statement by statement.

    `execute` gets SQL and its line in the file, 0 for a whole file, and raises MigrationFailed. `purpose` and `fix`
    complete the HistoryError for a history that does not run from an empty database: what cannot be said without it,
    and the ways out.
    """
    for number, migration in enumerate(migrations):
        on_progress(Progress("history", migration.name, number, len(migrations)))
        statements = statements_of(migration)
        try:
            if not runs_whole(statements) or not _as_one(migration, execute):
                rehearse(connection, migration, executable(migration, statements), one_by_one(execute))
        except MigrationFailed as error:
            raise HistoryError(
                f"the history cannot be replayed into an empty database: {error.summary}",
                f"{error.why}\n{purpose}",
                fix,
            ) from error


def runs_whole(statements: Sequence[Statement]) -> bool:
    """Whether a file of these statements is one transaction when it is sent as one message."""
    return not any(is_transaction_control(one) for one in statements)


def one_by_one(execute: Callable[[str, int], None]) -> Callable[[int, Statement], None]:
    """Make of what runs SQL what `rehearse` runs statements with."""
    return lambda _number, statement: execute(statement.sql, statement.span.line)


def _as_one(migration: Migration, execute: Callable[[str, int], None]) -> bool:
    """Run a file as one message, which the server treats as one transaction; False where it failed and left nothing."""
    try:
        execute(migration.sql, 0)
    except MigrationFailed:
        return False
    return True
