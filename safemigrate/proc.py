"""The one place that starts programs, and that tells whose process still lives."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

Environment = Mapping[str, str | None]  # added to ours; None takes a variable away


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user a program runs as; a PostgreSQL server refuses to run as root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Completed:
    """What a finished program left: its exit status and both streams as text."""

    status: int
    stdout: str
    stderr: str


class ProgramMissing(Exception):
    """The program is not on this machine."""


_OWNER = "owner.lock"
_SCRATCH = "safemigrate-scratch-"
_SECONDS_TO_OWN = 60


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold a folder's lock: the kernel lets go of it however we end, which a written process id cannot promise."""
    partial = folder / f"{_OWNER}.new"
    with partial.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        partial.rename(folder / _OWNER)  # never seen unlocked
        yield


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a private temporary folder, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix=_SCRATCH) as name, owned(Path(name)):
        yield Path(name)


def sweep() -> None:
    """Remove the scratch folders of killed runs."""
    for old in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        if abandoned(old):
            remove(old)


def remove(folder: Path) -> None:
    """Remove an abandoned folder, its lock last.

    An orphan of the killed run may still write there; what stays then is still known as abandoned to the next sweep.
    Another run may sweep at the same moment.
    """
    with suppress(FileNotFoundError):
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _OWNER:
                entry.unlink(missing_ok=True)
        if all(entry.name == _OWNER for entry in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)


def disown(folder: Path) -> None:
    """Remove the lock of a folder that outlives its `owned` block."""
    (folder / _OWNER).unlink(missing_ok=True)


def abandoned(folder: Path) -> bool:
    """Whether a folder is ours by user and its `owned` block is over, be it by kill -9; on Windows never."""
    if sys.platform == "win32":
        return False
    try:
        about = folder.lstat()
        if about.st_uid != os.geteuid():
            return False
        if not (folder / _OWNER).exists():  # killed before it could lock, or just about to
            return time.time() - about.st_mtime > _SECONDS_TO_OWN
        with (folder / _OWNER).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or removed this moment
        return False
    return True


class Background:
    """A program that runs beside us, in a session of its own: Ctrl-C reaches it only through us."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def end(self, by: signal.Signals, seconds: float) -> None:
        """Send a signal and wait for the end; kill it after `seconds`."""
        if self._process.poll() is None:
            self._process.send_signal(by)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    environment: Environment | None = None,
    stdin: str | None = None,
    account: Account | None = None,
    seconds: float | None = None,
) -> Completed:
    """Run a program to its end and return what it printed; a non-zero status is returned, not raised.

    Secrets travel in `environment`, never in `arguments`, which any user of the machine can read.
    Raises ProgramMissing where the program does not exist, TimeoutError after `seconds`.
    """
    with _start(arguments, cwd, environment, account, takes_input=stdin is not None) as process:
        try:
            stdout, stderr = process.communicate(None if stdin is None else stdin.encode(), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise TimeoutError(f"{Path(arguments[0]).name} did not end within {seconds:g} s") from error
        except BaseException:
            process.kill()
            process.wait()  # Popen's own exit does not, after a KeyboardInterrupt
            raise
        return Completed(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))


@contextmanager
def stream(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    environment: Environment | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> Iterator[tuple[IO[bytes], Callable[[], Completed]]]:
    """Run a program and read its stdout as it comes: yields the stream and a function that waits for the end.

    stderr is read on a thread, line by line to `on_line`, so that neither pipe can fill and stop the other.
    A program still running when the block is left is killed.
    """
    from threading import Thread

    with _start(arguments, None, environment, None, takes_input=False) as process:
        lines: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        errors = process.stderr

        def read() -> None:
            for raw in errors:
                line = raw.decode(errors="replace").rstrip("\n")
                lines.append(line)
                on_line(line)

        reader = Thread(target=read, daemon=True)
        reader.start()

        def wait() -> Completed:
            status = process.wait()
            reader.join()
            return Completed(status, "", "\n".join(lines))

        try:
            yield process.stdout, wait
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            reader.join()


def start(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    output: Path,
    cwd: Path | None = None,
    environment: Environment | None = None,
    account: Account | None = None,
) -> Background:
    """Start a program that runs on beside us, both its streams appended to the file `output`."""
    with output.open("ab") as file:
        return Background(_start(arguments, cwd, environment, account, takes_input=False, output=file))


def _start(
    arguments: Sequence[str | os.PathLike[str]],
    cwd: Path | None,
    environment: Environment | None,
    account: Account | None,
    *,
    takes_input: bool,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    merged = {**os.environ, **(environment or {})}
    try:
        return subprocess.Popen(
            [os.fspath(argument) for argument in arguments],
            cwd=cwd,
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=output or subprocess.PIPE,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=output is not None,
        )
    except FileNotFoundError as error:
        raise ProgramMissing(os.fspath(arguments[0])) from error
