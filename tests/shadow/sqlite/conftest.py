from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, connect
from safemigrate.model import Migration
from safemigrate.sql import split

Make = Callable[[str], Connection]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Open a new file on which a script has run."""
    with ExitStack() as stack:

        def made(sql: str) -> Connection:
            number = len(list(tmp_path.glob("*.db")))
            connection = stack.enter_context(connect(tmp_path / f"{number}.db", create=True))
            connection.execute("PRAGMA synchronous = OFF")
            for statement in split(sql, dialect="sqlite"):
                connection.execute(statement.sql)
            return connection

        yield made


@pytest.fixture
def migration() -> Callable[[str], Migration]:
    return lambda sql: Migration("1_change", Path("1_change/migration.sql"), sql, "0")
