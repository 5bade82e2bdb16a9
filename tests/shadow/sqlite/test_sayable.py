"""What Prisma is asked about: a file without what schema.prisma cannot say."""

from __future__ import annotations

from pathlib import Path

from safemigrate.db.sqlite.connection import connect, rows
from safemigrate.shadow.sqlite.copies import Copies

NAMES = "SELECT name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"


def test_what_prisma_looks_past_is_not_shown_to_it(tmp_path: Path) -> None:
    made = Copies(tmp_path)
    with made.opened("history") as connection:
        for sql in (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT)",
            "CREATE INDEX plain ON a (b)",
            "CREATE INDEX part ON a (b) WHERE b IS NOT NULL",
            "CREATE UNIQUE INDEX expression ON a (lower(b))",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
            "CREATE VIEW v AS SELECT b FROM a",
        ):
            connection.execute(sql)
    url = made.url("history")
    assert url.path
    with connect(url.path) as shown:
        assert rows(shown, NAMES) == [("a",), ("plain",)]
    with connect(made.path("history")) as kept:
        assert len(rows(kept, NAMES)) == 6
