"""What package.json, the lockfile and node_modules say about Prisma."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safemigrate.errors import ProjectError

_LOCKFILES: Final = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_RUN: Final = {
    "npm": ("npx", "--no-install", "prisma"),
    "pnpm": ("pnpm", "exec", "prisma"),
    "yarn": ("yarn", "prisma"),
    "bun": ("bunx", "prisma"),
}
# How the lockfiles of pnpm (5 to 9), yarn (classic and berry) and bun write prisma's version.
_LOCKED: Final = (
    re.compile(r"^ +'?/?prisma[@/](\d+\.\d+\.\d+[\w.-]*)", re.MULTILINE),
    re.compile(r'^"?prisma@[^\n]*:\n +"?version"?:? "?(\d+\.\d+\.\d+[\w.-]*)', re.MULTILINE),
    re.compile(r'"prisma": \["prisma@(\d+\.\d+\.\d+[\w.-]*)"'),
)


@dataclass(frozen=True, slots=True)
class Package:
    """Prisma's CLI as the project has it.

    `version` is "" and `major` 0 where nobody says; a range such as ^5.22.0 counts as what it starts with.
    `installed` is its package.json, None where it is not installed. `command` starts it, `install` installs it.
    """

    version: str
    major: int
    manager: str
    command: tuple[str, ...]
    install: str
    installed: Path | None

    @property
    def typed(self) -> tuple[str, ...]:
        """What a person types to start it."""
        return tuple(word for word in _RUN[self.manager] if word != "--no-install")


def upward(start: Path) -> Iterator[Path]:
    """This folder and those above it, up to the repository's root."""
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def manifest(folder: Path, name: str = "package.json") -> Mapping[str, Any] | None:
    """Return a folder's package.json, or another file of its kind; None without one."""
    path = folder / name
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise ProjectError(f"{path} cannot be read", str(error)) from error
    if not isinstance(found, dict):
        raise ProjectError(f"{path} cannot be read", "It holds no JSON object.")
    return found


def read(root: Path) -> Package:
    """Find Prisma's CLI from a folder upwards."""
    folders = list(upward(root))
    manager = _manager(folders)
    installed = next(
        (path for f in folders if (path := f / "node_modules" / "prisma" / "package.json").is_file()), None
    )
    binary = next((path for f in folders if (path := f / "node_modules" / ".bin" / "prisma").exists()), None)
    version = (_installed(installed) if installed else "") or _wanted(folders) or _locked(folders)
    number = re.match(r"\d+", version)
    return Package(
        version=version,
        major=int(number.group()) if number else 0,
        manager=manager,
        command=(str(binary),) if binary else _RUN[manager],
        install=f"{manager} install",
        installed=installed,
    )


def _installed(path: Path) -> str:
    return str((manifest(path.parent) or {}).get("version", ""))


def _wanted(folders: list[Path]) -> str:
    for name in ("prisma", "@prisma/client"):
        for folder in folders:
            package = manifest(folder) or {}
            for group in ("devDependencies", "dependencies"):
                wanted = str((package.get(group) or {}).get(name, ""))
                # A range over several majors, a tag or a workspace link says nothing; the lockfile does.
                found = re.fullmatch(r"(?:npm:prisma@)?[~^=v]*(\d+(?:\.[\dx*]+)*[\w.+-]*)", wanted)
                if found:
                    return found.group(1)
    return ""


def _locked(folders: list[Path]) -> str:
    for folder in folders:
        for name in ("package-lock.json", "npm-shrinkwrap.json"):
            locked = manifest(folder, name) or {}
            found = locked.get("packages", {}).get("node_modules/prisma") or locked.get("dependencies", {}).get(
                "prisma"
            )
            if found:
                return str(found.get("version", ""))
        for name in ("pnpm-lock.yaml", "yarn.lock", "bun.lock"):
            if (folder / name).is_file():
                text = (folder / name).read_text(encoding="utf-8")
                for pattern in _LOCKED:
                    if match := pattern.search(text):
                        return match.group(1)
    return ""


def _manager(folders: list[Path]) -> str:
    for folder in folders:
        named = str((manifest(folder) or {}).get("packageManager", "")).partition("@")[0]
        if named in _RUN:
            return named
        for name, manager in _LOCKFILES.items():
            if (folder / name).exists():
                return manager
    return "npm"
