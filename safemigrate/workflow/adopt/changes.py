"""Files that `init` writes, each whole or not at all, and the record from which it goes on or takes them back.

The record is written before the first file and removed with the last. A file that is as it was, or as it is to be, is
ours to write; any other was edited since, and stays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safemigrate.disk import part_of, sync_folder, write_whole
from safemigrate.errors import ProjectError, word
from safemigrate.snapshot import store
from safemigrate.workflow.reading.rewriting import difference

NAME = "init.json"


@dataclass(frozen=True, slots=True)
class Change:
    """A file's text before and after; None where there is no file. `path` is absolute."""

    path: str
    before: str | None
    after: str | None

    @property
    def is_new(self) -> bool:
        """Whether there was no file."""
        return self.before is None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Migrations that were recorded as applied in a database, by name and checksum, while it was in the state `proven`.

    `database` is the redacted URL. `made_table`: Prisma's table was not there before.
    """

    database: str
    rows: tuple[tuple[str, str], ...]
    proven: str
    made_table: bool


@dataclass(frozen=True, slots=True)
class Record:
    """What `init` did in a checkout: the files, and the databases that have its migrations recorded.

    `done` is False while a run is under way; `now` is then what it records last.
    """

    changes: tuple[Change, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    now: Recorded | None = None
    done: bool = False

    def ended(self) -> Record:
        """The record of a run that came to its end."""
        return replace(self, recorded=self.databases, now=None, done=True)

    @property
    def databases(self) -> tuple[Recorded, ...]:
        """Every database that has, or may have, something recorded; one entry each."""
        found = {one.database: one for one in self.recorded}
        if self.now:
            before = found.get(self.now.database)
            rows = dict.fromkeys((*(before.rows if before else ()), *self.now.rows))
            made = self.now.made_table or bool(before and before.made_table)
            found[self.now.database] = replace(self.now, rows=tuple(rows), made_table=made)
        return tuple(found.values())


def shown(changes: Iterable[Change], root: Path, lines: int | None = None) -> str:
    """All changes as git shows them, by paths from the project's folder; of each the first `lines`."""
    said: list[str] = []
    for one in changes:
        found = difference(Path(os.path.relpath(one.path, root)), one.before or "", one.after or "").splitlines()
        said += found[:lines]
        if more := len(found[lines:]) if lines else 0:
            said.append(f"… and {more:,} more lines; --dry-run shows them")
    return "\n".join(said)


def read(home: Path) -> Record | None:
    """Return the record of the last `init` of this checkout. Raises ProjectError for one that cannot be read."""
    path = home / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        now = found["now"] and _recorded(found["now"])
        recorded = tuple(_recorded(one) for one in found["recorded"])
        return Record(tuple(Change(**one) for one in found["changes"]), recorded, now, found["done"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ProjectError(f"{path} cannot be read", str(error), (f"rm {word(path)}   # git has the files",)) from error


def save(home: Path, record: Record) -> None:
    """Put the record on the disk."""
    store.prepare(home / "snapshots")
    _put(home / NAME, json.dumps(asdict(record), indent=1, ensure_ascii=False))
    sync_folder(home)


def remove(home: Path) -> None:
    """End the record: nothing is left that it could take back."""
    (home / NAME).unlink(missing_ok=True)


def joined(earlier: Record | None, now: Record) -> Record:
    """Add what a later `init` does to the record of the first, so that one `--undo` takes both back."""
    if earlier is None:
        return now
    first = {one.path: one for one in earlier.changes}
    for one in now.changes:
        known = first.get(one.path)
        ours = known is not None and known.after == one.before
        first[one.path] = replace(one, before=known.before) if known and ours else one
    return replace(now, changes=tuple(first.values()), recorded=earlier.recorded)


def write(changes: Sequence[Change]) -> None:
    """Write what is not written yet. Raises ProjectError, before the first, for a file that was edited meanwhile."""
    edited = [one.path for one in changes if _text(one.path) not in (one.before, one.after)]
    if edited:
        raise ProjectError(
            f"{edited[0]} was edited while safemigrate init was under way",
            "It is neither as it was nor as init would write it, so nothing was written.",
            ("safemigrate init --undo   # takes back what init wrote, and leaves that file", "git diff"),
        )
    for one in changes:
        _become(one.path, one.after)


def take_back(changes: Sequence[Change]) -> list[str]:
    """Make every file what it was, and return those that stay because somebody edited them since."""
    stay = []
    for one in reversed(changes):
        if _text(one.path) in (one.before, one.after):
            _become(one.path, one.before)
            if one.is_new:
                _remove_empty(Path(one.path).parent)
        else:
            stay.append(one.path)
    return stay


def _recorded(found: dict[str, Any]) -> Recorded:
    return Recorded(**{**found, "rows": tuple((name, checksum) for name, checksum in found["rows"])})


def _become(path: str, text: str | None) -> None:
    part_of(Path(path).resolve()).unlink(missing_ok=True)  # left by a kill in the middle of a write
    if _text(path) == text:
        return
    if text is None:
        Path(path).unlink()
    else:
        _put(Path(path), text)


def _put(path: Path, text: str) -> None:
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be written", error.strerror or str(error), (f"ls -ld {word(path.parent)}",)
        ) from error


def _text(path: str) -> str | None:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read", str(error)) from error


def _remove_empty(folder: Path) -> None:
    while folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
