"""Putting a rollback's questions to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import word
from safemigrate.execute import kept, run
from safemigrate.execute.runs import Run
from safemigrate.model import Plan
from safemigrate.workflow.back import conflicts
from safemigrate.workflow.back.conflicts import Unanswerable
from safemigrate.workflow.options import RollbackOptions


@dataclass(frozen=True, slots=True)
class ServerQuestions:
    """A server's database; see `conflicts.Questions`."""

    connection: Connection
    url: DatabaseUrl

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask; a transaction that is open survives a refusal."""
        try:
            with self.connection.transaction():
                return session.rows(self.connection, sql)
        except session.SqlError as error:
            refusal = session.Refusal.of(error)
            if refusal.sqlstate[:2] not in ("22", "42"):  # it did not say no to the question, but to us or to now
                raise
            raise Unanswerable("the database refused a question about its rows", refusal.message) from error

    def execute(self, sql: str) -> None:
        """Run one statement. Raises MigrationFailed."""
        run.execute(self.connection, sql)

    def make_room(self, place: str) -> None:
        """Rename what an earlier rollback left in a place."""
        kept.make_room(self.connection, place)

    def showing(self, sql: str) -> str:
        """Write the psql command."""
        url = self.url
        place = f"-h {url.host} -p {url.port} -U {word(url.user)} -d {word(url.database)}"
        return f"psql {place} -c {word(sql)}"


def answer(connection: Connection, options: RollbackOptions, chosen: Sequence[Run]) -> None:
    """Let the questions and the inverses know what --fill and --map say."""
    for setting, value in conflicts.answers(options, [one.plan for one in chosen]).items():
        connection.execute("SELECT set_config(%s, %s, false)", [setting, value])


def keep_still(connection: Connection, plan: Plan, options: RollbackOptions) -> bool:
    """Let nobody write until COMMIT what the inverse would lose; whether the questions are thus to be put again.

    A column that changes needs the strongest lock anyhow, and at once: one that grows later makes a deadlock with
    whoever reads first and then writes.
    """
    modes: dict[str, str] = {}
    for check in conflicts.open_checks(plan, options):
        if check.loses and session.value(connection, "SELECT to_regclass(%s)", [check.table]) is not None:
            strong = check.subject != check.table
            modes[check.table] = "ACCESS EXCLUSIVE" if strong else modes.get(check.table, "SHARE ROW EXCLUSIVE")
    for table, mode in modes.items():
        run.execute(connection, f"LOCK TABLE {table} IN {mode} MODE")
    return bool(modes)
