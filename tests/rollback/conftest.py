"""Journeys on the tests' server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from safemigrate.shadow.existing import on_server
from safemigrate.shadow.local import LocalServer
from tests.rollback.journey import Traveller


@pytest.fixture(scope="session")
def traveller(server: LocalServer) -> Iterator[Traveller]:
    """Who goes there and back; the databases of each journey are gone after it."""
    with on_server(server.url, None) as shadow:
        yield Traveller(shadow, server.major)
