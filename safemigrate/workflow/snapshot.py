"""`safemigrate snapshot create | list | verify | restore`.

All but `create`, and `restore` into a database that is named without its server, work without the target: a snapshot
is wanted most when that is down.
"""

from __future__ import annotations

import time
from pathlib import Path

from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Outcome, Progress, Result, SnapshotOutcome
from safemigrate.prisma.project import find as find_project
from safemigrate.snapshot import store
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.engines import Engine, engine_of
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE, resolve


def create(request: Request, scope: str, shadow: str | None = None, compact: bool = False) -> Outcome:  # noqa: FBT001, FBT002
    """Take a snapshot and read it through; with scope "scoped", of the tables that pending migrations put at risk.

    Raises SnapshotError, and for "scoped" what stops a rehearsal.
    """
    began = time.perf_counter()
    resolved = resolve(request)
    engine = engine_of(resolved.project.provider)
    with engine.opened(resolved) as opened:
        taken = opened.snapshot(request, scope, shadow, compact=compact)
    request.on_progress(Progress("verify", "reading it through"))
    engine.verify_snapshot(request, taken, deep=False)
    return Outcome(
        "snapshot create",
        Result.OK,
        str(resolved.url),
        snapshots=(described(taken),),
        next=(f"safemigrate snapshot verify {taken.id} --deep   # restores it into a shadow and compares",),
        seconds=time.perf_counter() - began,
    )


def list_(request: Request) -> Outcome:
    """List the snapshots, newest first; folders that hold none that can be read are named."""
    began = time.perf_counter()
    place = store_of(request)
    found = store.all_in(place)
    known = {one.path for one in found}
    others = sorted(path for path in place.iterdir() if path.is_dir() and path not in known) if place.is_dir() else []
    return Outcome(
        "snapshot list",
        Result.OK if found else Result.NOTHING,
        snapshots=tuple(described(one) for one in found),
        notes=tuple(
            f"{path} is being written, or was left by a killed run; the next command removes it then"
            if path.suffix == store.PART
            else f"{path} is no snapshot that can be read: `safemigrate snapshot verify {path.name}` says why"
            for path in others
        ),
        next=() if found else ("safemigrate snapshot create",),
        seconds=time.perf_counter() - began,
    )


def verify(request: Request, id: str, deep: bool, shadow: str | None = None) -> Outcome:  # noqa: A002, FBT001
    """Check size, sha256 and a full read; `deep` also restores it into a shadow and compares. Raises SnapshotError."""
    began = time.perf_counter()
    snapshot = store.find(store_of(request), id)
    request.on_progress(Progress("verify", f"reading {snapshot.id} through"))
    held = _engine(snapshot).verify_snapshot(request, snapshot, deep=deep, shadow=shadow)
    return Outcome(
        "snapshot verify",
        Result.OK,
        snapshots=(described(snapshot),),
        notes=(held,),
        seconds=time.perf_counter() - began,
    )


def restore(request: Request, id: str, into: str) -> Outcome:  # noqa: A002
    """Restore into a database by name or URL and compare; one that holds something takes consent and is kept aside.

    Raises ConsentRequired and SnapshotError; then the database is as it was.
    """
    began = time.perf_counter()
    snapshot = store.find(store_of(request), id)
    database, notes, follow = _engine(snapshot).restore_into(request, snapshot, into)
    return Outcome(
        "snapshot restore",
        Result.OK,
        database,
        snapshots=(described(snapshot),),
        notes=notes,
        next=(follow,),
        seconds=time.perf_counter() - began,
    )


def _engine(snapshot: Snapshot) -> Engine:
    """The engine of the database that it was taken of, whatever the project is on by now."""
    return engine_of(DatabaseUrl.parse(snapshot.manifest.database).provider)


def store_of(request: Request) -> Path:
    """Return the folder of snapshots, which needs no database URL, and with the setting `store` no project either."""
    settings = request.settings
    if settings.store:
        return settings.store
    return find_project(request.project, request.schema or settings.schema).root / STORE


def described(snapshot: Snapshot) -> SnapshotOutcome:
    """Return a snapshot as users meet it."""
    manifest = snapshot.manifest
    return SnapshotOutcome(
        snapshot.id,
        str(snapshot.path),
        "none" if manifest.scope == "schema" else manifest.scope,  # the word of --scope
        manifest.bytes,
        manifest.held,
        snapshot.verified,
        manifest.taken_at,
    )
