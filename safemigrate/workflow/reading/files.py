"""Which files there are to read, named one by one, by folder or pattern, or found below a folder."""

from __future__ import annotations

import glob
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from safemigrate.errors import ProjectError

_LOCK = "migration_lock.toml"
_SKIPPED = frozenset({"node_modules", "dist", "build", "vendor", "coverage"})
_DATASOURCE = re.compile(r'^\s*datasource\s+\w+\s*\{[^}]*?^\s*provider\s*=\s*"(\w+)"', re.MULTILINE)
_READ = ("", "postgresql", "postgres", "sqlite")


def shown(path: Path) -> Path:
    """A path as seen from where the user stands."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def named(arguments: Sequence[str]) -> list[Path]:
    """The files that arguments mean, each once, bytewise by path: of the folders of one history that is Prisma's order.

    A folder means every .sql file in it, or, where a migration.sql is, that one alone. A name that leads nowhere stays
    what it is, for the reader to stumble over. Raises ProjectError for a folder and a pattern without a single file.
    """
    found: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            inside = list(_inside(path))
        elif not path.exists() and glob.has_magic(argument):
            matches = [Path(match) for match in glob.glob(argument, recursive=True)]  # noqa: PTH207  # from any root
            inside = [file for match in matches for file in (_inside(match) if match.is_dir() else (match,))]
        else:
            inside = [path]
        if not inside:
            raise ProjectError(f"No .sql file in {argument}")
        found += inside
    unique = {os.path.abspath(path): path for path in reversed(found)}  # noqa: PTH100  # half the time of a Path's
    return sorted(unique.values(), key=_order)


def below(folder: Path) -> tuple[list[Path], list[str]]:
    """The migrations of every Prisma history in a folder, and what is to be said of histories that are left out.

    Raises ProjectError where there is none.
    """
    if not folder.is_dir():
        raise ProjectError(f"There is no folder {folder}")
    locks = sorted(_walk(folder, _LOCK), key=_order)
    left = [f"{lock.parent} is left out: its provider is {provider(lock.parent)}" for lock in locks if not _ours(lock)]
    found = [path for lock in locks if _ours(lock) for path in named([str(lock.parent)])]
    if not found:
        raise ProjectError(
            f"No migrations to read in {folder.resolve()}",
            "; ".join(left) or f"Looked for folders with a {_LOCK}, which Prisma writes.",
            ("safemigrate check --offline FILE...",),
        )
    return found, left


def history_of(path: Path) -> Path | None:
    """The migrations folder that a file stands in; None for a file that is no Prisma migration."""
    return path.parent.parent if path.name == "migration.sql" else None


def names(history: Path) -> tuple[str, ...]:
    """The migrations of a history."""
    try:
        return tuple(sorted(each.name for each in history.iterdir() if (each / "migration.sql").is_file()))
    except OSError:  # what is read from stdin may stand nowhere
        return ()


def provider(history: Path) -> str:
    """What a history's lock file says; "" without one."""
    try:
        text = (history / _LOCK).read_text(encoding="utf-8")
        return str(tomllib.loads(text).get("provider", ""))
    except (OSError, ValueError):  # a merge conflict left in it: the migrations can be read all the same
        return ""


def stated(path: Path) -> str:
    """What the nearest history or schema says, as far up as the repository goes; "" for none, or another database."""
    for folder in path.absolute().parents:
        for place in (folder, folder / "migrations", folder / "prisma" / "migrations"):
            if said := provider(place):
                return said if said in _READ else ""
        for schema in (folder / "schema.prisma", folder / "prisma" / "schema.prisma"):
            with suppress(OSError, ValueError):
                if found := _DATASOURCE.search(schema.read_text(encoding="utf-8")):
                    return found[1] if found[1] in _READ else ""
        if (folder / ".git").exists():
            break
    return ""


def refused(history: Path) -> ProjectError | None:
    """The error for migrations that were written for another kind of database."""
    if (said := provider(history)) in _READ:
        return None
    return ProjectError(f"{history / _LOCK} says {said}", "safemigrate reads PostgreSQL and SQLite.")


def _ours(lock: Path) -> bool:
    return provider(lock.parent) in _READ


def _inside(folder: Path) -> Iterator[Path]:
    for path in _walk(folder, ".sql"):
        if path.name == "migration.sql" or not (path.parent / "migration.sql").exists():
            yield path


def _walk(folder: Path, ending: str) -> Iterator[Path]:
    """Files by the end of their name; links to folders are not followed, as by Prisma."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        yield from (Path(place, name) for name in names if name.endswith(ending))


def _order(path: Path) -> list[bytes]:
    return [os.fsencode(part) for part in path.parts]
