"""A PostgreSQL server of our own, from programs on this machine, gone without a trace when the block is left.

Everything lives in one folder under the system's temporary directory: data, socket, log and the lock that says its
owner is alive. The folder of a killed owner is swept at the next start. Where the server cannot run as us (root), it
runs as `postgres` or `nobody`; no permission outside the folder is changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from safemigrate import proc
from safemigrate.db.programs import Installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError, word
from safemigrate.shadow.initdb import CLEAN, keep, make_data
from safemigrate.shadow.kept import copy, drop

PREFIX = "safemigrate-server-"
_SECONDS_TO_START = 60
_MEMORY = "/dev/shm"  # noqa: S108 mkdtemp makes the name
_ROOM = 1 << 30
_SOCKET_LIMIT = 100  # sun_path holds 104 bytes on macOS, 108 on Linux

_IMMEDIATELY = signal.SIGQUIT if sys.platform != "win32" else signal.SIGTERM  # without a last checkpoint
_IN_PEACE = signal.SIGINT if sys.platform != "win32" else signal.SIGTERM

# Nothing here outlives its owner, so nothing is made durable (PostgreSQL docs 14.5).
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "50",
    "max_locks_per_transaction": "256",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server: `url` is its maintenance database; the user is a superuser and needs no password.

    `seed` is the one of the seeds that it began with. `keep` makes a seed of it as it stands; nobody may be connected.
    """

    url: DatabaseUrl
    installation: Installation
    folder: Path
    user: str
    seed: str
    keep: Callable[[str], None]

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.installation.major


