"""A migration rehearsed as written on a database with rows, and its findings held against that."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.digest import digest
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.lint import Facts, lint
from safemigrate.model import Finding, Migration
from safemigrate.shadow.rehearse import rehearse
from safemigrate.shadow.sample.fill import fill
from safemigrate.sql import executable, refuses_transaction, split
from safemigrate.workflow.judge import Evidence, judge
from safemigrate.workflow.on_server.facts import described, sizes
from safemigrate.workflow.rehearsal.evidence import held_values
from safemigrate.workflow.rehearsal.plan import as_written

_TABLES = "SELECT format('\"public\".\"%s\"', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"

Judge = Callable[..., list[Finding]]


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection


@pytest.fixture
def judged(connection: Connection) -> Judge:
    """Make a schema with rows, and judge a migration; `blind` hides from the rules what the database says."""

    def judged(setup: str, sql: str, *, blind: bool = True, real: bool = True, rows: int = 0) -> list[Finding]:
        session.run(connection, f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {setup}; ANALYZE")
        if rows:
            tables = [table for (table,) in session.rows(connection, _TABLES)]
            fill(connection, seed=1, rows=rows, tables=tables)
        migration = Migration("1_change", Path("1_change/migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())
        statements = split(sql, "1_change/migration.sql")
        known = described(connection, "public")
        counted = sizes(known)
        sized = {f'"{schema}"."{name}"': counted(f'"{schema}"."{name}"') for schema, name in known.tables or ()}
        findings = lint(migration, statements, Facts(version=known.version) if blind else known, ())
        before = {table: one.rows for table, one in digest(connection).items()}
        runs = executable(migration, statements)
        values = {}
        if real and not any(refuses_transaction(one) for one in runs):
            with connection.transaction(force_rollback=True):
                tried = rehearse(connection, migration, runs, as_written(connection))
            values = held_values(connection, tried)
        seen = rehearse(connection, migration, runs, as_written(connection))
        after = {table: one.rows for table, one in digest(connection).items()}
        traces = tuple(one.trace for one in seen.observations)
        held = frozenset(before) if real else frozenset()
        evidence = Evidence(seen, traces, seen.before, before, after, values, held, sized.get)
        return judge(findings, evidence)

    return judged
