from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection
from safemigrate.model import Migration
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.shadow.sqlite.rehearse import rehearse
from safemigrate.shadow.sqlite.same_end import same_end
from safemigrate.sql import split
from tests.shadow.sqlite.test_rehearse import FAMILY, REBUILD


@pytest.mark.parametrize(
    "sql",
    [
        REBUILD,
        'DELETE FROM "Parent" WHERE id = 1',
        REBUILD + 'DELETE FROM "Toy";',
        REBUILD + 'UPDATE "Toy" SET "child" = 3; DELETE FROM "Child" WHERE id = 1;',
    ],
)
def test_ends_as_prisma_would(
    make: Callable[[str], Connection],
    migration: Callable[[str], Migration],
    tmp_path: Path,
    sql: str,
) -> None:
    connection = make(FAMILY)
    before = tmp_path / "before"
    before.write_bytes(connection.path.read_bytes())
    statements = split(sql, dialect="sqlite")
    seen = rehearse(connection, migration(sql), statements)
    made = Copies(tmp_path)
    assert same_end(connection, seen, statements, before, made) == ()


def test_rows_that_only_an_enforced_key_takes_along_are_told(
    make: Callable[[str], Connection], migration: Callable[[str], Migration], tmp_path: Path
) -> None:
    connection = make(FAMILY + 'DELETE FROM "Toy";')
    before = tmp_path / "before"
    before.write_bytes(connection.path.read_bytes())
    sql = 'DELETE FROM "Parent" WHERE id = 2;' + REBUILD + "INSERT INTO \"Parent\" VALUES (2, 'again');"
    statements = split(sql, dialect="sqlite")
    seen = rehearse(connection, migration(sql), statements)
    made = Copies(tmp_path)
    assert same_end(connection, seen, statements, before, made) == ('table "Child": 1 row is not expected ("id": 3)',)
    assert {row[1] for row in connection.execute("PRAGMA database_list")} == {"main", "temp"}
