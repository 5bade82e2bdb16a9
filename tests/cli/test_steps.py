from __future__ import annotations

import io
import re

import pytest

from safemigrate.cli.console import Console, Streams
from safemigrate.cli.steps import Steps
from safemigrate.model import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Half a second passes with each look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.5
        return self.seconds


def plain(stream: io.StringIO, *, verbose: bool = False, quiet: bool = False) -> Steps:
    console = Console(Streams(io.StringIO(), io.StringIO(), stream, {}), quiet=quiet)
    return Steps(console, verbose=verbose, now=Clock())


def work(steps: Steps) -> None:
    with steps:
        steps(Progress("snapshot", "User", 1, 2))
        steps(Progress("snapshot", "Post", 2, 2))
        steps(Progress("snapshot", "2 tables"))
        steps(Progress("rehearse"))


def fail(steps: Steps) -> None:
    with steps:
        steps(Progress("snapshot"))
        steps(Progress("rehearse"))
        raise ZeroDivisionError


def test_one_line_for_each_finished_step() -> None:
    stream = io.StringIO()
    work(plain(stream))
    assert stream.getvalue() == "✔ snapshot: 2 tables (1.0s)\n✔ rehearse (0.5s)\n"


def test_a_long_step_says_every_half_minute_how_far_it_is() -> None:
    stream = io.StringIO()
    with plain(stream) as steps:
        for number in range(1, 101):
            steps(Progress("prove", f"migration {number}", number, 200))
    assert stream.getvalue().splitlines() == [
        "  prove: 30% migration 61 (30s)",
        "✔ prove: migration 100 (50.0s)",
    ]


def test_verbose_tells_each_sign_of_life() -> None:
    stream = io.StringIO()
    work(plain(stream, verbose=True))
    assert stream.getvalue().splitlines()[:4] == [
        "  snapshot: User",
        "  snapshot: Post",
        "  snapshot: 2 tables",
        "✔ snapshot: 2 tables (0.5s)",
    ]


def test_quiet_shows_nothing() -> None:
    stream = io.StringIO()
    work(plain(stream, quiet=True))
    assert stream.getvalue() == ""


def test_the_step_that_failed_is_marked() -> None:
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError):
        fail(plain(stream))
    assert stream.getvalue() == "✔ snapshot (0.5s)\n✖ rehearse (0.5s)\n"


def test_a_terminal_gets_a_table_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with Steps(Console(Streams(Terminal(), Terminal(), stream, {}))) as steps:
        steps(Progress("snapshot", "User", 1, 2))
        steps(Progress("rehearse", "[bold]not markup"))
        steps.pause()
        steps(Progress("apply"))
    written = stream.getvalue()
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 2  # the cursor was hidden and came back
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    first, _, second = shown.rpartition("✔ apply")
    assert "✔ snapshot" in first
    assert "✔ rehearse [bold]not markup" in first
    assert "0.0s" in second


def test_a_terminal_marks_the_step_that_failed() -> None:
    stream = Terminal()
    with pytest.raises(ZeroDivisionError):
        fail(Steps(Console(Streams(Terminal(), Terminal(), stream, {}))))
    assert "✖" in stream.getvalue()
