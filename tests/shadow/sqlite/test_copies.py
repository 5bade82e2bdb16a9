from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from safemigrate import proc
from safemigrate.shadow.sqlite.copies import copies
from tests.children import forked, was_killed


def test_what_a_kill_leaves_goes_with_the_next_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has every row."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def work() -> None:
        with copies() as made, made.opened("now") as connection:
            connection.execute("CREATE TABLE t (a)")
            os.kill(os.getpid(), signal.SIGKILL)

    assert was_killed(forked(work))
    [left] = tmp_path.iterdir()
    assert (left / "now.db").exists()
    with copies() as made:
        proc.sweep()
        assert [*tmp_path.iterdir()] == [made.folder]
    assert [*tmp_path.iterdir()] == []
