"""From a request to a project, a database and the state of its history; refuses early, each time with the way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safemigrate import proc
from safemigrate.db import session
from safemigrate.db.postgres import Connection, Server, connect, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, HistoryError, ProjectError, ShadowError
from safemigrate.execute import journal
from safemigrate.execute.run import holder, is_held
from safemigrate.execute.runs import Hold, Run, RunState
from safemigrate.model import AppliedMigration, Migration, Progress
from safemigrate.prisma import history
from safemigrate.prisma.history import HistoryState
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.pair import side
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import effective_url
from safemigrate.workflow.request import Request

STORE = Path(".safemigrate", "snapshots")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A project and the database it means; `source` says in words where the URL came from."""

    project: Project
    migrations: tuple[Migration, ...]
    url: DatabaseUrl
    source: str
    store: Path


@dataclass(frozen=True, slots=True)
class Target:
    """An open target: the server, Prisma's rows and how they stand beside the files, and safemigrate's own journal.

    `guarded`: plain `prisma migrate deploy` stops here until the holds are released.
    """

    connection: Connection
    server: Server
    rows: tuple[AppliedMigration, ...]
    state: HistoryState
    runs: tuple[Run, ...]
    holds: tuple[Hold, ...]
    guarded: bool = False

    @property
    def interrupted(self) -> Run | None:
        """The run that was killed between two groups, if the lock says that nobody is at work on it."""
        running = [one for one in self.runs if one.state is RunState.RUNNING]
        return running[-1] if running and not is_held(self.connection) else None

    @property
    def rolling_back(self) -> Run | None:
        """The run whose rollback, in stages, is not at its end."""
        return next((one for one in self.runs if one.state is RunState.ROLLING_BACK), None)


def resolve(request: Request) -> Resolved:
    """Find the project and its database, and say which. Raises ProjectError, ConnectionFailed; connects to nothing."""
    project = side(request.project, request.schema, request.settings)
    refuse_other_providers(project)
    url, source = effective_url(project, url=request.url, environment=os.environ)
    if url.provider != "postgresql":
        raise ProjectError(f"{source} is a {url.provider} URL, and the schema's provider is postgresql")
    if url.pooled:
        raise ConnectionFailed(
            f"{url} is a pooled connection ({url.pooled})",
            "A pooler may give every statement another session: locks, transactions and settings would not hold.",
            ("set directUrl in schema.prisma, or SAFEMIGRATE_DATABASE_URL, to the direct connection",),
        )
    request.on_progress(Progress("resolve", f"{url}, from {source}"))
    store = request.settings.store or project.root / STORE
    return Resolved(project, tuple(migrations(project)), url, source, store)


def refuse_other_providers(project: Project) -> None:
    """Raise ProjectError for a project that is not on PostgreSQL."""
    if project.provider != "postgresql":
        raise ProjectError(
            f"{project.datasource_file} has the provider {project.provider}, which this version cannot migrate",
            "safemigrate works on PostgreSQL.",
            ("safemigrate status --schema PATH/TO/THE/POSTGRESQL/schema.prisma",),
        )


@contextmanager
def opened(resolved: Resolved) -> Iterator[Target]:
    """Connect to the target and read where it stands; nothing is written.

    Raises ConnectionFailed, also for what the server refuses within the block and nobody there expected.
    """
    try:
        with connect(resolved.url) as connection:
            found = server(connection)
            rows = history.read(connection, resolved.url.schema)
            yield Target(
                connection,
                found,
                tuple(rows or ()),
                history.state(resolved.migrations, rows),
                tuple(journal.runs(connection)),
                tuple(journal.holds(connection)),
                history.guarded(connection, resolved.url.schema),
            )
    except session.SqlError as error:
        raise _refused(resolved.url, error) from error


def _refused(url: DatabaseUrl, error: session.SqlError) -> ConnectionFailed:
    said = session.Refusal.of(error)
    if said.sqlstate == session.INSUFFICIENT_PRIVILEGE:
        return ConnectionFailed(
            f"user {url.user} lacks a right in database {url.database}: {said.message}",
            "Migrations run as a user who may read and write everything that Prisma manages there, usually its owner.",
            (f"psql -h {url.host} -p {url.port} -U {url.user} -d {url.database} -c '\\dp'",),
        )
    if said.sqlstate[:2] in ("", "08", "57"):
        return ConnectionFailed(
            f"a connection broke while safemigrate worked on {url}",
            f"{said.message}\nWhat was open there is undone by the server.",
            ("safemigrate status",),
        )
    return ConnectionFailed(
        f"the server refused a query on {url}", f"{said.message} (SQLSTATE {said.sqlstate})", ("safemigrate doctor",)
    )


