"""Snapshots of a server's database."""

from __future__ import annotations

import os

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect, quote
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ConsentRequired, SnapshotError, word
from safemigrate.model import Progress
from safemigrate.prisma import history
from safemigrate.shadow.provider import shadow_server
from safemigrate.snapshot import facts
from safemigrate.snapshot import verify as verifying
from safemigrate.snapshot.restore import holds_something
from safemigrate.snapshot.restore import restore as restore_snapshot
from safemigrate.snapshot.store import Snapshot
from safemigrate.snapshot.take import take
from safemigrate.workflow.forward.generate import git_state
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.shadow import origin, shadow_for
from safemigrate.workflow.rehearsal.plan import script_of
from safemigrate.workflow.rehearsal.scope import at_risk
from safemigrate.workflow.rehearsal.shadows import copy_schema
from safemigrate.workflow.rehearsal.trace import trace
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, resolve


def take_snapshot(request: Request, target: ServerTarget, scope: str, shadow: str | None) -> Snapshot:
    """Take one; with scope "scoped", of the tables that pending migrations put at risk. Raises SnapshotError."""
    resolved, pending = target.resolved, target.state.pending
    tables: set[str] = set()
    if scope == "scoped":
        if not pending:
            raise SnapshotError(
                "no migration is pending, so no table is at risk",
                "A scoped snapshot holds the rows of the tables that pending migrations can harm.",
                ("safemigrate snapshot create --scope full",),
            )
        tables = _at_risk(request, resolved, target, shadow)
        if target.state.managed:
            tables.add(quote(resolved.url.schema, history.TABLE))
    request.on_progress(Progress("snapshot", "every table" if scope == "full" else f"{len(tables)} tables"))
    return take(
        resolved.url,
        target.server,
        scope="full" if scope == "full" else "scoped" if scope == "scoped" else "schema",
        tables=sorted(tables),
        store=resolved.store,
        migration=pending[-1].name if scope == "scoped" else "",
        git=git_state(resolved.project),
        on_progress=request.on_progress,
    )


def verify_snapshot(request: Request, snapshot: Snapshot, *, deep: bool, shadow: str | None = None) -> str:
    """Check size, sha256 and a full read; `deep` also restores it into a shadow and compares. Returns what held."""
    if not deep:
        verifying.verify(snapshot)
        return "every byte of it is as it was written; --deep also restores it"
    manifest = snapshot.manifest
    with shadow_server(
        shadow,
        target_server=origin(snapshot),
        target_url=None,
        roles=manifest.roles,
        extensions=sorted(manifest.extensions.keys() - {"plpgsql"}),
        on_progress=request.on_progress,
    ) as server:
        request.on_progress(Progress("restore", f"snapshot {snapshot.id} into the shadow"))
        verifying.verify(snapshot, server.create("verify"))
        return f"restored into {server.describe} and found equal: {_compared(snapshot)}"


def restore_into(request: Request, snapshot: Snapshot, into: str) -> tuple[str, tuple[str, ...], str]:
    """Restore into a database by name or URL and compare; one that holds something takes consent and is kept aside.

    Returns the database, what there is to say, and the command that leads on. Raises ConsentRequired and SnapshotError;
    then the database is as it was.
    """
    is_url = "://" in into or into.startswith("file:")
    url = DatabaseUrl.parse(into) if is_url else resolve(request).url.with_database(into)
    if url.provider != "postgresql":
        raise SnapshotError(f"{url} is no PostgreSQL database", f"Snapshot {snapshot.id} is of one.")
    if url.pooled:
        raise ConnectionFailed(
            f"{url} is a pooled connection ({url.pooled})",
            "pg_restore needs one session for its settings and locks.",
            (f"safemigrate snapshot restore {snapshot.id} --into THE_DIRECT_URL",),
        )
    request.on_progress(Progress("verify", f"reading {snapshot.id} through"))
    verifying.verify(snapshot)
    live = _what_it_holds(url)
    command = f"safemigrate snapshot restore {snapshot.id} --into"
    if live and snapshot.manifest.scope == "full" and not request.consent(url.database, _losses(snapshot, url, live)):
        raise ConsentRequired(
            f"nobody agreed to replace database {url.database}",
            "\n".join(_losses(snapshot, url, live)),
            (
                f"{command} {word(into)} --confirm {word(url.database)}",
                f"{command} {word(f'{url.database}_restored')}   # beside it",
            ),
        )
    request.on_progress(Progress("restore", f"snapshot {snapshot.id} into {url}"))
    try:
        said = restore_snapshot(snapshot, url, jobs=min(4, os.cpu_count() or 1), over_live=bool(live))
    except session.SqlError as error:
        raise SnapshotError(
            f"snapshot {snapshot.id} does not restore into {url}",
            session.Refusal.of(error).message,
            (f"safemigrate doctor --url {word(url)}",),
        ) from error
    if not live:  # a swap has compared before it exchanged the names
        request.on_progress(Progress("compare", "tables, rows, sequences, extensions"))
        verifying.compare(snapshot, url)
    notes = (f"restored and found equal: {_compared(snapshot)}", *_worded(said))
    return str(url), notes, f"safemigrate status{'' if live else f' --url {word(url)}'}"


def _at_risk(request: Request, resolved: Resolved, target: ServerTarget, shadow: str | None) -> set[str]:
    """Run the pending migrations on the schema alone and name the tables that they can harm."""
    pending = target.state.pending
    with shadow_for(request, resolved, target, shadow, pending) as server:
        bare = server.create("bare")
        copy_schema(resolved.url, target.server, bare)
        with connect(bare, application_name="safemigrate rehearsal") as connection:
            seen = trace(connection, [script_of(migration) for migration in pending], request.on_progress)
    return at_risk(one for rehearsed in seen for one in rehearsed.observations)


def _what_it_holds(url: DatabaseUrl) -> str:
    """Say in words what a database holds, "" where it is empty or not there; pg_restore's own check comes later."""
    try:
        with connect(url) as connection:
            return _contents(connection)
    except ConnectionFailed:  # missing: `restore` makes it, or says why it cannot
        return ""


def _contents(connection: Connection) -> str:
    if not holds_something(connection):
        return ""
    tables = facts.tables(connection)
    size = session.value(connection, "SELECT pg_size_pretty(pg_database_size(current_database()))")
    others = session.value(
        connection,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'",
    )
    return f"{len(tables):,} tables, {size}" + (f", {others:,} open sessions that will be ended" if others else "")


def _losses(snapshot: Snapshot, url: DatabaseUrl, live: str) -> list[str]:
    return [
        f"database {url.database} ({live}) gives way to its state of {snapshot.manifest.taken_at:%Y-%m-%d %H:%M} UTC; "
        f"as it is now it stays on the server under another name ({url.database[:40]}_before_<time>)"
    ]


def _compared(snapshot: Snapshot) -> str:
    manifest = snapshot.manifest
    rows = sum(table.rows or 0 for table in manifest.tables)
    return (
        f"{len(manifest.tables):,} tables, {rows:,} rows in {len(manifest.held):,} of them, "
        f"sequences ({len(manifest.sequences):,}), extensions ({len(manifest.extensions):,})"
    )


def _worded(said: tuple[str, ...]) -> list[str]:
    return [one if one.startswith("the database as it was") else f"left out: {one}" for one in said]
