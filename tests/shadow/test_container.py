from __future__ import annotations

from typing import Any

import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError
from safemigrate.shadow.container import image, in_docker


class FakeContainer:
    """Docker's part, played by a server that is already there."""

    def __init__(self, server: DatabaseUrl, *, broken: bool = False) -> None:
        self.server, self.broken = server, broken
        self.settings: dict[str, str] = {}
        self.ports: dict[str, Any] = {}
        self.image = self.command = ""
        self.running = False

    def __call__(self, name: str) -> FakeContainer:
        self.image = name
        return self

    def with_env(self, name: str, value: str) -> None:
        self.settings[name] = value

    def with_command(self, command: str) -> None:
        self.command = command

    def start(self) -> None:
        if self.broken:
            raise RuntimeError("pull access denied")
        self.running = True

    def stop(self) -> None:
        self.running = False

    def get_container_host_ip(self) -> str:
        return self.server.host

    def get_exposed_port(self, port: int) -> str:
        assert port == 5432
        return str(self.server.port)


def test_the_image_has_the_targets_major() -> None:
    assert image(15) == "postgres:15-bookworm"
    assert image(0) == "postgres:18-bookworm"


def test_a_container_is_ours_alone_and_gone_at_the_end(database: DatabaseUrl) -> None:
    fake = FakeContainer(database)
    with in_docker(16, "tester", make=fake) as shadow:
        assert fake.running
        assert shadow.own
        assert shadow.describe.endswith("in Docker (postgres:16-bookworm)")
        assert fake.ports == {"5432/tcp": ("127.0.0.1", None)}
        assert fake.settings["POSTGRES_USER"] == "tester"
        assert len(fake.settings["POSTGRES_PASSWORD"]) == 32
        assert fake.settings["POSTGRES_PASSWORD"] not in repr(shadow)
    assert not fake.running


def test_a_container_that_does_not_start_says_why(database: DatabaseUrl) -> None:
    with pytest.raises(ShadowError, match="Docker did not start postgres:16-bookworm") as caught:
        in_docker(16, "me", make=FakeContainer(database, broken=True)).__enter__()
    assert "pull access denied" in caught.value.why


@pytest.mark.docker
def test_a_real_container() -> None:
    with in_docker(16, "app") as shadow:
        assert shadow.major == 16
        with connect(shadow.create("main")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("app",)
