"""The record of a bug: what a maintainer needs, and no secret."""

from __future__ import annotations

import platform
import re
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from safemigrate import __version__

_URL_PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):[^\s/]*@")  # greedy to the last @: a raw password may hold one
_NAMED_SECRET = re.compile(r"(?i)(password|passwd|pwd|secret|token|api_key)(\s*[=:]\s*)('[^']*'|[^\s&'\"]+)")
_SECRET_OPTION = ("--url", "--shadow-url", "--shadow", "--into")


def redact(text: str) -> str:
    """Hide passwords in URLs, query strings and libpq settings."""
    return _NAMED_SECRET.sub(r"\1\2***", _URL_PASSWORD.sub(r"\1:***@", text))


def redact_arguments(arguments: Sequence[str]) -> list[str]:
    """Hide the value of every option that may carry a URL."""
    hidden: list[str] = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if hidden and hidden[-1] in _SECRET_OPTION:
            hidden.append("***" if ":" in argument else argument)
        elif equals and option in _SECRET_OPTION and ":" in value:
            hidden.append(f"{option}=***")
        else:
            hidden.append(redact(argument))
    return hidden


def record(error: BaseException, arguments: Sequence[str], project: Path | None = None) -> Path:
    """Write a log that only its owner can read, and return its path.

    It goes to the project's `.safemigrate/log` where there is one, else to the platform's folder for logs.
    """
    lines = [
        f"safemigrate {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in ("typer", "rich", "psycopg", "sqlglot")),
        f"arguments: {redact_arguments(arguments)}",
        "",
        redact("".join(traceback.format_exception(error))),
    ]
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}.{datetime.now(UTC).microsecond:06}.log"
    path = _folder(project or Path.cwd()) / name
    path.touch(mode=0o600)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _folder(project: Path) -> Path:
    from platformdirs import user_log_path

    own = project / ".safemigrate"
    for folder in ([own / "log"] if own.is_dir() else []) + [user_log_path("safemigrate", appauthor=False)]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.gettempdir())


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
