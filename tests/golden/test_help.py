from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.cli.app import COMMANDS, SNAPSHOT_COMMANDS

PROGRAM = Path(sysconfig.get_path("scripts")) / "safemigrate"


@pytest.mark.parametrize("command", ["", *COMMANDS, "snapshot", *SNAPSHOT_COMMANDS])
def test_help(command: str, golden: Callable[[str, str], None]) -> None:
    # Typer takes GITHUB_ACTIONS and FORCE_COLOR for a terminal, and COLUMNS for its width.
    environment = {key: value for key, value in os.environ.items() if key not in ("GITHUB_ACTIONS", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, PROGRAM, *command.split(), "--help"],
        env={**environment, "COLUMNS": "80", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    golden(f"help/{command.replace(' ', '-') or 'safemigrate'}.txt", done.stdout)
