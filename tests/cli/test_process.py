"""The program as a process of its own: signals, and a real terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import typing

SCRIPT = """
import sys, time
from types import ModuleType
from safemigrate.cli.app import run
from safemigrate.model import Outcome, Progress, Result
import safemigrate.workflow

def status(request, shadow):
    request.on_progress(Progress("look"))
    {body}
    return Outcome("status", Result.OK)

module = ModuleType("safemigrate.workflow.status")
module.status = status
sys.modules[module.__name__] = safemigrate.workflow.status = module
sys.argv = ["safemigrate", "status"]
run()
"""
SLEEP = "print('asleep', flush=True); time.sleep(60)"


def environment(**more: str) -> dict[str, str]:
    dropped = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, "TERM": "xterm", "COLUMNS": "60", **more}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_130_and_says_how_the_database_stands(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(body=SLEEP)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asleep\n"
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "✖ look" in stderr
    assert "✖ Interrupted\n" in stderr
    assert stderr.endswith("  → safemigrate status\n")


def test_a_second_signal_does_not_stop_the_cleaning_up(tmp_path: Path) -> None:
    body = "\n    ".join(
        ("try:", f"    {SLEEP}", "finally:", "    print('cleaning', flush=True); time.sleep(0.5); print('clean')")
    )
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(body=body)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asleep\n"
        process.terminate()
        assert process.stdout.readline() == "cleaning\n"
        process.terminate()
        assert process.communicate(timeout=30)[0] == "clean\n"
    assert process.returncode == 130


def in_terminal(body: str, typed: str, folder: Path) -> tuple[int, str]:
    """Run in a terminal of its own, type once a question stands there, and return the exit code and the screen."""
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-c", SCRIPT.format(body=body)]
    with subprocess.Popen(
        arguments, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment()
    ) as process:
        os.close(theirs)
        screen = typing(ours, b"go on:", typed)
    os.close(ours)
    return process.returncode, screen


def test_consent_in_a_real_terminal(tmp_path: Path) -> None:
    body = "assert request.interactive; assert request.consent('shop', ['all of it'])"
    code, screen = in_terminal(body, "shop\n", tmp_path)
    assert code == 0
    assert "✔" in screen.partition("This would be lost")[0]
    assert "  ✖ all of it" in screen
    assert screen.count("\x1b[?25h") == 1  # the cursor came back before the question


def test_a_live_table_in_a_real_terminal(tmp_path: Path) -> None:
    code, screen = in_terminal("request.on_progress(Progress('prove', '12 tables'))", "", tmp_path)
    assert code == 0
    last = screen[screen.rindex("look") :]
    assert "prove" in last
    assert "12 tables" in last
    assert "\x1b[32m✔" in screen
