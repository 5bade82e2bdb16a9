"""A file that is damaged where a change does not reach: it is said, and nothing is done to it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from safemigrate.db.sqlite.connection import connect, value
from safemigrate.errors import ConnectionFailed

from .conftest import CHANGE, Project

MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)"


@pytest.fixture
def damaged(project: Project) -> Project:
    """A project with a table and free pages that no migration reaches."""
    for name in ("other", "gone"):
        project.run(f"CREATE TABLE {name} (t)", f"{MANY} INSERT INTO {name} SELECT zeroblob(2000) FROM n")
    project.run("DROP TABLE gone")
    project.write(CHANGE, 'ALTER TABLE "User" ADD COLUMN "age" INTEGER;')
    return project


def damage(project: Project, where: str) -> bytes:
    """Write into the table's first page, or say that its last one is free."""
    with connect(project.file) as connection:
        size = int(value(connection, "PRAGMA page_size"))
        page = int(value(connection, "SELECT rootpage FROM sqlite_master WHERE name = 'other'"))
    data = bytearray(project.file.read_bytes())
    if where == "table":
        data[(page - 1) * size + 12 : (page - 1) * size + 16] = b"\xff" * 4
    else:  # the first trunk page of the free list: its next trunk, how many leaves, the leaves (fileformat.html, 1.5)
        trunk = int.from_bytes(data[32:36], "big")
        data[(trunk - 1) * size + 8 : (trunk - 1) * size + 12] = page.to_bytes(4, "big")
    project.file.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("where", ["table", "free pages"])
@pytest.mark.parametrize("how", [{}, {"snapshot": "none"}, {"dry_run": True}], ids=["apply", "no snapshot", "dry run"])
def test_is_said_before_a_change(damaged: Project, how: dict[str, Any], where: str) -> None:
    data = damage(damaged, where)
    with pytest.raises(ConnectionFailed, match=rf"^{re.escape(str(damaged.file))} is damaged$") as caught:
        damaged.apply(**how)
    assert any(".recover" in one for one in caught.value.fix)
    assert damaged.file.read_bytes() == data


@pytest.mark.parametrize("where", ["table", "free pages"])
def test_is_said_before_a_way_back(damaged: Project, where: str) -> None:
    damaged.apply()
    data = damage(damaged, where)
    with pytest.raises(ConnectionFailed, match=rf"^{re.escape(str(damaged.file))} is damaged$"):
        damaged.rollback()
    assert damaged.file.read_bytes() == data


def test_rows_that_break_a_rule_where_nothing_is_changed_are_in_nobodys_way(damaged: Project) -> None:
    broken = "INSERT INTO checked VALUES (0)"
    damaged.run("CREATE TABLE checked (a CHECK (a > 1))", "PRAGMA ignore_check_constraints = ON", broken)
    damaged.apply()
    assert damaged.rollback().result.value == "rolled back"
