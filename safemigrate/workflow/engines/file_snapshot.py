"""Snapshots of a SQLite file: always of all of it."""

from __future__ import annotations

from pathlib import Path

from safemigrate.db.sqlite.connection import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConsentRequired, word
from safemigrate.model import Progress
from safemigrate.snapshot.sqlite import facts
from safemigrate.snapshot.sqlite import verify as verifying
from safemigrate.snapshot.sqlite.restore import restore
from safemigrate.snapshot.sqlite.take import take
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.forward.generate import git_state
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.request import Request


def take_snapshot(request: Request, target: FileTarget, migration: str = "", *, compact: bool = False) -> Snapshot:
    """Take one. Raises SnapshotError."""
    request.on_progress(Progress("snapshot", "the whole file"))
    return take(
        target.connection,
        store=target.resolved.store,
        migration=migration,
        git=git_state(target.resolved.project),
        compact=compact,
        on_progress=request.on_progress,
    )


def verify_snapshot(_request: Request, snapshot: Snapshot, *, deep: bool, shadow: str | None = None) -> str:  # noqa: ARG001 what a server's takes
    """Check size, sha256 and every page; `deep` also compares indexes and counts with the manifest."""
    verifying.verify(snapshot, deep=deep)
    if not deep:
        return "every byte of it is as it was written; --deep also compares every index and count"
    return f"read whole and found equal: {_compared(snapshot)}"


def restore_into(request: Request, snapshot: Snapshot, into: str) -> tuple[str, tuple[str, ...], str]:
    """Restore into a file and compare; one that holds something takes consent and is kept beside it.

    Returns the file, what there is to say, and the command that leads on. Raises ConsentRequired and SnapshotError;
    then the file is as it was.
    """
    path = _file(snapshot, into)
    request.on_progress(Progress("verify", f"reading {snapshot.id} through"))
    verifying.verify(snapshot)
    live = _what_it_holds(path)
    losses = [
        f"{path.name} ({live}) gives way to its state of {snapshot.manifest.taken_at:%Y-%m-%d %H:%M} UTC; "
        f"as it is now it stays beside it ({path.stem}_before_<time>{path.suffix})"
    ]
    if live and not request.consent(path.name, losses):
        beside = path.with_name(f"{path.stem}_restored{path.suffix}")
        command = f"safemigrate snapshot restore {snapshot.id} --into"
        raise ConsentRequired(
            f"nobody agreed to replace {path.name}",
            "\n".join(losses),
            (
                f"{command} {word(into)} --confirm {word(path.name)}",
                f"{command} {word(beside)}   # beside it",
            ),
        )
    request.on_progress(Progress("restore", f"snapshot {snapshot.id} into {path}"))
    said = restore(snapshot, path, over_live=bool(live), on_progress=request.on_progress)
    verifying.compare(snapshot, path)
    follow = "safemigrate status" if live else f"safemigrate status --url {word(f'file:{path}')}"
    return str(path), (f"restored and found equal: {_compared(snapshot)}", *said), follow


def _file(snapshot: Snapshot, into: str) -> Path:
    """Read a name as that of a file beside the one it was taken of, as a name is of the same server; else a path."""
    if into.startswith("file:"):
        return DatabaseUrl.parse(into).resolved(Path.cwd()).path or Path(into)
    source = DatabaseUrl.parse(snapshot.manifest.database).resolved(Path.cwd()).path
    folder = Path.cwd() if "/" in into or source is None else source.parent
    return (folder / into).resolve()


def _what_it_holds(path: Path) -> str:
    """Say in words what a file holds, "" where it is empty or not there."""
    if not path.exists():
        return ""
    with connect(path, write=False) as connection:
        if not facts.holds_something(connection):
            return ""
        return f"{len(facts.counts(connection)):,} tables, {path.stat().st_size:,} bytes"


def _compared(snapshot: Snapshot) -> str:
    manifest = snapshot.manifest
    rows = sum(table.rows or 0 for table in manifest.tables)
    return f"{len(manifest.tables):,} tables, {rows:,} rows, counters ({len(manifest.sequences):,})"
