from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.session import run
from safemigrate.db.url import DatabaseUrl


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / ".safemigrate" / "snapshots"


@pytest.fixture
def copy(database: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """The URL of a database that does not exist yet; it and what a swap kept of it are dropped at the end."""
    url = database.with_database(f"{database.database}_copy 'a=b\\")
    yield url
    with connect(database.with_database("postgres")) as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname ^@ %s", [url.database]
        ).fetchall():
            run(connection, f'DROP DATABASE "{name}" WITH (FORCE)')
