"""A PostgreSQL server in Docker, of the target's major version."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError
from safemigrate.shadow.provider import Shadow

NEWEST = 18
_COMMAND = "postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"


def image(major: int) -> str:
    """Name the image for a major version; Debian's, whose locales and extensions are the usual ones."""
    return f"postgres:{major or NEWEST}-bookworm"


@contextmanager
def in_docker(major: int, user: str, *, make: Any = None) -> Iterator[Shadow]:
    """Run a container for as long as the block lasts; its port is bound to the loopback address only.

    `make` builds the container: testcontainers' DockerContainer, or a stand-in. Testcontainers' reaper removes the
    container of a killed run. Raises ShadowError where Docker or testcontainers is missing or fails.
    """
    name, password = image(major), secrets.token_hex(16)
    container = (make or _docker_container())(name)
    user = "postgres" if not user or user.startswith("pg_") else user
    for variable, setting in {"POSTGRES_USER": user, "POSTGRES_PASSWORD": password, "POSTGRES_DB": "postgres"}.items():
        container.with_env(variable, setting)
    container.with_command(_COMMAND)
    container.ports["5432/tcp"] = ("127.0.0.1", None)
    try:
        container.start()
    except Exception as error:  # docker, requests and testcontainers each raise their own
        raise ShadowError(
            f"Docker did not start {name}", f"{type(error).__name__}: {error}", ("docker info", f"docker pull {name}")
        ) from error
    try:
        host, port = container.get_container_host_ip(), int(container.get_exposed_port(5432))
        url = DatabaseUrl.parse(f"postgresql://{quote(user, safe='')}:{password}@{host}:{port}/postgres")
        version = _wait(url)
        yield Shadow(f"PostgreSQL {version} in Docker ({name})", major or NEWEST, own=True, maintenance=url)
    finally:
        container.stop()


def has_daemon() -> bool:
    """Whether there is a way to a daemon at all; saves loading Docker's library, which leaks a socket on failure."""
    home, runtime = Path.home(), Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    sockets = (Path("/var/run/docker.sock"), home / ".docker/run/docker.sock", home / ".docker/desktop/docker.sock")
    return (
        sys.platform == "win32"
        or "DOCKER_HOST" in os.environ
        or any(one.exists() for one in (*sockets, runtime / "docker.sock"))
    )


def _docker_container() -> Any:
    if not has_daemon():
        raise ShadowError("no Docker daemon is on this machine", fix=("docker info", "--shadow embedded"))
    try:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.docker_client import DockerClient
    except ImportError as error:
        raise ShadowError(
            "--shadow docker needs testcontainers", "It is not installed.", ("pip install 'safemigrate[docker]'",)
        ) from error
    try:
        DockerClient().client.ping()
    except Exception as error:
        raise ShadowError(
            "no Docker daemon answers", f"{type(error).__name__}: {error}", ("docker info", "--shadow embedded")
        ) from error
    return DockerContainer


def _wait(url: DatabaseUrl, seconds: float = 60) -> str:
    """Wait until the server takes connections over TCP; the image's own first start listens on its socket only."""
    import time

    from safemigrate.db.postgres import connect, server
    from safemigrate.errors import ConnectionFailed

    deadline = time.monotonic() + seconds
    while True:
        try:
            with connect(url) as connection:
                return server(connection).version_text
        except ConnectionFailed as error:
            if time.monotonic() > deadline:
                raise ShadowError(
                    "the server in Docker did not start",
                    error.why,
                    ("docker ps -a", "docker info", "--shadow embedded"),
                ) from error
            time.sleep(0.1)
