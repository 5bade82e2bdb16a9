from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate import proc
from safemigrate.db.postgres import connect, server
from safemigrate.db.programs import OVERRIDE, server_installation
from safemigrate.errors import ConnectionFailed, ShadowError
from safemigrate.shadow import local
from safemigrate.shadow.local import running

CHILD = """
import sys, time
from safemigrate.db.programs import server_installation
from safemigrate.shadow.local import running
with running(server_installation()) as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary directory of the test's own, so that nothing of other runs is seen or swept."""
    tmp_path_factory.getbasetemp()  # pytest chooses its own place once, and not in ours
    place = Path(tempfile.mkdtemp(prefix="sm-"))
    place.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield place
    shutil.rmtree(place)


def test_a_server_lives_as_long_as_its_block(temporary: Path) -> None:
    with running(server_installation(), user="Böb app") as started:
        with connect(started.url) as connection:
            found = server(connection)
        assert (found.user, found.superuser, found.major) == ("Böb app", True, started.major)
        assert started.folder.parent == temporary
        url = started.url
    assert list(temporary.iterdir()) == []
    with pytest.raises(ConnectionFailed), connect(url):
        pass


def test_nobody_else_can_reach_it() -> None:
    with running(server_installation()) as started, connect(started.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert (started.folder / "data").stat().st_mode & 0o777 == 0o700


def test_it_is_gone_after_an_error_too(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), running(server_installation()):
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["pg_monitor", "O'Neil", ""])
def test_names_that_initdb_refuses_are_not_given_to_the_superuser(name: str) -> None:
    with running(server_installation(), user=name) as started:
        assert started.user == "postgres"


def test_the_embedded_wheel_serves_where_the_machine_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, "none")
    installation = server_installation()
    assert installation.source == "embedded"
    with running(installation) as started, connect(started.url) as connection:
        assert server(connection).major == installation.major


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root runs it as someone else")
def test_the_wheel_in_a_folder_of_root_is_copied_and_no_permission_changed(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.setenv(OVERRIDE, "none")
    monkeypatch.setattr(local, "_open_to_others", lambda _folder: False)
    wheel = server_installation()
    before = wheel.folder.stat().st_mode
    with running(wheel) as started, connect(started.url) as connection:
        assert started.installation.folder.is_relative_to(started.folder)
        assert server(connection).major == wheel.major
    assert wheel.folder.stat().st_mode == before
    assert list(temporary.iterdir()) == []


def test_ctrl_c_leaves_nothing_behind(temporary: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().decode().strip())
        assert (folder / "data" / "postmaster.pid").exists()
        child.send_signal(signal.SIGINT)
        child.wait(20)
    assert not folder.exists()


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_uses_is_not(temporary: Path) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as killed,
        running(server_installation()) as living,
    ):
        assert killed.stdout is not None
        folder = Path(killed.stdout.readline().decode().strip())
        postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        assert local.sweep() == []
        killed.kill()
        killed.wait()
        assert local.sweep() == [folder]
        assert not folder.exists()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and Path(f"/proc/{postmaster}/cmdline").exists():
            time.sleep(0.05)
        with connect(living.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_only_our_own_abandoned_folders_are_swept(temporary: Path) -> None:
    stranger = temporary / f"{local.PREFIX}stranger"
    stranger.mkdir()
    (stranger / "keep").touch()
    assert local.sweep() == []  # no lock yet, and too young to be given up
    assert (stranger / "keep").exists()


def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    monkeypatch.setitem(local._SETTINGS, "max_connections", "none")
    with pytest.raises(ShadowError, match="did not start") as caught, running(server_installation()):
        pass
    assert "max_connections" in caught.value.why
    assert list(temporary.iterdir()) == []


def test_a_damaged_copy_of_initdbs_work_is_made_anew(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    cache = temporary / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _name: cache)
    with running(server_installation()):
        pass
    (kept,) = (cache / "initdb").iterdir()
    (kept / "global" / "pg_control").write_bytes(b"")
    with running(server_installation()) as started, connect(started.url):
        pass
    assert (kept / "global" / "pg_control").stat().st_size > 0


def test_only_a_few_copies_are_kept(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    cache = temporary / "cache"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _name: cache)
    for number in range(9):
        (cache / "initdb" / str(number)).mkdir(parents=True)
        os.utime(cache / "initdb" / str(number), (number, number))
    with running(server_installation()):
        pass
    assert sorted(path.name for path in (cache / "initdb").iterdir())[:5] == ["4", "5", "6", "7", "8"]


def test_a_long_temporary_directory_does_not_break_the_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert local._short_temporary_directory() == "/tmp"


def test_a_failed_initdb_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(arguments: object, **_rest: object) -> proc.Completed:
        return proc.Completed(1, "", "initdb: error: no space")

    monkeypatch.setattr("platformdirs.user_cache_path", lambda _name: Path("/nonexistent"))
    monkeypatch.setattr("safemigrate.proc.run", failing)
    with pytest.raises(ShadowError, match="initdb of PostgreSQL") as caught, running(server_installation()):
        pass
    assert caught.value.why == "initdb: error: no space"
