"""The demo's story with plain SQL: what it says is lost is really lost, and its later writes fit before and after."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl

DEMO = resources.files("safemigrate") / "demo"
DESTRUCTIVE = "20260301090000_tidy_up/migration.sql"

Connection = psycopg.Connection[tuple[object, ...]]


def run(connection: Connection, *parts: str) -> None:
    result = connection.pgconn.exec_(DEMO.joinpath(*parts).read_bytes())
    assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, result.error_message.decode()


def migrate_and_seed(connection: Connection) -> None:
    for folder in sorted(entry.name for entry in (DEMO / "migrations").iterdir() if entry.is_dir()):
        run(connection, "migrations", folder, "migration.sql")
    run(connection, "seed.sql")


def digests(connection: Connection) -> dict[str, tuple[object, ...] | None]:
    query = (DEMO / "digest.sql").read_text()
    tables = connection.execute("SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {str(table): connection.execute(query.format(table=table).encode()).fetchone() for (table,) in tables}


def held(connection: Connection) -> dict[str, object]:
    questions = {
        "biographies": """SELECT count(*) FROM information_schema.columns WHERE column_name = 'bio'""",
        "notes": """SELECT count(*) FROM pg_class WHERE relname = 'PaperNote'""",
        "digits": """SELECT count(*) FROM "Measurement" WHERE "powerDensity" <> round("powerDensity", 2)""",
        "abandoned": """SELECT count(*) FROM "Experiment" WHERE "status"::text = 'ABANDONED'""",
    }
    answers = {}
    for name, question in questions.items():
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        answers[name] = row[0]
    return answers


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    with psycopg.connect(database.conninfo(), autocommit=True) as opened:
        opened.execute("SET timezone = 'UTC'")
        yield opened


def test_the_migration_loses_what_the_demo_says(connection: Connection) -> None:
    migrate_and_seed(connection)
    before = held(connection)
    assert before["biographies"] == before["notes"] == 1
    assert int(str(before["digits"])) > 2500
    assert before["abandoned"] == 40
    run(connection, DESTRUCTIVE)
    assert held(connection) == {"biographies": 0, "notes": 0, "digits": 0, "abandoned": 0}
    run(connection, "after.sql")


def test_later_writes_fit_the_database_that_never_saw_the_migration(connection: Connection) -> None:
    migrate_and_seed(connection)
    before = digests(connection)
    run(connection, "after.sql")
    after = digests(connection)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {'"Citation"', '"Experiment"', '"Measurement"', '"Paper"', '"Prediction"', '"User"'}
    assert after['"PaperNote"'] == before['"PaperNote"']
