"""Bringing an empty file to the end of a history."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.sqlite.connection import Connection
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.model import Migration, OnProgress, Progress
from safemigrate.shadow.sqlite.rehearse import run_whole
from safemigrate.sql import statements_of


def replay(
    connection: Connection,
    migrations: Sequence[Migration],
    on_progress: OnProgress,
    *,
    purpose: str,
    fix: tuple[str, ...],
) -> None:
    """Run whole migrations in order.

    `purpose` and `fix` complete the HistoryError for a history that does not run: what cannot be said without it, and
    the ways out.
    """
    for number, migration in enumerate(migrations):
        on_progress(Progress("history", migration.name, number, len(migrations)))
        try:
            run_whole(connection, migration, statements_of(migration, "sqlite"))
        except MigrationFailed as error:
            raise HistoryError(
                f"the history does not run in an empty file: {error.summary}", f"{error.why}\n{purpose}", fix
            ) from error
