"""What a project says once instead of on every command line: `safemigrate.toml`, or `[tool.safemigrate]`.

The nearest file counts, from the project's folder up to the top of its repository; files are not merged.
In one folder `safemigrate.toml` comes before `pyproject.toml`. A flag always wins over a setting.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from safemigrate.errors import ProjectError

SHADOWS = ("local", "docker", "embedded")
BATCH_ROWS = 50_000
SCOPES = ("scoped", "full", "none")
LEVELS = ("off", "notice", "warning", "error")


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
class Settings:
    """The settings of a project, with their defaults; paths are absolute.

    `lock_timeout` is in seconds. `batch_rows` is how many rows a rollback brings back in one transaction.
    `keep_limit_bytes` is the most a migration may leave kept in the database; None is no limit. `retention` is how long
    what is kept may stay before a plain `prune` ends it; nothing does so by itself. `guard` makes plain
    `prisma migrate deploy` stop after a rollback too. `shadow_url` wins over `shadow`. Of `rules` the last that fits a
    finding counts. `baseline` holds the findings that are known. `postgres` is the
    server's major version, where none is asked. `path` is the file they came from, None without one.
    """

    shadow: str | None = None
    shadow_url: str | None = field(default=None, repr=False)
    snapshot: str = "scoped"
    lock_timeout: float = 3.0
    retries: int = 5
    batch_rows: int = BATCH_ROWS
    keep_limit_bytes: int | None = None
    guard: bool = False
    retention: timedelta | None = None
    store: Path | None = None
    schema: Path | None = None
    migrations: Path | None = None
    rules: tuple[Levels, ...] = ()
    baseline: Path | None = None
    postgres: int | None = None
    path: Path | None = None


KEYS = tuple(each.name for each in fields(Settings) if each.name != "path")


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
    wanted = {
        "shadow": f"must be {_one_of(SHADOWS)}; a URL goes into shadow_url",
        "snapshot": f"must be {_one_of(SCOPES)}",
        "shadow_url": "must be a URL, postgresql://...",
        "guard": "must be true or false",
        "retention": 'must be a time like "30d", "8w" or "12h"',
        "store": "must be a folder",
        "schema": "must be a file or folder",
        "migrations": "must be a folder",
        "rules": "must be a table of rules and families, each with a level",
        "baseline": "must be a file",
        "postgres": "must be a major version, 10 or later",
        "lock_timeout": "must be a number of seconds above 0",
        "batch_rows": "must be a whole number above 0",
        "retries": "must be a whole number, 0 or more",
        "keep_limit_bytes": "must be a whole number of bytes, 0 or more",
    }[key]
    secret = key == "shadow_url" or "://" in str(value)
    raise ProjectError(f"{path}: {key} {wanted}", "" if secret else f"It is {value!r}.")


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


def _one_of(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
