from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.lint import Facts, TableFact, lint
from safemigrate.model import Finding, Migration
from safemigrate.sql import split

Read = Callable[..., list[Finding]]


def migration(sql: str, name: str = "20260101000000_change") -> Migration:
    return Migration(name, Path("migrations") / name / "migration.sql", sql, sha256(sql.encode()).hexdigest())


@pytest.fixture
def read() -> Read:
    """Lint a text, without a target unless facts are given."""

    def run(sql: str, facts: Facts | None = None) -> list[Finding]:
        return lint(migration(sql), split(sql), facts)

    return run


@pytest.fixture
def target(database: DatabaseUrl) -> Iterator[psycopg.Connection]:
    """An open connection to an empty database."""
    with psycopg.connect(database.conninfo(), autocommit=True) as connection:
        yield connection


def facts_of(connection: psycopg.Connection) -> Facts:
    """What a workflow would know of this database."""
    columns: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    rows: dict[tuple[str, str], int | None] = {}
    for schema, table, estimate, column, type_ in connection.execute(
        """SELECT n.nspname, c.relname, c.reltuples, a.attname, format_type(a.atttypid, a.atttypmod)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
           AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""
    ):
        columns[schema, table][column] = type_
        rows[schema, table] = None if estimate < 0 else int(estimate)
    enums: dict[tuple[str, str], tuple[str, ...]] = {
        (schema, name): tuple(labels)
        for schema, name, labels in connection.execute(
            """SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
               FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
               GROUP BY 1, 2"""
        )
    }

    def count(query: str) -> int | None:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    tables = {key: TableFact(rows[key], columns[key]) for key in columns}
    return Facts(tables=tables, enums=enums, count=count)
