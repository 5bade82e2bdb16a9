"""What `doctor` asks of the database, the machine's programs, the shadow and the store of snapshots.

Each check yields lines, or raises what the driver turns into one. Nothing is written; a shadow is started for real.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from safemigrate import git
from safemigrate.db import programs, session
from safemigrate.db.postgres import quote, roles
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Diagnosis, Migration
from safemigrate.prisma.project import Project
from safemigrate.shadow.provider import shadow_server
from safemigrate.snapshot import store
from safemigrate.workflow.on_target.resolve import ServerTarget, opened
from safemigrate.workflow.on_target.shadow import extensions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE, Resolved, require_fit_history

OLDEST = 14  # the oldest major that the tests run on
_DUMPED_SHARE = 0.3  # of the database's size: what a compressed dump takes, as `snapshot.take` reckons

_FOREIGN = """
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT pg_has_role(current_user, c.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 1259 AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 3, 1, 2
"""


@dataclass
class Seen:
    """What the checks so far found; the later ones need it."""

    project: Project | None = None
    migrations: tuple[Migration, ...] = ()
    url: DatabaseUrl | None = None
    source: str = ""
    store: Path | None = None
    target: ServerTarget | None = None
    bytes: int = 0


def check_connection(stack: ExitStack, _request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Connect, and read where the history stands."""
    resolved = _resolved(seen)
    if resolved is None:
        return
    began = time.perf_counter()
    seen.target = stack.enter_context(opened(resolved))
    took = 1000 * (time.perf_counter() - began)
    tls = "with TLS" if seen.target.server.tls else "without TLS"
    yield Diagnosis("connection", ok=True, detail=f"as {seen.target.server.user}, {tls}, answered in {took:.0f} ms")


def check_server(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Look at the server's version and role."""
    if seen.target is None:
        return
    server = seen.target.server
    seen.bytes = session.value(seen.target.connection, "SELECT pg_database_size(current_database())")
    said = f"PostgreSQL {server.version_text}, database of {_megabytes(seen.bytes)}"
    if server.in_recovery:
        yield Diagnosis("server", ok=False, detail=f"{said}: a read-only replica", fix=("use the primary's URL",))
    elif server.major < OLDEST:
        yield Diagnosis("server", ok=False, detail=f"{said}: safemigrate is tested on {OLDEST} and newer")
    else:
        yield Diagnosis("server", ok=True, detail=f"{said}, a primary")


def check_rights(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether this user may create what keeping needs."""
    resolved = _resolved(seen)
    if resolved is None or seen.target is None or seen.target.server.in_recovery:
        return
    seen.target.require_writable()
    server = seen.target.server
    said = (
        "superuser" if server.superuser else "may create schemas" if server.can_create else "has the schema safemigrate"
    )
    yield Diagnosis("rights", ok=True, detail=f"{server.user}: {said}")


def check_ownership(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Only a table's owner may ALTER it (PostgreSQL docs, 5.8)."""
    if seen.target is None:
        return
    foreign = session.rows(seen.target.connection, _FOREIGN)
    if not foreign:
        yield Diagnosis("ownership", ok=True, detail="every table and view is this user's to alter")
        return
    user = seen.target.server.user
    names = [f"{quote(schema, name)} ({owner})" for schema, name, owner in foreign]
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    yield Diagnosis(
        "ownership",
        ok=False,
        detail=f"{user} does not own {', '.join(names[:5])}{more}: to alter them would be refused",
        fix=tuple(f"GRANT {quote(owner)} TO {quote(user)};" for owner in dict.fromkeys(row[2] for row in foreign)),
    )


def check_history(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether an apply would accept the history."""
    resolved, target = _resolved(seen), seen.target
    if resolved is None or target is None:
        return
    state = target.state
    if one := target.interrupted:
        yield Diagnosis(
            "history",
            ok=False,
            detail=f"{one.migration} was interrupted: {one.groups_done} of its {len(one.plan.groups)} parts are done",
            fix=("safemigrate apply   # finishes it", "safemigrate rollback --failed   # takes it back"),
        )
        return
    if one := target.rolling_back:
        yield Diagnosis(
            "history",
            ok=False,
            detail=f"{one.migration} is being rolled back, and that is not at its end",
            fix=("safemigrate rollback   # goes on",),
        )
        return
    if state.edited:
        names = ", ".join(file.name for file, _ in state.edited)
        yield Diagnosis(
            "history", ok=False, detail=f"edited after they were applied: {names}", fix=("safemigrate status",)
        )
    pending = {one.name for one in state.pending}
    held = [one.migration for one in target.holds if one.migration in pending]
    # A hold is somebody's decision, not a defect.
    require_fit_history(replace(target, holds=()))
    if held:
        yield Diagnosis(
            "history", ok=True, detail=f"on hold after a rollback, so apply stops: {', '.join(dict.fromkeys(held))}"
        )
    elif not state.edited:
        managed = f"{len(state.applied):,} applied, {len(state.pending):,} pending, all sound"
        yield Diagnosis("history", ok=True, detail=managed if state.managed else "none yet, and no tables")


def check_programs(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Find a pg_dump and a pg_restore that fit the server."""
    major, tls = (seen.target.server.major, seen.target.server.tls) if seen.target else (0, False)
    found = [programs.client(name, major, tls=tls) for name in ("pg_dump", "pg_restore")]
    said = f"{programs.version(found[0].parent)} in {found[0].parent}"
    yield Diagnosis(
        "pg_dump", ok=True, detail=f"{said}, fits the server" if major else f"{said}; the server is not known"
    )


def check_shadow(request: Request, seen: Seen, shadow: str | None) -> Iterator[Diagnosis]:
    """Start the shadow that apply would use, with the extensions it needs, and make a database there."""
    target = seen.target
    needed = extensions(target.connection, target.state.pending) if target else []
    began = time.perf_counter()
    with shadow_server(
        shadow,
        target_server=target.server if target else None,
        target_url=seen.url if target else None,
        roles=roles(target.connection) if target else (),
        extensions=needed,
        on_progress=request.on_progress,
    ) as server:
        up = time.perf_counter()
        server.create("doctor")
        made = time.perf_counter()
        describe, major = server.describe, server.major
    said = f"{describe}: ready in {up - began:.1f} s, a database in {made - up:.2f} s"
    if needed:
        said += f"; has {', '.join(needed)}"
    if target and major < target.server.major:
        yield Diagnosis(
            "shadow",
            ok=False,
            detail=f"{said}; older than the server, so what it refuses says nothing about it",
            fix=(f"apt-get install postgresql-{target.server.major}", "safemigrate doctor --shadow docker"),
        )
    else:
        yield Diagnosis("shadow", ok=True, detail=said)


def check_snapshots(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether snapshots can be written, and stay out of git."""
    if seen.store is None:
        return
    place = _existing(seen.store)
    if not os.access(place, os.W_OK | os.X_OK):
        yield Diagnosis(
            "snapshots",
            ok=False,
            detail=f"{place} cannot be written to",
            fix=(f"ls -ld '{place}'", f"chown $USER '{place}'"),
        )
        return
    if committable := _committable(seen.store):
        yield committable
        return
    found = store.all_in(seen.store)
    said = f"{len(found):,} in {seen.store}" if found else f"none yet; they go to {seen.store}"
    if found:
        newest = found[0].manifest
        said += f", the newest {_age(newest.taken_at)} old ({newest.scope}"
        said += ", restored once)" if found[0].verified else ", never restored)"
    yield Diagnosis("snapshots", ok=True, detail=f"{said}; writable, and git ignores it")


def _committable(place: Path) -> Diagnosis | None:
    """Say where git would take rows of the database into the repository: the store makes its own .gitignore."""
    home = place.parent if place.parent.name == STORE.parent.name else place
    state = git.describe(place) if place.is_dir() else None
    if state is None:
        return None
    if state.tracked:
        return Diagnosis(
            "snapshots",
            ok=False,
            detail=f"{place} is committed to git, with the rows of the database",
            fix=(f"git rm -r --cached '{home}'", f"echo '*' > '{home}/.gitignore'"),
        )
    ignore = home / ".gitignore"
    if not ignore.is_file() or "*" not in ignore.read_text(encoding="utf-8").split():
        return Diagnosis(
            "snapshots",
            ok=False,
            detail=f"git does not ignore {home}, which holds rows of the database",
            fix=(f"echo '*' > '{ignore}'",),
        )
    return None


def check_disk(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Compare the space with what a full snapshot would take."""
    if seen.store is None:
        return
    place = _existing(seen.store)
    free = shutil.disk_usage(place).free
    needed = int(seen.bytes * _DUMPED_SHARE)
    said = f"{_megabytes(free)} free at {place}"
    if seen.target:
        said += f", a full snapshot takes about {_megabytes(needed)}"
    if free < needed:
        yield Diagnosis(
            "disk",
            ok=False,
            detail=said,
            fix=(f"df -h '{place}'", "set `store` in safemigrate.toml to a folder with space"),
        )
    else:
        yield Diagnosis("disk", ok=True, detail=said)


def _resolved(seen: Seen) -> Resolved | None:
    if seen.project is None or seen.url is None or seen.store is None:
        return None
    return Resolved(seen.project, seen.migrations, seen.url, seen.source, seen.store)


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())


def _age(moment: datetime) -> str:
    hours = int((datetime.now(UTC) - moment).total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours else "less than an hour"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB" if size < 10_000_000_000 else f"{size / 1_000_000_000:,.0f} GB"
