from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from safemigrate.config import load
from safemigrate.db.url import DatabaseUrl
from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.pair import pair
from safemigrate.prisma.schema.reader import read

EXAMPLE = Path(__file__).parents[2] / "examples" / "research-platform"
MIGRATIONS = sorted((EXAMPLE / "prisma" / "migrations").glob("*/migration.sql"))

Connection = psycopg.Connection[tuple[object, ...]]


def run_as_prisma_does(connection: Connection, path: Path) -> None:
    """Send the file as one simple query, which is what Prisma up to 7.3 does."""
    result = connection.pgconn.exec_(path.read_bytes())
    assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, result.error_message.decode()


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    with psycopg.connect(database.conninfo(), autocommit=True) as opened:
        yield opened


@pytest.fixture
def migrated(connection: Connection) -> Connection:
    for path in MIGRATIONS:
        run_as_prisma_does(connection, path)
    return connection


@pytest.fixture
def seeded(migrated: Connection) -> Connection:
    run_as_prisma_does(migrated, EXAMPLE / "prisma" / "seed.sql")
    return migrated


def only(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_seed_fills_every_table(seeded: Connection) -> None:
    tables = seeded.execute(
        "SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    counts = {str(table): only(seeded, f"SELECT count(*) FROM {table}") for (table,) in tables}
    assert len(counts) == 20
    assert 0 not in counts.values()
    assert counts['"Measurement"'] == 4000


def test_citations_are_counted_by_the_trigger(seeded: Connection) -> None:
    wrong = """
        SELECT count(*) FROM "Paper" AS paper
        WHERE "citationCount" <> (SELECT count(*) FROM "Citation" WHERE "citedId" = paper."id")
    """
    assert only(seeded, wrong) == 0
    assert only(seeded, 'SELECT sum("citationCount") FROM "Paper"') == 1270


def test_everything_that_prisma_cannot_say_is_there(migrated: Connection) -> None:
    assert only(migrated, "SELECT count(*) FROM pg_views WHERE schemaname = 'public'") == 1
    assert only(migrated, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == 1
    assert only(migrated, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0") == 2
    assert only(migrated, "SELECT count(*) FROM pg_index WHERE indpred IS NOT NULL") == 1
    assert only(migrated, "SELECT count(*) FROM pg_index WHERE indexprs IS NOT NULL AND indrelid > 16383") == 1
    assert only(migrated, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def test_the_rename_that_prisma_wrote_as_drop_and_add_loses_the_notes(connection: Connection) -> None:
    for path in MIGRATIONS:
        if path.parent.name.endswith("_experiment_description"):
            insert = """INSERT INTO "User" ("id", "updatedAt") VALUES ('u', '2024-09-01');
                INSERT INTO "Experiment" ("id", "ownerId", "title", "notes", "updatedAt")
                VALUES ('e', 'u', 'Run', 'the only copy', '2024-09-01')"""
            connection.execute(insert)
        run_as_prisma_does(connection, path)
    assert only(connection, 'SELECT "description" FROM "Experiment"') is None


def test_the_two_schemas_are_in_step() -> None:
    sides = pair(EXAMPLE, load(EXAMPLE))
    assert sides is not None
    assert differences(read(sides.production.files), read(sides.development.files), (5, 22)) == []
    assert [len(migrations(one)) for one in (sides.production, sides.development)] == [19, 1]


def test_the_history_for_sqlite_makes_the_tables_of_its_schema() -> None:
    sides = pair(EXAMPLE, load(EXAMPLE))
    assert sides is not None
    models = read(sides.development.files).models
    with closing(sqlite3.connect(":memory:")) as made:
        for migration in migrations(sides.development):
            made.executescript(migration.sql)
        tables = {name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables - {"sqlite_sequence"} == models.keys()
        for name, model in models.items():
            columns = {name for (name,) in made.execute("SELECT name FROM pragma_table_info(?)", (name,))}
            assert columns == {one.name for one in model.fields.values() if one.type not in models}
