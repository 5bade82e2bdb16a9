from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

import safemigrate.workflow
from safemigrate.cli.app import main
from safemigrate.model import Outcome, Result


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Ran:
    code: int
    stdout: str
    stderr: str


@dataclass
class Workflows:
    """Stands in for every workflow: records what it was called with, and does what `act` does."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    act: Callable[..., Outcome] = lambda *_: Outcome("apply", Result.NOTHING)

    def called(self, *arguments: Any) -> Outcome:
        self.calls.append(arguments)
        return self.act(*arguments)


@pytest.fixture
def workflows(monkeypatch: pytest.MonkeyPatch) -> Workflows:
    recorder = Workflows()
    names = {
        "apply": ("apply",),
        "rollback": ("rollback",),
        "status": ("status",),
        "doctor": ("doctor",),
        "release": ("release",),
        "prune": ("prune",),
        "erase": ("erase",),
        "init": ("init",),
        "prune_snapshots": ("prune",),
        "prove": ("prove",),
        "demo": ("demo",),
        "snapshot": ("create", "list_", "verify", "restore"),
    }
    for name, functions in names.items():
        module = ModuleType(f"safemigrate.workflow.{name}")
        for function in functions:
            setattr(module, function, lambda *arguments, _as=function: recorder.called(_as, *arguments))
        for options in (
            "InitOptions",
            "SnapshotPruneOptions",
        ):
            setattr(module, options, lambda **values: values)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(safemigrate.workflow, name, module, raising=False)
    for options in ("ApplyOptions", "EraseOptions", "ProveOptions", "PruneOptions", "RollbackOptions"):
        monkeypatch.setattr(f"safemigrate.workflow.options.{options}", lambda **values: values)
    return recorder


Invoke = Callable[..., Ran]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Invoke:
    """Run a command line in this process; `answers` are what a person types, None where there is no terminal."""
    for name in ("CI", "TF_BUILD", "GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR", "SAFEMIGRATE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, answers: str | None = None) -> Ran:
        stream = io.StringIO if answers is None else Terminal
        stdin, stdout, stderr = stream(answers or ""), stream(), stream()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stdin)
            patch.setattr(sys, "stdout", stdout)
            patch.setattr(sys, "stderr", stderr)
            code = main(arguments)
        return Ran(code, stdout.getvalue(), stderr.getvalue())

    return run
