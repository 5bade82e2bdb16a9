from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from safemigrate.cli.console import Console, Output, Streams


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        super().isatty()  # raises when closed, as a file does
        return True


def console(environment: dict[str, str], *, terminal: bool = True) -> Console:
    stream = Terminal if terminal else io.StringIO
    return Console(Streams(stream(), stream(), stream(), environment))


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour(terminal: bool, environment: dict[str, str], coloured: bool) -> None:
    shown = console(environment, terminal=terminal)
    assert shown.colour(shown.stdout) is coloured


@pytest.mark.parametrize(
    ("terminal", "environment", "live"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"CI": "true"}, False),
        (True, {"CI": "false"}, True),
        (True, {"CI": ""}, True),
        (True, {"TF_BUILD": "True"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_live(terminal: bool, environment: dict[str, str], live: bool) -> None:
    assert console(environment, terminal=terminal).live is live


def test_nothing_is_asked_without_a_person() -> None:
    assert console({}).can_ask
    assert console({"TERM": "dumb"}).can_ask
    assert not console({}, terminal=False).can_ask
    assert not console({"CI": "1"}).can_ask
    assert not Console(Streams(Terminal(), Terminal(), Terminal(), {}), interactive=False).can_ask
    stderr_goes_to_a_file = Console(Streams(Terminal(), Terminal(), io.StringIO(), {}))
    assert not stderr_goes_to_a_file.can_ask
    closed = Terminal()
    closed.close()
    assert not Console(Streams(closed, Terminal(), Terminal(), {})).can_ask


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "✔ é → 猫\n"), ("latin-1", "+ é > \\u732b\n"), ("ascii", "+ \\xe9 > \\u732b\n")],
)
def test_what_an_encoding_lacks_is_spelled_out(encoding: str, written: str) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding, newline="\n")
    Console(Streams(io.StringIO(), stdout, io.StringIO(), {})).data("✔ é → 猫")
    assert raw.getvalue().decode(encoding) == written


def test_a_closed_pipe_is_survived_and_stays_silent() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        output = Output(stream)
        for _ in range(3):
            output.write("x" * 100_000)
            output.flush()


def test_a_full_disk_is_survived() -> None:
    with Path("/dev/full").open("w") as stream:
        output = Output(stream)
        output.write("x" * 100_000)
        output.flush()


def test_what_is_said_cannot_write_to_the_terminal() -> None:
    stderr = Terminal()
    Console(Streams(Terminal(), Terminal(), stderr, {})).say("evil\x1b[2J\nnext")
    assert stderr.getvalue() == "evil\N{REPLACEMENT CHARACTER}[2J\nnext\n"