@contextmanager
def running(
    installation: Installation,
    *,
    user: str = "postgres",
    tcp: bool = False,
    seeds: Sequence[str] = (),
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[LocalServer]:
    """Run a server for as long as the block lasts; `user` becomes its superuser.

    It listens on a socket that only we can reach; with `tcp` also on a free port of the loopback address, which any
    user of the machine can reach. It begins with the first of the seeds that was kept, else empty. With seeds it holds
    nobody's rows, so it may lie in memory. `meanwhile` is done while it starts.
    Raises ShadowError with the end of the server's log.
    """
    sweep()
    if not user or user.startswith("pg_") or set(user) & set("\"$'\\"):  # initdb refuses these, the last for plpgsql
        user = "postgres"
    account = server_account()
    small = bool(seeds) and (account is None or _open_to_others(installation.folder))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_memory() if small else _short_temporary_directory()))
    try:
        with proc.owned(folder):
            if account:
                folder.chmod(0o711)
            installation = _reachable(installation, account, folder)
            port = _free_port() if tcp else 5432
            data, log = folder / "data", folder / "log"
            launch = partial(_launch, installation, user, account, folder, port, seeds, tcp=tcp)
            server, seed = _beside(launch, meanwhile) if meanwhile else launch()

            def keep_as(seed: str) -> None:
                nonlocal server
                server.end(_IN_PEACE, _SECONDS_TO_START)
                keep(installation, user, account, data, seed)
                server = _start(installation, account, data, port, log, tcp=tcp)
                _wait(server, data, log)

            try:
                text = f"postgresql://{_percent(user)}@"
                text += f"127.0.0.1:{port}/postgres" if tcp else f"localhost:{port}/postgres?host={data}"
                yield LocalServer(DatabaseUrl.parse(text), installation, folder, user, seed, keep_as)
            finally:
                server.end(_IMMEDIATELY, 10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> list[Path]:
    """Stop the servers and remove the folders of owners that were killed; return the folders."""
    swept = []
    places = {_short_temporary_directory(), *([_MEMORY] if Path(_MEMORY).is_dir() else [])}
    for folder in (folder for place in places for folder in Path(place).glob(f"{PREFIX}*")):
        if folder.is_symlink() or not proc.abandoned(folder):
            continue
        installation = folder / "program"
        data = folder / "data"
        if (data / "postmaster.pid").exists() and installation.is_file():
            proc.run(
                [installation.read_text().strip(), "stop", "-D", data, "-m", "immediate"],
                cwd=folder,
                account=server_account(),
                seconds=30,
            )
        proc.remove(folder)
        swept.append(folder)
    return swept


def server_account() -> proc.Account | None:
    """Return whom the server runs as: us, or an unprivileged account where we are root. Raises ShadowError."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return proc.Account(entry.pw_uid, entry.pw_gid)
    raise ShadowError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as",
        fix=("useradd --system --no-create-home postgres", "--shadow-url URL"),
    )


def _beside(
    launch: Callable[[], tuple[proc.Background, str]], meanwhile: Callable[[], None]
) -> tuple[proc.Background, str]:
    """Do something else while a server is launched, which is waiting for programs and imports nothing."""
    beside = ThreadPoolExecutor(1)
    launching = beside.submit(launch)
    try:
        meanwhile()
        return launching.result()
    except BaseException:
        if not launching.exception():
            launching.result()[0].end(_IMMEDIATELY, 10)
        raise
    finally:
        beside.shutdown()


def _launch(
    installation: Installation,
    user: str,
    account: proc.Account | None,
    folder: Path,
    port: int,
    seeds: Sequence[str],
    *,
    tcp: bool,
) -> tuple[proc.Background, str]:
    """Make the data and start the server; a kept data directory that is damaged is let go of, and the next one taken.

    Return the seed that it began with, too.
    """
    data, log = folder / "data", folder / "log"
    made = make_data(installation, user, account, data, seeds)
    server = _start(installation, account, data, port, log, tcp=tcp)
    try:
        _wait(server, data, log)
    except BaseException as error:
        server.end(_IMMEDIATELY, 10)
        if made.kept is None or not isinstance(error, ShadowError):
            raise
        drop(made.kept)
        shutil.rmtree(data)
        return _launch(installation, user, account, folder, port, seeds, tcp=tcp)
    return server, made.seed


def _start(
    installation: Installation, account: proc.Account | None, data: Path, port: int, log: Path, *, tcp: bool
) -> proc.Background:
    postgres, control = installation.find("postgres"), installation.find("pg_ctl")
    assert postgres is not None
    if control:
        (log.parent / "program").write_text(str(control))  # for the sweep
    settings = {
        **_SETTINGS,
        "port": str(port),
        "listen_addresses": "127.0.0.1" if tcp else "",
        "unix_socket_directories": str(data),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return proc.start([postgres, "-D", data, *options], output=log, cwd=data, environment=CLEAN, account=account)


def _wait(server: proc.Background, data: Path, log: Path) -> None:
    """Wait until the server takes connections, which it writes into line 8 of postmaster.pid."""
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        with suppress(OSError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready":
                return
        if server.status is not None:
            break
        time.sleep(0.005)
    said = log.read_text(errors="replace").strip().splitlines()[-5:]
    raise ShadowError(
        "the shadow server did not start",
        "\n".join(said),
        ("safemigrate doctor", "df -h", "--shadow-url postgresql://USER@HOST/postgres"),
    )


def _reachable(installation: Installation, account: proc.Account | None, folder: Path) -> Installation:
    """Return the installation, copied where another account cannot get at it (a virtual environment in /root)."""
    if account is None or _open_to_others(installation.folder):
        return installation
    if installation.source != "embedded":
        raise ShadowError(
            f"{installation} cannot be run by another user, and PostgreSQL refuses to run as root",
            fix=(f"chmod o+rx {word(installation.folder)}", "--shadow embedded"),
        )
    package = installation.folder.parent.parent
    place = folder / "programs"
    place.mkdir(mode=0o711)
    # The programs find their libraries by a relative path beside the package.
    for source in (installation.folder.parent, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            target = place / source.relative_to(package.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(source, target)
    inner = place / installation.folder.relative_to(package.parent)
    return Installation(inner, installation.major, installation.version, installation.source)


def _open_to_others(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def _short_temporary_directory() -> str:
    usual = tempfile.gettempdir()
    longest = Path(usual) / f"{PREFIX}12345678" / "data" / ".s.PGSQL.65535"
    return usual if len(os.fsencode(longest)) < _SOCKET_LIMIT else "/tmp"  # noqa: S108 mkdtemp makes the name


def _memory() -> str:
    """A file system in memory with room to spare (a container's has 64 MB), else the usual place."""
    try:
        roomy = shutil.disk_usage(_MEMORY).free > _ROOM and os.access(_MEMORY, os.W_OK)
    except OSError:
        roomy = False
    return _MEMORY if roomy else _short_temporary_directory()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _percent(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
