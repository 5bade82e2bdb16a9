from __future__ import annotations

from collections.abc import Iterator

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.trace import Observation, Tracer
from safemigrate.sql import split

SETUP = """
CREATE TABLE "Team" (id int PRIMARY KEY);
CREATE TABLE "User" (id int PRIMARY KEY, team int, bio varchar(20));
INSERT INTO "Team" VALUES (1);
INSERT INTO "User" SELECT n, 1, 'bio ' || n FROM generate_series(1, 10) AS n;
"""


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    with connect(database) as connection:
        session.run(connection, SETUP)
        yield connection


def observed(connection: Connection, sql: str) -> list[Observation]:
    """Observe statements in one transaction, and leave nothing of them."""
    with connection.transaction(force_rollback=True):
        tracer = Tracer(connection)
        tracer.look()
        return [
            tracer.observe(one, lambda one=one: session.run(connection, one.sql), may_write=False)  # type: ignore[misc]
            for one in split(sql, "migration.sql")
        ]


@pytest.mark.parametrize(
    ("sql", "scans"),
    [
        ('CREATE INDEX ON "User" (team)', {"User": 10}),
        ('ALTER TABLE "User" ALTER team SET NOT NULL', {"User": 10}),
        ('ALTER TABLE "User" ADD FOREIGN KEY (team) REFERENCES "Team"', {"Team": 1, "User": 10}),
        ('ALTER TABLE "User" ADD FOREIGN KEY (team) REFERENCES "Team" NOT VALID', {}),
        ('ALTER TABLE "User" ADD age int', {}),
        ('ALTER TABLE "User" ALTER bio TYPE text', {}),
        ('ALTER TABLE "User" ADD CHECK (team > 0) NOT VALID', {}),
        ('CREATE TABLE "Post" (id int PRIMARY KEY, "user" int REFERENCES "User")', {}),
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_a_scan_is_seen_with_its_rows_and_on_an_empty_table_too(
    connection: Connection, sql: str, scans: dict[str, int], empty: bool
) -> None:
    if empty:
        session.run(connection, 'TRUNCATE "User", "Team"')
        scans = {name: 0 for name in scans if name != "Team"}  # a join with an empty side does not look at the other
    (one,) = observed(connection, sql)
    assert one.trace.scans == {f'"public"."{name}"': 0 if empty else rows for name, rows in scans.items()}


def test_what_an_earlier_statement_locks_is_held_still(connection: Connection) -> None:
    sql = 'ALTER TABLE "User" ADD CONSTRAINT t CHECK (team > 0) NOT VALID; ALTER TABLE "User" VALIDATE CONSTRAINT t'
    _, validated = observed(connection, sql)
    user = session.value(connection, "SELECT '\"User\"'::regclass::oid::bigint")
    assert validated.trace.locks == {'"public"."User"': "ShareUpdateExclusiveLock"}
    assert validated.held[user] == "AccessExclusiveLock"
    assert validated.scanned[user] == 10


def test_a_server_that_does_not_count_is_told_to(connection: Connection) -> None:
    session.run(connection, "SET track_counts = off")
    (one,) = observed(connection, 'CREATE INDEX ON "User" (team)')
    assert one.trace.scans == {'"public"."User"': 10}


def test_a_table_is_born_where_it_was_not_there(connection: Connection) -> None:
    made, changed, renamed = observed(
        connection,
        'CREATE TABLE "Post" (id int); ALTER TABLE "Post" ADD n int; ALTER TABLE "User" RENAME TO "Account"',
    )
    assert made.trace.born == ('"public"."Post"',)
    assert (changed.trace.born, renamed.trace.born) == ((), ())
