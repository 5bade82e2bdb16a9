"""What `doctor` asks of a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from safemigrate.db.sqlite.connection import VERSION, value
from safemigrate.db.sqlite.copy import integrity
from safemigrate.db.sqlite.errors import telling
from safemigrate.db.sqlite.foreign_keys import in_words, violations
from safemigrate.errors import word
from safemigrate.model import Diagnosis
from safemigrate.snapshot import store
from safemigrate.workflow.fitness import Seen, megabytes
from safemigrate.workflow.on_file.target import FileTarget, opened
from safemigrate.workflow.request import Request

_RECENT = timedelta(days=30)


def check_file(stack: ExitStack, _request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Open the file, and look at all of it."""
    resolved = seen.resolved
    if resolved is None:
        return
    target = seen.target = stack.enter_context(opened(resolved))
    connection = target.connection
    seen.bytes = target.path.stat().st_size
    with telling(target.path):
        mode = value(connection, "PRAGMA journal_mode")
        damage = [*integrity(connection), *in_words(violations(connection))]
    said = f"{target.path}, {megabytes(seen.bytes)}, journal_mode {mode}, read by SQLite {VERSION}"
    if damage:
        yield Diagnosis(
            "file",
            ok=False,
            detail=f"{said}: {'; '.join(damage[:5])}",
            fix=(f"sqlite3 {word(target.path)} 'PRAGMA integrity_check; PRAGMA foreign_key_check'",),
        )
    else:
        yield Diagnosis("file", ok=True, detail=f"{said}; in order")


def check_rights(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether the file can be written to now."""
    if isinstance(seen.target, FileTarget):
        seen.target.require_writable()
        yield Diagnosis("rights", ok=True, detail=f"{seen.target.path.name} can be written to; nobody holds it")


def check_backups(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask for a copy of the file: nobody else makes one."""
    if seen.target is None or seen.store is None:
        return
    newest = next(iter(store.all_in(seen.store)), None)
    if newest and datetime.now(UTC) - newest.manifest.taken_at < _RECENT:
        yield Diagnosis("backups", ok=True, detail=f"snapshot {newest.id} holds everything")
    else:
        detail = "the newest copy of the file is older than 30 days" if newest else "no copy of the file is known"
        yield Diagnosis("backups", ok=False, detail=detail, fix=("safemigrate snapshot create",))
