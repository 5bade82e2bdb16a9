"""How an outcome leaves: to stdout in one format, and to files in others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from safemigrate.cli.console import Console
from safemigrate.errors import ProjectError, SafemigrateError, word
from safemigrate.model import Outcome, Result, RulePage
from safemigrate.report.formats import Format, View, explains, render, render_error, tells

# Of these even --quiet says why nothing was done.
_LOUD = (Result.BLOCKED, Result.CONFLICTS, Result.INCOMPLETE)


class Telling:
    """What one run of a command writes at its end: `name` is the command, `outputs` are as typed."""

    def __init__(self, console: Console, name: str, stdout: Format, outputs: Sequence[str], *, verbose: bool) -> None:
        self._console = console
        self._name = name
        self._stdout = stdout
        self._outputs = outputs
        self._verbose = verbose
        self._files: dict[Path, Format] = {}

    def prepare(self) -> None:
        """Find out before any work whether all that is wanted can be written."""
        self._require(self._stdout, f"--format {self._stdout}")
        for output in self._outputs:
            name, _, place = output.partition("=")
            if name not in set(Format) or not place:
                known = ", ".join(Format)
                raise typer.BadParameter(f"--output {output}: it is FORMAT=PATH, with a format of {known}.")
            self._require(Format(name), f"--output {output}")
            path = Path(place).absolute()
            if path in self._files:
                raise typer.BadParameter(f"--output {output}: two of them have this path.")
            _require_writable(path, output)
            self._files[path] = Format(name)

    def outcome(self, outcome: Outcome, *, quiet: bool) -> None:
        """Tell what a workflow returned."""
        console = self._console
        plain = View(verbose=self._verbose, folder=_folder(), rules=self._rules())
        view = replace(plain, width=console.width, colour=console.colour(console.stdout))
        if self._stdout not in (Format.TEXT, Format.GITHUB):
            console.data(render(self._stdout, outcome, view))
        else:
            if self._stdout is Format.GITHUB:
                console.data(render(Format.GITHUB, outcome, view))
            if not quiet or outcome.result in _LOUD:
                console.data(render(Format.TEXT, outcome, view))
        self._write(lambda name: render(name, outcome, plain))

    def error(self, error: SafemigrateError) -> None:
        """Tell what stopped the command; as text the caller does."""
        if self._stdout is not Format.TEXT:
            self._console.data(render_error(self._stdout, self._name, error))
        self._write(lambda name: render_error(name, self._name, error))

    def bug(self, error: Exception) -> None:
        """Leave no file of an earlier run where a reader would take it for this one's."""
        stopped = SafemigrateError(f"{self._name} stopped by itself: {type(error).__name__}", "stderr says more.")
        self._write(lambda name: render_error(name, self._name, stopped))

    def _rules(self) -> dict[str, RulePage]:
        if not any(explains(each) for each in (self._stdout, *self._files.values())):
            return {}
        from safemigrate.workflow.rules import pages

        return {page.name: page for page in pages()}

    def _require(self, name: Format, typed: str) -> None:
        if not tells(name, self._name):
            told = ", ".join(each for each in Format if tells(each, self._name))
            raise typer.BadParameter(f"{typed}: {self._name} is told as {told}.")

    def _write(self, text: Callable[[Format], str]) -> None:
        """Write every file, whole or not at all; the command has done its work, so one that fails hides no other."""
        if not self._files:
            return
        from safemigrate.disk import write_whole

        for path, name in self._files.items():
            try:
                write_whole(path, text(name))
            except OSError as error:
                self._console.error(f"✖ {path} could not be written: {error.strerror or error}")


def _require_writable(path: Path, output: str) -> None:
    folder = path.parent
    if path.is_dir():
        raise ProjectError(f"{path} of --output {output} is a folder", "A report is one file.")
    if not folder.is_dir():
        raise ProjectError(
            f"{folder} of --output {output} is no folder", "Nothing was done.", (f"mkdir -p {word(folder)}",)
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ProjectError(
            f"{folder} of --output {output} is not writable", "Nothing was done.", (f"ls -ld {word(folder)}",)
        )


def _folder() -> str:
    """Where this folder is in the repository, as far as a runner says where that begins; "" at its top."""
    here = Path.cwd()
    top = Path(os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or here)
    return here.relative_to(top).as_posix() if here.is_relative_to(top) else ""
