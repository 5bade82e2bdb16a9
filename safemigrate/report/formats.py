"""Every format by its name: the module that writes it, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

from safemigrate.errors import SafemigrateError
from safemigrate.model import Outcome, RulePage
from safemigrate.model.value import dataclass


class Format(StrEnum):
    """How an outcome is told."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    GITLAB = "gitlab"
    JUNIT = "junit"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class View:
    """Who looks: the columns and colour of a terminal, and where paths begin, as seen from the repository's top.

    `rules` are the pages of the rules, by name.
    """

    width: int = 80
    colour: bool = False
    verbose: bool = False
    folder: str = ""
    rules: Mapping[str, RulePage] | None = None


@dataclass(frozen=True, slots=True)
class _Module:
    """A module of this package; `takes` are the parts of a view that its functions take.

    It tells the outcome of `commands`, of every one where there are none.
    """

    name: str
    takes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


_MIGRATIONS = ("check", "apply", "prove", "rollback")
_FINDINGS = ("check", "apply", "prove")

MODULES = {
    Format.TEXT: _Module("text", ("verbose", "width", "colour")),
    Format.JSON: _Module("json_v1"),
    Format.GITHUB: _Module("github", ("folder",)),
    Format.MARKDOWN: _Module("markdown", commands=_MIGRATIONS),
    Format.SARIF: _Module("sarif", ("folder", "rules"), _FINDINGS),
    Format.GITLAB: _Module("gitlab", ("folder",), _FINDINGS),
    Format.JUNIT: _Module("junit", commands=_FINDINGS),
    Format.HTML: _Module("html", ("rules",), _MIGRATIONS),
}


def tells(name: Format, command: str) -> bool:
    """Whether a format has words for what a command returns."""
    commands = MODULES[name].commands
    return not commands or command in commands


def explains(name: Format) -> bool:
    """Whether a format tells of the rules, too, and takes their pages."""
    return "rules" in MODULES[name].takes


def render(name: Format, outcome: Outcome, view: View) -> str:
    """Write what a workflow returned."""
    module = MODULES[name]
    text = "reading" if name is Format.TEXT and outcome.command in ("check", "rules", "explain") else module.name
    return str(_of(text).render(outcome, **_taken(module, view)))


def render_error(name: Format, command: str, error: SafemigrateError) -> str:
    """Write what stopped a command."""
    if name is Format.TEXT:
        return str(_of("text").render_error(error))
    return str(_of(MODULES[name].name).render_error(command, error))


def _of(name: str) -> Any:
    return import_module(f"safemigrate.report.{name}")


def _taken(module: _Module, view: View) -> dict[str, Any]:
    return {name: getattr(view, name) for name in module.takes}
