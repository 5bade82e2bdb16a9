"""Data directories in the cache: whole or not there, few, and safe from runs at the same time and from kill -9."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.programs import server_installation
from safemigrate.db.session import run, value
from safemigrate.shadow import kept as module
from safemigrate.shadow.kept import Kept, drop
from safemigrate.shadow.local import running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "safemigrate" / "x"


def data(tmp_path: Path, name: str, text: str) -> Path:
    folder = tmp_path / name
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "1").write_text(text)
    return folder


def test_what_is_kept_is_taken(tmp_path: Path, cache: Path) -> None:
    kept = Kept("x", 2)
    assert kept.take("a", tmp_path / "none") is None
    kept.put("a", data(tmp_path, "one", "1"))
    assert kept.take("a", tmp_path / "copy") == cache / "a"
    assert (tmp_path / "copy" / "base" / "1").read_text() == "1"
    kept.put("a", data(tmp_path, "two", "2"))  # another run was first
    assert (cache / "a" / "base" / "1").read_text() == "1"
    assert [path.name for path in cache.iterdir()] == ["a"]


def test_the_longest_unused_goes(tmp_path: Path, cache: Path) -> None:
    kept = Kept("x", 2)
    for number, key in enumerate("abc"):
        kept.put(key, data(tmp_path, key, key))
        os.utime(cache / key, (number, number))
        if key == "b":
            assert kept.take("a", tmp_path / "copy")
    assert sorted(path.name for path in cache.iterdir()) == ["a", "c"]


def test_one_that_goes_while_it_is_copied_is_not_taken(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept("x", 2)
    kept.put("a", data(tmp_path, "one", "1"))

    def copy(source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        drop(source)

    monkeypatch.setattr(module, "copy", copy)
    assert kept.take("a", tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


def _hammer(home: str, number: int, seconds: float) -> None:
    os.environ["XDG_CACHE_HOME"] = home
    kept, end = Kept("x", 2), time.monotonic() + seconds
    while time.monotonic() < end:
        for key in "abc":
            mine = Path(home, f"data{number}")
            if kept.take(key, mine):
                # every copy is whole, or it was not taken
                assert len(list((mine / "base").iterdir())) == 50
            else:
                (mine / "base").mkdir(parents=True)
                for name in range(50):
                    (mine / "base" / str(name)).write_text(key)
                kept.put(key, mine)
            shutil.rmtree(mine)


def test_runs_at_the_same_time_get_whole_copies(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    home = str(tmp_path / "cache")
    processes = [context.Process(target=_hammer, args=(home, number, 1.0)) for number in range(3)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    assert [one.exitcode for one in processes] == [0, 0, 0]


KILLED = """
import sys
from pathlib import Path
from safemigrate.shadow.kept import Kept
print("begins", flush=True)
Kept("x", 2).put("a", Path(sys.argv[1]))
"""


def test_a_kill_leaves_none_half_written(tmp_path: Path, cache: Path) -> None:
    big = data(tmp_path, "big", "x")
    for number in range(3000):
        (big / "base" / f"f{number}").write_text("x" * 2000)
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(big)], stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout is not None
    child.stdout.readline()
    while not list(cache.glob("a.*")) and child.poll() is None:
        time.sleep(0.002)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    kept = Kept("x", 2)
    if taken := kept.take("a", tmp_path / "copy"):  # the kill came too late
        assert len(list((taken / "base").iterdir())) == 3001
    for key in "bc":  # what was left goes with the oldest
        kept.put(key, data(tmp_path, key, key))
    assert sorted(path.name for path in cache.iterdir()) == ["b", "c"]


def test_a_server_begins_with_the_first_seed_that_is_kept(tmp_path: Path, cache: Path) -> None:
    installation = server_installation()
    with running(installation) as started:
        assert started.seed == ""
        with connect(started.url) as connection:
            run(connection, "CREATE TABLE made (x int)")
        started.keep("one")
        with connect(started.url) as connection:  # it goes on
            assert value(connection, "SELECT count(*) FROM made") == 0
            run(connection, "DROP TABLE made")
    with running(installation, seeds=("two", "one")) as started:
        assert started.seed == "one"
        with connect(started.url) as connection:
            assert value(connection, "SELECT count(*) FROM made") == 0
    (kept,) = (cache.parent / "ends").iterdir()
    (kept / "global" / "pg_control").write_bytes(b"")  # damaged: let go of, and begun anew
    with running(installation, seeds=("two", "one")) as started:
        assert started.seed == ""
    assert list((cache.parent / "ends").iterdir()) == []
