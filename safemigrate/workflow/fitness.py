"""What `doctor` asks whatever the database is: the history, the store of snapshots, the disk.

Each check yields lines, or raises what the driver turns into one. Nothing is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safemigrate import git
from safemigrate.db.url import DatabaseUrl
from safemigrate.disk import existing
from safemigrate.errors import word
from safemigrate.model import Diagnosis, Migration
from safemigrate.prisma.project import Project
from safemigrate.snapshot import store
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE, Resolved, Target, refuse_unfit_history


@dataclass
class Seen:
    """What the checks so far found; the later ones need it. `bytes` are what a full snapshot would take."""

    project: Project | None = None
    migrations: tuple[Migration, ...] = ()
    url: DatabaseUrl | None = None
    source: str = ""
    store: Path | None = None
    target: Target | None = None
    bytes: int = 0

    @property
    def resolved(self) -> Resolved | None:
        """The database, once it is known."""
        if self.project is None or self.url is None or self.store is None:
            return None
        return Resolved(self.project, self.migrations, self.url, self.source, self.store)


Check = Callable[[Request, Seen, str | None], Iterator[Diagnosis]]


def check_history(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether an apply would accept the history."""
    target = seen.target
    if target is None:
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
    refuse_unfit_history(target)
    if held:
        yield Diagnosis(
            "history", ok=True, detail=f"on hold after a rollback, so apply stops: {', '.join(dict.fromkeys(held))}"
        )
    elif not state.edited:
        managed = f"{len(state.applied):,} applied, {len(state.pending):,} pending, all sound"
        yield Diagnosis("history", ok=True, detail=managed if state.managed else "none yet, and no tables")


def check_snapshots(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether snapshots can be written, and stay out of git."""
    if seen.store is None:
        return
    place = existing(seen.store)
    if not os.access(place, os.W_OK | os.X_OK):
        yield Diagnosis(
            "snapshots",
            ok=False,
            detail=f"{place} cannot be written to",
            fix=(f"ls -ld {word(place)}", f"chown $USER {word(place)}"),
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
            fix=(f"git rm -r --cached {word(home)}", f"echo '*' > {word(home / '.gitignore')}"),
        )
    ignore = home / ".gitignore"
    if not ignore.is_file() or "*" not in ignore.read_text(encoding="utf-8").split():
        return Diagnosis(
            "snapshots",
            ok=False,
            detail=f"git does not ignore {home}, which holds rows of the database",
            fix=(f"echo '*' > {word(ignore)}",),
        )
    return None


def check_disk(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Compare the space with what a full snapshot would take."""
    if seen.store is None:
        return
    place = existing(seen.store)
    free = shutil.disk_usage(place).free
    needed = seen.bytes
    said = f"{megabytes(free)} free at {place}"
    if seen.target:
        said += f", a full snapshot takes about {megabytes(needed)}"
    if free < needed:
        yield Diagnosis(
            "disk",
            ok=False,
            detail=said,
            fix=(f"df -h {word(place)}", "set `store` in safemigrate.toml to a folder with space"),
        )
    else:
        yield Diagnosis("disk", ok=True, detail=said)


def _age(moment: datetime) -> str:
    hours = int((datetime.now(UTC) - moment).total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours else "less than an hour"


def megabytes(size: int) -> str:
    """Write a size in bytes for a reader."""
    if size < 1_000_000:
        return f"{size / 1000:,.0f} kB"
    return f"{size / 1_000_000:,.0f} MB" if size < 10_000_000_000 else f"{size / 1_000_000_000:,.0f} GB"
