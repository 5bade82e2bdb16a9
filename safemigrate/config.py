"""What a project says once instead of on every command line: `safemigrate.toml`, or `[tool.safemigrate]`.

The nearest file counts, from the project's folder up to the top of its repository; files are not merged.
In one folder `safemigrate.toml` comes before `pyproject.toml`. A flag always wins over a setting.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import field, fields
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from safemigrate.errors import ProjectError
from safemigrate.model.value import dataclass

SHADOWS = ("local", "docker", "embedded")
BATCH_ROWS = 50_000
SCOPES = ("scoped", "full", "none")
LEVELS = ("off", "notice", "warning", "error")


def _one_of(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


@dataclass(frozen=True, slots=True)
class Levels:
    """How bad findings are, by the name of a rule or a family: one of LEVELS.

    `paths` are patterns from `root` on, `tables` patterns of names; () is all of them.
    """

    levels: Mapping[str, str]
    paths: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas of one application, and where their migrations are; None is what a project has by itself."""

    production: Path | None = None
    development: Path | None = None
    production_migrations: Path | None = None
    development_migrations: Path | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting does, what its value must be, and TOML that sets it; written out in docs/reference/settings.md."""

    means: str
    must: str
    example: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project, with their defaults; paths are absolute."""

    shadow: Annotated[
        str | None,
        Setting(
            "where to rehearse; the first that is there unless set",
            f"must be {_one_of(SHADOWS)}; a URL goes into shadow_url",
            'shadow = "docker"',
        ),
    ] = None
    shadow_url: Annotated[
        str | None,
        Setting(
            "an empty database to rehearse in; wins over `shadow`",
            "must be a URL, postgresql://...",
            'shadow_url = "postgresql://shadow@localhost/shadow"',
        ),
    ] = field(default=None, repr=False)
    snapshot: Annotated[
        str,
        Setting(
            "whose rows a snapshot holds: those of the tables at risk, all, or none",
            f"must be {_one_of(SCOPES)}",
            'snapshot = "full"',
        ),
    ] = "scoped"
    lock_timeout: Annotated[
        float,
        Setting("longest wait for one lock, in seconds", "must be a number of seconds above 0", "lock_timeout = 1.5"),
    ] = 3.0
    retries: Annotated[
        int,
        Setting("tries after one that did not get its locks", "must be a whole number, 0 or more", "retries = 10"),
    ] = 5
    batch_rows: Annotated[
        int,
        Setting(
            "rows that a rollback brings back in one transaction; more go in batches",
            "must be a whole number above 0",
            "batch_rows = 10_000",
        ),
    ] = BATCH_ROWS
    keep_limit_bytes: Annotated[
        int | None,
        Setting(
            "the most that a migration may leave kept in the database; no limit unless set",
            "must be a whole number of bytes, 0 or more",
            "keep_limit_bytes = 10_000_000_000",
        ),
    ] = None
    guard: Annotated[
        bool,
        Setting("after a rollback plain `prisma migrate deploy` stops too", "must be true or false", "guard = true"),
    ] = False
    retention: Annotated[
        timedelta | None,
        Setting(
            "how long what is kept stays before a plain `prune` ends it; nothing does so by itself",
            'must be a time like "30d", "8w" or "12h"',
            'retention = "30d"',
        ),
    ] = None
    store: Annotated[
        Path | None,
        Setting(
            "where snapshots go; `.safemigrate/snapshots` in the project unless set",
            "must be a folder",
            'store = "/var/backups/safemigrate"',
        ),
    ] = None
    schema: Annotated[
        Path | None,
        Setting(
            "schema file or folder, where it is not found as Prisma finds it",
            "must be a file or folder",
            'schema = "db/schema.prisma"',
        ),
    ] = None
    migrations: Annotated[
        Path | None,
        Setting(
            "folder of the migrations, where they are not where Prisma looks",
            "must be a folder",
            'migrations = "prisma/postgresql-migrations"',
        ),
    ] = None
    pair: Annotated[
        Pair | None,
        Setting(
            "two schemas kept in step: PostgreSQL in production, SQLite in development",
            "must be a table that names a schema as development or production, or both",
            '[pair]\ndevelopment = "prisma/schema.sqlite.prisma"',
        ),
    ] = None
    rules: Annotated[
        tuple[Levels, ...],
        Setting(
            "how bad findings are, by rule or family, by path and by table; the last that fits a finding counts",
            "must be a table of rules and families, each with a level",
            '[rules]\nlock = "notice"\n\n[[rules.override]]\ntables = ["audit_*"]\ndata-loss = "warning"',
        ),
    ] = ()
    baseline: Annotated[
        Path | None,
        Setting(
            "findings that are known and not told again", "must be a file", 'baseline = "safemigrate-baseline.json"'
        ),
    ] = None
    postgres: Annotated[
        int | None,
        Setting(
            "the server's major version, where none is asked; 15 unless set",
            "must be a major version, 10 or later",
            "postgres = 17",
        ),
    ] = None
    path: Path | None = None  # the file they came from


