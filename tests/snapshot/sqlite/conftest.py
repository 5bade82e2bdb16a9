from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import connect, run

SHOP = (
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE User (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)",
    "CREATE TABLE Post (id INTEGER PRIMARY KEY, userId INT REFERENCES User)",
    "INSERT INTO User VALUES (1, 'Ann'), (7, 'Bob')",
    "INSERT INTO Post VALUES (1, 1), (2, 1), (3, 7)",
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small file in WAL mode."""
    path = tmp_path / "shop.db"
    with connect(path, create=True) as connection:
        for statement in SHOP:
            run(connection, statement)
    return path
