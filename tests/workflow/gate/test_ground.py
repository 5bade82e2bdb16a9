"""The end of a base's history, kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.session import rows
from safemigrate.model import Migration, Progress
from safemigrate.prisma.migrations import decode
from safemigrate.workflow.gate.on_server import ground
from safemigrate.workflow.proving import BEGIN

HISTORY = [
    'CREATE TABLE "User" (id int PRIMARY KEY);',
    'ALTER TABLE "Nowhere" ADD COLUMN x int;',
    'CREATE TABLE "Tag" (id int); GRANT SELECT ON "Tag" TO some_role;',
    'CREATE TABLE "Post" (id int);',
]


def history(*sql: str) -> list[Migration]:
    return [
        decode(f"{number:02}_m", Path(f"{number:02}_m/migration.sql"), text.encode()) for number, text in enumerate(sql)
    ]


def made(before: list[Migration], *, cache: bool = True) -> tuple[list[str], tuple[str, ...], str]:
    """The tables there are then, what failed, and how much was known."""
    said: list[Progress] = []
    with ground("local", before, [], said.append, cache=cache) as base:
        with connect(base.shadow.url(BEGIN)) as connection:
            tables = [
                name for (name,) in rows(connection, "SELECT relname FROM pg_class WHERE oid > 16384 AND relkind = 'r'")
            ]
        known = next(one.detail for one in said if "known from before" in one.detail)
        return sorted(tables), base.failed, known.split(" of ")[0]


def test_it_begins_where_the_longest_kept_beginning_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole = history(*HISTORY)
    assert made(whole[:3]) == (["Tag", "User"], ("01_m",), "0")
    assert made(whole) == (["Post", "Tag", "User"], ("01_m",), "3")
    assert made(whole) == (["Post", "Tag", "User"], ("01_m",), "4")
    assert made(history(*HISTORY[:2], "SELECT 1;", HISTORY[3])) == (["Post", "User"], ("01_m",), "0")
    assert made(whole, cache=False)[2] == "0"
