"""Files rewritten as the rules offer it, after the difference was shown."""

from __future__ import annotations

import difflib
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from safemigrate import git
from safemigrate.disk import write_whole
from safemigrate.errors import ProjectError, word
from safemigrate.lint.rewrite import Rewritten
from safemigrate.model import Migration
from safemigrate.model.value import dataclass
from safemigrate.workflow.request import Request

_STAMPED = re.compile(r"(\d{14})_(.*)")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be written: each file's text as it is ("" for a new one) and as it would be, in their order."""

    files: tuple[tuple[Path, str, str], ...]
    rules: tuple[str, ...]

    @property
    def difference(self) -> str:
        """As git shows it."""
        return "".join(difference(path, before, after) for path, before, after in self.files)


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer: what there is to say, and the files that are new."""

    notes: tuple[str, ...] = ()
    new: tuple[Path, ...] = ()


def offer(request: Request, migration: Migration, rewritten: Rewritten | None, *, committed: bool = False) -> Offered:
    """Show what the rules would write instead of a migration, and write it if that is agreed to.

    A database that applied it has its checksum. One that git knows may be applied somewhere, so it is left alone unless
    somebody says that it is `committed` to a branch alone.
    """
    if rewritten is None:
        return Offered()
    if not committed and _is_tracked(migration.path):
        why = "git knows it, so a database may have it; check --fix --changed-since REF rewrites what a branch added"
        return Offered((f"{migration.path} is not rewritten: {why}.",))
    proposal = propose(migration, rewritten)
    if not request.rewrite(proposal.difference):
        return Offered((f"{migration.path} is left as it is.",))
    _write(proposal)
    new = tuple(path for path, before, _ in proposal.files if not before)
    behind = f"; what comes after it: {', '.join(map(str, new))}" if new else ""
    notes = [f"{migration.path} is rewritten for {', '.join(proposal.rules)}{behind}."]
    notes += [f"{path}: write the value in place of <value>." for path, _, text in proposal.files if "<value>" in text]
    return Offered(tuple(notes), new)


def propose(migration: Migration, rewritten: Rewritten) -> Proposal:
    """Name the new migrations so that they run after the rewritten one and before the one that follows it today."""
    line_end = "\r\n" if "\r\n" in migration.sql else "\n"
    files = [(migration.path, migration.sql, rewritten.sql)]
    path = migration.path
    for number, later in enumerate(rewritten.later, 2):
        path = _after(path, migration.path, later.name, number)
        files.append((path, "", later.sql.replace("\r", "").replace("\n", line_end)))
    return Proposal(tuple(files), rewritten.rules)


def _is_tracked(path: Path) -> bool:
    state = git.describe(path)
    return state is not None and state.tracked


def _after(last: Path, first: Path, name: str, number: int) -> Path:
    if first.name != "migration.sql":
        return first.with_name(f"{first.stem}_{number:02}_{name}{first.suffix}")
    history = first.parent.parent
    own = first.parent.name
    stamp, title = _next(last.parent.name), _STAMPED.sub(r"\2", own)
    wanted = f"{stamp}_{title}_{name}"
    others = [entry.name for entry in os.scandir(history) if entry.is_dir()]
    # A migration that is there already stays behind all of these.
    if not stamp or any(own < other <= wanted or other.startswith(stamp) for other in others):
        wanted = f"{own}_{number:02}_{name}"
    return history / wanted / first.name


def _next(name: str) -> str:
    """The second after the one that a migration's name begins with; "" where it begins with none."""
    match = _STAMPED.match(name)
    try:
        moment = datetime.strptime(match[1], "%Y%m%d%H%M%S") if match else None
    except ValueError:
        moment = None
    return (moment + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S") if moment else ""


def difference(path: Path, before: str, after: str) -> str:
    """The change of a file, as git shows it; "" before is a new one."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path) if before else "/dev/null", str(path), lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def _write(proposal: Proposal) -> None:
    """The new files first: killed between two, the old file still has the whole change."""
    for path, before, after in reversed(proposal.files):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not before and path.exists():
            raise ProjectError(f"{path} is there already", "Nothing is overwritten.", (f"mv {word(path)} elsewhere",))
        write_whole(path, after)
