"""Migrations in a shadow as they are written, watched."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.postgres import Connection
from safemigrate.model import OnProgress, Progress
from safemigrate.shadow.rehearse import Rehearsed, rehearse
from safemigrate.workflow.rehearsal.plan import as_written
from safemigrate.workflow.script import Script


def trace(connection: Connection, scripts: Sequence[Script], on_progress: OnProgress) -> list[Rehearsed]:
    """Run them one after the other and say what each statement did. Raises MigrationFailed."""
    traced: list[Rehearsed] = []
    for script in scripts:
        on_progress(Progress("trace", script.migration.name, len(traced), len(scripts)))
        traced.append(
            rehearse(
                connection,
                script.migration,
                script.statements,
                as_written(connection),
                traced[-1].after if traced else None,
            )
        )
    return traced
