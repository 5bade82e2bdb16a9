from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from safemigrate import proc
from safemigrate.shadow.sqlite.copies import Copies, copies
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


def test_a_large_change_takes_no_memory_of_its_size(tmp_path: Path) -> None:
    """What was there stands in a journal on the disk until it is committed, however much it is."""
    made = Copies(tmp_path)
    with made.opened("now") as connection:
        connection.execute("CREATE TABLE t AS SELECT zeroblob(5000) a")
        with connection.transaction():
            connection.execute("UPDATE t SET a = zeroblob(6000)")
            assert (tmp_path / "now.db-journal").stat().st_size > 0
    assert [*tmp_path.iterdir()] == [made.path("now")]