KEYS = tuple(each.name for each in fields(Settings) if each.name != "path")


def described() -> dict[str, Setting]:
    """Return what each setting is, by its name."""
    hints = get_type_hints(Settings, include_extras=True)
    return {key: hints[key].__metadata__[0] for key in KEYS}


def load(project: Path) -> Settings:
    """Read the settings that hold for a folder; without a file, the defaults.

    Raises ProjectError for a file that is not TOML, an unknown key and a value that makes no sense.
    """
    for folder in (start := project.resolve(), *start.parents):
        own, shared = folder / "safemigrate.toml", folder / "pyproject.toml"
        if own.is_file():
            return _settings(own, _read(own))
        if shared.is_file():
            table = _read(shared).get("tool", {}).get("safemigrate")
            if table is not None:
                return _settings(shared, table)
        if (folder / ".git").exists():
            break
    return Settings()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not valid TOML", str(error)) from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read", error.strerror or str(error)) from error


def _settings(path: Path, table: dict[str, Any]) -> Settings:
    for key in table:
        if key not in KEYS:
            near = get_close_matches(key.replace("-", "_"), KEYS, n=1, cutoff=0.5)
            instead = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(KEYS)}"
            raise ProjectError(f'{path} has an unknown setting "{key}"', instead)
    values = {key: _value(path, key, value) for key, value in table.items()}
    return Settings(**values, path=path)


def _value(path: Path, key: str, value: Any) -> Any:
    match key, value:
        case "shadow", str() if value in SHADOWS:
            return value
        case "snapshot", str() if value in SCOPES:
            return value
        case "shadow_url", str() if "://" in value:
            return value
        case "rules", dict():
            return _rules(path, value)
        case "pair", dict() if {"development", "production"} & value.keys():
            return _pair(path, value)
        case "store" | "schema" | "migrations" | "baseline", str() if value:
            return (path.parent / Path(value).expanduser()).resolve()
        case "guard", bool():
            return value
        case "retention", str() if duration(value):
            return duration(value)
        case _, bool():  # Python counts true as 1
            pass
        case "lock_timeout", int() | float() if value > 0:
            return float(value)
        case "postgres", int() if 10 <= value < 100:
            return value
        case "batch_rows", int() if value > 0:
            return value
        case "retries" | "keep_limit_bytes", int() if value >= 0:
            return value
    must = described()[key].must
    secret = key == "shadow_url" or "://" in str(value)
    raise ProjectError(f"{path}: {key} {must}", "" if secret else f"It is {value!r}.")


def _pair(path: Path, table: dict[str, Any]) -> Pair:
    keys = [each.name for each in fields(Pair)]
    for key, value in table.items():
        if key not in keys:
            raise ProjectError(f'{path} has an unknown setting "pair.{key}"', f"a pair has {', '.join(keys)}")
        if not isinstance(value, str) or not value:
            raise ProjectError(f"{path}: pair.{key} must be a file or folder", f"It is {value!r}.")
    return Pair(**{key: (path.parent / Path(value).expanduser()).resolve() for key, value in table.items()})


def _rules(path: Path, table: dict[str, Any]) -> tuple[Levels, ...]:
    """[rules], then each [[rules.override]]; which names are rules is for `lint` to say."""
    overrides = table.get("override", [])
    if not isinstance(overrides, list) or not all(isinstance(each, dict) for each in overrides):
        raise ProjectError(f"{path}: rules.override must be a list of tables: [[rules.override]]")
    found = []
    general = {key: value for key, value in table.items() if key != "override"}
    for each in (general, *overrides):
        patterns = {key: each[key] for key in ("paths", "tables") if each is not general and key in each}
        for key, value in patterns.items():
            if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
                raise ProjectError(f"{path}: {key} of rules.override must be a list of patterns", f"It is {value!r}.")
        levels = {key: value for key, value in each.items() if key not in patterns}
        for key, value in levels.items():
            if value not in LEVELS:
                raise ProjectError(f"{path}: rules.{key} must be {_one_of(LEVELS)}", f"It is {value!r}.")
        given = {key: tuple(value) for key, value in patterns.items()}
        found.append(Levels(levels, given.get("paths", ()), given.get("tables", ()), path.parent))
    return tuple(found)


def duration(text: str) -> timedelta | None:
    """Read a time such as 30d; None where it is none. Units are h, d and w."""
    found = re.fullmatch(r"(\d{1,6})\s*([hdw])", text.strip())
    if not found:
        return None
    unit = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[found[2]]
    return int(found[1]) * unit
