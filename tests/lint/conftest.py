from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.lint import Facts, lint
from safemigrate.model import Finding, Migration
from safemigrate.sql import split
from safemigrate.workflow.on_server.facts import described

Read = Callable[..., list[Finding]]


def migration(sql: str, name: str = "20260101000000_change") -> Migration:
    return Migration(name, Path("migrations") / name / "migration.sql", sql, sha256(sql.encode()).hexdigest())


@pytest.fixture
def read() -> Read:
    """Lint a text, without a target unless facts are given."""

    def run(sql: str, facts: Facts | None = None) -> list[Finding]:
        is_sqlite = facts is not None and facts.provider == "sqlite"
        return lint(migration(sql), split(sql, dialect="sqlite" if is_sqlite else "postgresql"), facts)

    return run


@pytest.fixture
def target(database: DatabaseUrl) -> Iterator[psycopg.Connection]:
    """An open connection to an empty database."""
    with psycopg.connect(database.conninfo(), autocommit=True) as connection:
        yield connection


def facts_of(connection: psycopg.Connection) -> Facts:
    """What a workflow would know of this database."""
    return described(connection, "public")
