from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safemigrate import proc


def test_a_program_is_run_to_its_end() -> None:
    code = "import sys; print(sys.stdin.read()); print('why', file=sys.stderr); sys.exit(3)"
    assert proc.run([sys.executable, "-c", code], stdin="äöü") == proc.Completed(3, "äöü\n", "why\n")


def test_the_environment_is_added_to_and_taken_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    code = "import os; print(os.environ.get('PGSERVICE'), os.environ['PGHOST'], 'PATH' in os.environ)"
    done = proc.run([sys.executable, "-c", code], environment={"PGSERVICE": None, "PGHOST": "here"})
    assert done.stdout == "None here True\n"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(proc.ProgramMissing, match="no-such-program"):
        proc.run(["no-such-program"])


def test_a_program_that_does_not_end_is_killed() -> None:
    with pytest.raises(TimeoutError, match="did not end within"):
        proc.run([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.3)


OUTER = """
import subprocess, sys
from pathlib import Path
from safemigrate import proc

def communicate(self, *arguments, **options):
    Path("pid.new").write_text(str(self.pid))
    Path("pid.new").rename("pid")
    return real(self, *arguments, **options)

real, subprocess.Popen.communicate = subprocess.Popen.communicate, communicate
proc.run([sys.executable, "-c", "import time; time.sleep(60)"])
"""


def test_a_program_does_not_outlive_ctrl_c(tmp_path: Path) -> None:
    outer = proc.start([sys.executable, "-c", OUTER], output=tmp_path / "log", cwd=tmp_path)
    while not (tmp_path / "pid").exists():
        assert outer.status is None
    outer.end(signal.SIGINT, 10)  # reaches the outer program alone
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_both_streams_are_read_while_it_runs() -> None:
    lines: list[str] = []
    code = "import sys; [print('x' * 1000, file=sys.stderr) for _ in range(500)]; print('end')"
    with proc.stream([sys.executable, "-c", code], on_line=lines.append) as (output, wait):
        assert output.read() == b"end\n"
        assert wait().status == 0
    assert len(lines) == 500


def test_a_stream_that_is_left_is_killed() -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with proc.stream([sys.executable, "-c", code]) as (output, _wait):
        pid = int(output.readline())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_background_program_has_its_own_session_and_ends_when_told(tmp_path: Path) -> None:
    code = "import os, time; print(os.getsid(0) == os.getpid(), flush=True); time.sleep(60)"
    running = proc.start([sys.executable, "-c", code], output=tmp_path / "log")
    while not (tmp_path / "log").read_text():
        assert running.status is None
    running.end(signal.SIGTERM, 5)
    assert running.status == -signal.SIGTERM
    assert (tmp_path / "log").read_text() == "True\n"


def test_a_background_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    running = proc.start([sys.executable, "-c", code], output=tmp_path / "log")
    while not (tmp_path / "log").read_text():
        assert running.status is None
    running.end(signal.SIGTERM, 0.2)
    assert running.status == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can run as someone else")
def test_a_program_runs_as_another_user_without_our_groups() -> None:
    done = proc.run(["/bin/sh", "-c", "id -u; id -G"], account=proc.Account(65534, 65534), cwd=Path("/"))
    assert done.stdout == "65534\n65534\n"


def test_a_folder_is_abandoned_only_when_its_owner_is_gone(tmp_path: Path) -> None:
    with proc.owned(tmp_path):
        assert not proc.abandoned(tmp_path)
    assert proc.abandoned(tmp_path)


def test_a_folder_without_a_lock_is_given_time_to_get_one(tmp_path: Path) -> None:
    assert not proc.abandoned(tmp_path)
    os.utime(tmp_path, (0, 0))
    assert proc.abandoned(tmp_path)


def test_a_folder_whose_owner_was_killed_is_abandoned(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from safemigrate import proc\n"
        "with proc.owned(pathlib.Path(sys.argv[1])): print('owned', flush=True); time.sleep(60)"
    )
    with proc.stream([sys.executable, "-c", code, tmp_path]) as (output, _wait):
        assert output.readline() == b"owned\n"
        assert not proc.abandoned(tmp_path)
    assert proc.abandoned(tmp_path)  # leaving the block killed it


def test_a_folder_that_an_orphan_still_writes_to_is_swept_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    with proc.owned(folder):
        pass
    script = "while :; do mkdir -p data; : > data/$RANDOM; done"
    with subprocess.Popen(["bash", "-c", script], cwd=folder, stderr=subprocess.DEVNULL) as orphan:
        while not (folder / "data").exists():
            time.sleep(0.01)
        for _ in range(20):
            proc.remove(folder)
            if not folder.exists():
                break
            assert proc.abandoned(folder)
        orphan.kill()
    if folder.exists():
        proc.remove(folder)
    assert not folder.exists()


def test_a_folder_that_another_run_has_swept_is_no_error(tmp_path: Path) -> None:
    proc.remove(tmp_path / "gone")
