"""From a request to a project, and a database that is open: what every command asks of it, whatever it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, HistoryError, ProjectError, word
from safemigrate.execute.runs import Hold, Run
from safemigrate.model import AppliedMigration, KeptOutcome, Migration, Progress
from safemigrate.prisma import history
from safemigrate.prisma.history import HistoryState
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.pair import other, side
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import effective_url
from safemigrate.rollback.down import ByHand
from safemigrate.workflow.request import Request

STORE = Path(".safemigrate", "snapshots")

_EXAMPLES = {"sqlite": "file:./dev.db", "postgresql": "postgresql://USER@HOST/DATABASE"}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A project and the database it means; `source` says in words where the URL came from."""

    project: Project
    migrations: tuple[Migration, ...]
    url: DatabaseUrl
    source: str
    store: Path


class Target(Protocol):
    """An open database: Prisma's rows and how they stand beside the files, and safemigrate's own journal.

    `guarded`: plain `prisma migrate deploy` stops here until the holds are released.
    """

    @property
    def resolved(self) -> Resolved:
        """What it was opened for."""

    @property
    def rows(self) -> tuple[AppliedMigration, ...]:
        """Prisma's rows, oldest first."""

    @property
    def state(self) -> HistoryState:
        """How they stand beside the files."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The journal's runs, oldest first."""

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The holds in force."""

    @property
    def guarded(self) -> bool:
        """Whether the guard is up."""

    @property
    def interrupted(self) -> Run | None:
        """The run that was killed between two groups, where nobody is at work on it."""

    @property
    def rolling_back(self) -> Run | None:
        """The run whose rollback, in stages, is not at its end."""

    @property
    def holder(self) -> str:
        """Who migrates this database now, in words; "" where nobody does."""

    @property
    def has_tables(self) -> bool:
        """Whether there is a table that Prisma counts (P3005) beside its own."""

    @property
    def fingerprint(self) -> str:
        """The schema's fingerprint as it is now."""

    @property
    def by_hand(self) -> ByHand:
        """How a person runs a down.sql here."""

    def require_writable(self) -> None:
        """Raise ConnectionFailed where this user cannot write what a migration and its keeping need."""

    def kept(self, retention: timedelta | None, now: datetime | None = None) -> tuple[KeptOutcome, ...]:
        """Return what is kept, oldest run first, then what no run knows; what is older than `retention` is due."""

    def count_kept(self, place: str) -> int:
        """Count the rows of a kept table."""

    def release(self, names: Sequence[str], *, guard: bool) -> bool:
        """End these holds, and with `guard` the guard too, whole or not at all; whether there was a guard to end.

        Raises HistoryError where the database refuses.
        """


def resolve(request: Request) -> Resolved:
    """Find the project and its database, and say which. Raises ProjectError, ConnectionFailed; connects to nothing."""
    project = side(request.project, request.schema, request.settings)
    url, source = effective_url(project, url=request.url, environment=os.environ)
    if url.provider != project.provider:
        beside = other(project)
        raise ProjectError(
            f"{source} is a {url.provider} URL, and the schema's provider is {project.provider}",
            "Each provider has a schema and a history of its own.",
            (f"--schema {word(os.path.relpath(beside))}",)
            if beside
            else (
                f"--url {_EXAMPLES[project.provider]}",
                f"or set the provider in {os.path.relpath(project.schema)}",
            ),
        )
    if url.pooled:
        raise ConnectionFailed(
            f"{url} is a pooled connection ({url.pooled})",
            "A pooler may give every statement another session: locks, transactions and settings would not hold.",
            ("set directUrl in schema.prisma, or SAFEMIGRATE_DATABASE_URL, to the direct connection",),
        )
    request.on_progress(Progress("resolve", f"{url}, from {source}"))
    store = request.settings.store or project.root / STORE
    return Resolved(project, tuple(migrations(project)), url, source, store)


def require_no_rollback_under_way(target: Target) -> None:
    """Raise HistoryError where a rollback in stages was stopped before its end."""
    if target.rolling_back:
        raise HistoryError(
            f"migration {target.rolling_back.migration} is being rolled back, and that is not at its end",
            "Some of its rows or constraints are not back yet.",
            ("safemigrate rollback   # goes on", "safemigrate status"),
        )


def require_fit_history(target: Target) -> None:
    """Raise HistoryError where applying on top of this history would make things worse, or somebody holds it up."""
    refuse_unfit_history(target)
    held = {hold.migration: hold for hold in target.holds}
    for migration in target.state.pending:
        if hold := held.get(migration.name):
            edited = not history.matches(migration.sql, hold.checksum)
            raise HistoryError(
                f"migration {migration.name} is on hold since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}",
                "Its file was edited since; a hold goes by name, until somebody releases it."
                if edited
                else "A rollback stays until somebody says otherwise.",
                (
                    f"safemigrate release {word(migration.name)}   # apply it again",
                    f"rm -r {word(migration.path.parent)}   # drop it",
                ),
            )


def refuse_unfit_history(target: Target) -> None:
    """Raise HistoryError where applying on top of this history would make things worse, holds aside."""
    resolved, state = target.resolved, target.state
    if not state.managed and target.has_tables:
        raise HistoryError(
            f"database {resolved.url.name} has tables but no migration history",
            "It lives on `prisma db push`, so nobody knows which migrations are in it already. init finds out.",
            ("safemigrate init",),
        )
    require_no_rollback_under_way(target)
    if state.failed:
        name = state.failed[-1].name
        if who := target.holder:
            raise HistoryError(
                f"migration {name} is running now",
                f"Prisma's migration lock is held by {who}.",
                ("wait for it to end, then run the command again", "safemigrate status"),
            )
        if not target.interrupted:
            raise HistoryError(
                f"migration {name} failed earlier and is neither finished nor taken back",
                (state.failed[-1].logs or "Prisma's table has no reason for it.").strip(),
                ("safemigrate status", "safemigrate rollback --failed"),
            )
    if state.missing:
        names = ", ".join(row.name for row in state.missing)
        raise HistoryError(
            f"the database has migrations that are not in {resolved.project.migrations}: {names}",
            "This checkout is older than the database, or their folders were removed.",
            ("git pull", "safemigrate status"),
        )
