from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import HistoryError
from safemigrate.execute import run
from safemigrate.model import Migration, silent
from safemigrate.shadow.replay import replay


def migration(name: str, sql: str) -> Migration:
    return Migration(name, Path(name, "migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())


HISTORY = (
    "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TYPE mood AS ENUM ('good');",
    "CREATE INDEX a_b ON a (b); CREATE INDEX CONCURRENTLY a_id ON a (id);",
    "ALTER TYPE mood ADD VALUE 'bad'; ALTER TABLE a ADD COLUMN m mood DEFAULT 'bad';",
    "BEGIN; CREATE TABLE c (id int); COMMIT; CREATE TABLE d (id int);",
)


def test_every_kind_of_file_is_replayed(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        replay(
            connection,
            [migration(f"{n}_step", sql) for n, sql in enumerate(HISTORY)],
            lambda sql, line: run.execute(connection, sql, line=line),
            silent,
            purpose="",
            fix=(),
        )
        names = "SELECT array_agg(relname::text ORDER BY 1) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert sorted(session.value(connection, names)) == ["a", "a_b", "a_id", "a_pkey", "c", "d"]
        assert session.value(connection, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def test_a_history_that_does_not_replay_says_where_and_why(database: DatabaseUrl) -> None:
    with connect(database) as connection, pytest.raises(HistoryError, match="1_bad, line 2 failed") as caught:
        replay(
            connection,
            [migration("0_good", "CREATE TABLE a (id int);"), migration("1_bad", "SELECT 1;\nDROP TABLE nowhere;")],
            lambda sql, line: run.execute(connection, sql, line=line),
            silent,
            purpose="So nobody knows.",
            fix=("a way out",),
        )
    assert "nowhere" in caught.value.why
    assert "So nobody knows." in caught.value.why
    assert caught.value.fix == ("a way out",)
