"""Where words go: stdout carries the data asked for, stderr everything else.

Colour follows NO_COLOR, FORCE_COLOR and the terminal. Nothing is asked where nobody can answer. A stream that
breaks (a closed pipe, a lost terminal) goes silent: it must never stop work on a database half way.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from safemigrate.model.value import dataclass
from safemigrate.report import CONTROL

ASCII = str.maketrans({"✔": "+", "✖": "x", "→": ">", "·": "-", "…": "~", "─": "-", "×": "x", "⠿": "*"})


class Output:
    """A text stream that cannot fail: what it cannot encode is spelled in ASCII, what it cannot take is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "utf-8"
        try:
            "✔✖→".encode(self.encoding)
            self.ascii = False
        except (UnicodeEncodeError, LookupError):
            self.ascii = True

    def write(self, text: str) -> int:
        """Write, as far as it goes."""
        if self.ascii:
            text = text.translate(ASCII)
        text = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        try:
            self._stream.write(text)
        except OSError:
            self._abandon()
        return len(text)

    def flush(self) -> None:
        """Flush, as far as it goes."""
        try:
            self._stream.flush()
        except OSError:
            self._abandon()

    def isatty(self) -> bool:
        """Whether a person is looking."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's own descriptor."""
        return self._stream.fileno()

    def _abandon(self) -> None:
        # Python flushes its streams once more at exit and would complain (docs: signal, "Note on SIGPIPE").
        with suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)


@dataclass(frozen=True, slots=True)
class Streams:
    """The process's own streams and environment; tests bring others."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environment: Mapping[str, str]

    @classmethod
    def of_process(cls) -> Streams:
        """The streams as they are now, which a test may have replaced."""
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)


class Console:
    """What a command may say and ask. `interactive` False never asks; `quiet` drops all but data and errors."""

    def __init__(self, streams: Streams | None = None, *, quiet: bool = False, interactive: bool = True) -> None:
        streams = streams or Streams.of_process()
        environment = streams.environment
        self.quiet = quiet
        self.stdout, self.stderr, self._stdin = Output(streams.stdout), Output(streams.stderr), streams.stdin
        dumb = environment.get("TERM") == "dumb"
        # The CI variable is set to "true" by GitHub, GitLab, CircleCI and others; Azure has TF_BUILD alone.
        automatic = environment.get("CI", "false") not in ("", "0", "false") or "TF_BUILD" in environment
        self.live = self.stderr.isatty() and not dumb and not automatic and not quiet
        self.can_ask = interactive and not automatic and _isatty(streams.stdin) and self.stderr.isatty()
        self._colour = None if not environment.get("FORCE_COLOR") else True
        if environment.get("NO_COLOR") or dumb:
            self._colour = False

    def colour(self, stream: Output) -> bool:
        """Whether to colour what goes to a stream."""
        return stream.isatty() if self._colour is None else self._colour

    @property
    def width(self) -> int:
        """Columns of the terminal; 80 where there is none."""
        return shutil.get_terminal_size().columns

    def data(self, text: str) -> None:
        """Write what was asked for."""
        self.stdout.write(text if text.endswith("\n") else text + "\n")
        self.stdout.flush()

    def error(self, rendered: str) -> None:
        """Write what a user must not miss, quiet or not; it may hold colour."""
        self.stderr.write(rendered if rendered.endswith("\n") else rendered + "\n")
        self.stderr.flush()

    def say(self, text: str) -> None:
        """Write what is good to know."""
        if not self.quiet:
            self.error(text.translate(CONTROL))

    def read(self) -> bytes:
        """All of stdin, as it came."""
        binary = getattr(self._stdin, "buffer", None)
        return bytes(binary.read()) if binary else self._stdin.read().encode()

    def ask(self, question: str) -> str:
        """Ask, and return the line typed, stripped; "" when the user closed the input. Call only where `can_ask`."""
        assert self.can_ask
        self.stderr.write(question.translate(CONTROL))
        self.stderr.flush()
        return self._stdin.readline().strip()


def _isatty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed, as a daemon's stdin is
        return False