def sweep() -> None:
    """Remove what killed runs left on this machine: servers, folders. Databases on a named server go with its use.

    What cannot be removed stays: at 3 a.m. it must not stand in the way of a rollback.
    """
    from safemigrate.shadow import local

    with suppress(ShadowError, proc.ProgramMissing, OSError):
        local.sweep()
    proc.sweep()


def require_writable(resolved: Resolved, target: Target) -> None:
    """Raise ConnectionFailed unless this user may create what keeping needs, on a server that takes writes."""
    if target.server.in_recovery:
        raise ConnectionFailed(
            f"{resolved.url} is a read-only replica", "Migrations run on the primary.", ("use the primary's URL",)
        )
    if session.value(target.connection, "SHOW track_counts") == "off":
        _count_rows(resolved, target)
    if not target.server.can_create and not journal.exists(target.connection):
        raise ConnectionFailed(
            f"user {target.server.user} may not create a schema in database {resolved.url.database}",
            "What a migration would lose is kept in the schema safemigrate of the same database.",
            (f'GRANT CREATE ON DATABASE "{resolved.url.database}" TO "{target.server.user}";',),
        )
    if journal.exists(target.connection) and (owner := journal.belongs_to_others(target.connection)):
        raise ConnectionFailed(
            f"user {target.server.user} may not write to the schema safemigrate of database {resolved.url.database}",
            f"What is kept there, and what it was kept for, is {owner}'s.",
            (f"--url with user {owner}", f'GRANT "{owner}" TO "{target.server.user}";'),
        )


def _count_rows(resolved: Resolved, target: Target) -> None:
    """Have the server count changed rows in this session; without that nobody can say that all of them were kept."""
    try:
        session.run(target.connection, "SET track_counts = on")
    except session.SqlError as error:
        raise ConnectionFailed(
            f"track_counts is off in database {resolved.url.database}, and user {target.server.user} may not set it",
            "safemigrate counts the rows that a migration changes, to be sure that it kept every one of them.",
            (
                f'ALTER ROLE "{target.server.user}" SET track_counts = on;  -- as a superuser',
                f'GRANT SET ON PARAMETER track_counts TO "{target.server.user}";  -- as a superuser, PostgreSQL 15+',
            ),
        ) from error


def require_no_rollback_under_way(target: Target) -> None:
    """Raise HistoryError where a rollback in stages was stopped before its end."""
    if target.rolling_back:
        raise HistoryError(
            f"migration {target.rolling_back.migration} is being rolled back, and that is not at its end",
            "Some of its rows or constraints are not back yet.",
            ("safemigrate rollback   # goes on", "safemigrate status"),
        )


def require_fit_history(resolved: Resolved, target: Target) -> None:
    """Raise HistoryError where applying on top of this history would make things worse."""
    state = target.state
    if not state.managed and _has_tables(target.connection):
        raise HistoryError(
            f"database {resolved.url.database} has tables but no migration history",
            "It lives on `prisma db push`, so nobody knows which migrations are in it already. init finds out.",
            ("safemigrate init",),
        )
    require_no_rollback_under_way(target)
    if state.failed:
        name = state.failed[-1].name
        if who := holder(target.connection):
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
    held = {hold.migration: hold for hold in target.holds}
    for migration in state.pending:
        if hold := held.get(migration.name):
            edited = not history.matches(migration.sql, hold.checksum)
            raise HistoryError(
                f"migration {migration.name} is on hold since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}",
                "Its file was edited since; a hold goes by name, until somebody releases it."
                if edited
                else "A rollback stays until somebody says otherwise.",
                (
                    f"safemigrate release {migration.name}   # apply it again",
                    f"rm -r {migration.path.parent}   # drop it",
                ),
            )


def _has_tables(connection: Connection) -> bool:
    # P3005 looks at tables only; views, enums and functions do not count (schema-engine, apply_migrations).
    return bool(
        session.value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))' "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))",
        )
    )
