"""`prisma.config.*` is a program: Prisma's own loader is asked, through Node, what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from safemigrate import proc
from safemigrate.errors import ProjectError, word
from safemigrate.prisma.package import Package

_ENDINGS: Final = ("js", "ts", "mjs", "cjs", "mts", "cts")
# @prisma/config 7.10, findPrismaConfigFile: Prisma 7 gives way to a Prisma 8 config of the old name beside it.
_BASES: Final = ("prisma7.config", ".config/prisma7", "prisma.config", ".config/prisma", ".config/prisma.config")
NAMES: Final = tuple(f"{base}.{ending}" for base in _BASES for ending in _ENDINGS)


@dataclass(frozen=True, slots=True)
class Config:
    """What a prisma.config.* says. Paths are absolute; `url` is "" where it names none.

    `missing` are environment variables the config asked for in vain. `variables` are those asked about, as they stand
    after the config ran, which may have loaded a .env. `carried` is what a diff needs to know besides.
    """

    path: Path
    schema: Path | None = None
    migrations: Path | None = None
    url: str = field(default="", repr=False)
    direct_url: str = field(default="", repr=False)
    shadow_url: str = field(default="", repr=False)
    engine: str = ""
    missing: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    carried: Mapping[str, Any] = field(default_factory=dict)


class ConfigUnreadable(ProjectError):
    """The config is there, but Node or Prisma's package to read it with is not."""


def locate(folder: Path) -> Path | None:
    """Return the config file Prisma would take in this folder."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read(path: Path, root: Path, package: Package, names: tuple[str, ...] = ()) -> Config:
    """Run the config and return what it says; `names` are environment variables to report.

    Raises ConfigUnreadable without Node or prisma's package, ProjectError where the config itself fails.
    """
    if package.installed is None:
        raise ConfigUnreadable(
            f"{path} cannot be read: the package prisma is not installed in {root}",
            "A Prisma config is a program, so it takes Prisma's own loader to know what it says.",
            (package.install, _without(root)),
        )
    script = Path(__file__).with_name("read-config.mjs")
    try:
        # The real path: pnpm puts prisma's own dependencies beside it, not beside the link.
        done = proc.run(["node", script, package.installed.resolve(), root, *names], cwd=root, seconds=60)
    except proc.ProgramMissing as error:
        raise ConfigUnreadable(
            f"{path} cannot be read: Node is not on this machine",
            "",
            ("https://nodejs.org/en/download", _without(root)),
        ) from error
    except TimeoutError as error:
        raise ProjectError(f"{path} did not finish within 60 s", "It waits for something when it is loaded.") from error
    if done.status:
        if "Cannot find module '@prisma/config'" in done.stderr:
            raise ConfigUnreadable(
                f"{path} cannot be read: @prisma/config is missing beside {package.installed}", "", (package.install,)
            )
        raise ProjectError(f"{path} cannot be loaded", done.stderr.strip())
    last = done.stdout.rpartition("\n")[2]
    if not last:
        raise ProjectError(f"{path} cannot be loaded", f"It ended the process. {done.stderr.strip()}")
    return _answer(path, json.loads(last))


def _without(root: Path) -> str:
    """Name the command that needs no config, with a schema that is there."""
    places = ("prisma/schema.prisma", "schema.prisma", "prisma/schema", "schema")
    schema = next((one for one in places if (root / one).exists()), "PATH/TO/schema.prisma")
    return f"safemigrate COMMAND --schema {word(schema)} --url URL   # goes on without the config"


def _answer(path: Path, answer: Mapping[str, Any]) -> Config:
    if answer["error"]:
        raise ProjectError(
            f"{path} cannot be loaded",
            answer["error"],
            ("npx prisma validate    # shows the same error with its place",),
        )
    return Config(
        path=path,
        schema=Path(answer["schema"]) if answer["schema"] else None,
        migrations=Path(answer["migrations"]) if answer["migrations"] else None,
        url=answer["url"] or "",
        direct_url=answer["directUrl"] or "",
        shadow_url=answer["shadowDatabaseUrl"] or "",
        engine=answer["engine"] or "",
        missing=tuple(answer["missing"]),
        variables=answer["variables"],
        carried={name: value for name, value in answer["carried"].items() if value},
    )
