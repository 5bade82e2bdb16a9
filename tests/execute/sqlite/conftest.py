from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, connect
from tests.execute.sqlite.scene import Scene, make


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(make(tmp_path / "project" / "prisma" / "dev.db"), tmp_path / "scratch")


@pytest.fixture
def opened(scene: Scene) -> Iterator[Connection]:
    with connect(scene.database) as connection:
        yield connection
