"""Putting a rollback's questions to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.connection import Connection, Refusal, SqlError, literal, rows
from safemigrate.errors import word
from safemigrate.execute.sqlite import kept, side
from safemigrate.workflow.back.conflicts import Unanswerable
from safemigrate.workflow.on_file.target import FileTarget


@dataclass(frozen=True, slots=True)
class FileQuestions:
    """A file with its side database; see `back.settle.Settling`. What is executed is noted in `done`."""

    connection: Connection
    path: Path
    side: Path
    done: list[str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask."""
        try:
            return rows(self.connection, sql)
        except SqlError as error:
            refusal = Refusal.of(error)
            if refusal.code != "SQLITE_ERROR":  # it did not say no to the question, but to us or to now
                raise
            raise Unanswerable("the database refused a question about its rows", refusal.message) from error

    def execute(self, sql: str) -> None:
        """Run one statement."""
        script.execute(self.connection, sql, plain=True)
        self.done.append(sql)

    def make_room(self, place: str) -> None:
        """Nothing is in the way: every rollback's places have names of their own."""

    def showing(self, sql: str) -> str:
        """Write the command of SQLite's shell."""
        beside = f"ATTACH {literal(str(self.side))} AS safemigrate"
        return f"sqlite3 -cmd {word(beside)} {word(self.path)} {word(sql)}"


def answer(target: FileTarget, settings: Mapping[str, str]) -> None:
    """Write what --fill says where the questions and the inverses of a file read it."""
    side.detach(target.connection)
    with side.writing(target.path, target.side) as keeper:
        kept.fill(keeper, settings)
    side.attach(target.connection, target.side)
