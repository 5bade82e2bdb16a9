from __future__ import annotations

from threading import Thread

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.execute import journal, run
from safemigrate.model import Group, Step

PARTITIONED = """
CREATE TABLE p (id int) PARTITION BY LIST (id);
CREATE TABLE "P 1" PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1);
"""
DETACH = Group(
    (
        Step(
            'ALTER TABLE p DETACH PARTITION "P 1" CONCURRENTLY',
            1,
            ('ALTER TABLE p DETACH PARTITION "P 1" CONCURRENTLY',),
            inverse=('ALTER TABLE "public"."p" ATTACH PARTITION "public"."P 1" FOR VALUES IN (1)',),
        ),
    ),
    transactional=False,
)


def test_a_detach_that_was_stopped_half_way_is_ended(database: DatabaseUrl) -> None:
    with connect(database) as connection, connect(database) as reader, connect(database) as other:
        if connection.info.server_version < 140000:
            pytest.skip("PostgreSQL 14 detaches concurrently")
        session.run(connection, PARTITIONED)
        session.run(reader, "BEGIN; SELECT FROM p")
        pid = other.info.backend_pid
        stopped: list[MigrationFailed] = []

        def detach() -> None:
            try:
                run.run_step(other, DETACH.steps[0])
            except MigrationFailed as error:
                stopped.append(error)

        thread = Thread(target=detach)
        thread.start()
        while not _pending(connection):
            pass
        session.run(connection, f"SELECT pg_cancel_backend({pid})")
        thread.join()
        session.run(reader, "COMMIT")
        assert stopped
        with pytest.raises(MigrationFailed):
            run.run_step(connection, DETACH.steps[0])
        run.finish_detaching(connection, DETACH)
        assert not _pending(connection)
        assert session.value(connection, "SELECT count(*) FROM pg_inherits") == 0


def _pending(connection: Connection) -> bool:
    return bool(session.value(connection, "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"))


def test_who_holds_the_lock_is_named(database: DatabaseUrl) -> None:
    with connect(database, application_name="the other") as other, connect(database) as connection:
        assert run.holder(connection) == ""
        with run.exclusive(other):
            assert run.is_held(connection)
            assert f"pid {other.info.backend_pid} (the other, user" in run.holder(connection)
            with pytest.raises(HistoryError, match="another migration is running"), run.exclusive(connection):
                pass
        assert not run.is_held(connection)


def test_a_deadlock_is_tried_again(database: DatabaseUrl) -> None:
    with connect(database) as connection, connect(database) as other:
        session.run(connection, "CREATE TABLE a (); CREATE TABLE b (); SET deadlock_timeout = '100ms'")
        session.run(other, "SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE b")
        thread = Thread(target=lambda: session.run(other, "LOCK TABLE a"))
        tries = []

        def body() -> None:
            tries.append(1)
            if len(tries) == 2:
                thread.join()
                session.run(other, "COMMIT")
            run.execute(connection, "LOCK TABLE a")
            if len(tries) == 1:
                thread.start()
            run.execute(connection, "LOCK TABLE b")

        run.transaction(run.Target(connection, database, lock_timeout=30, pause=lambda _: None), body)
        assert len(tries) == 2


def test_the_journal_is_made_once(database: DatabaseUrl) -> None:
    functions = (
        "SELECT array_agg(xmin::text ORDER BY oid) FROM pg_proc WHERE pronamespace = 'safemigrate'::regnamespace"
    )
    with connect(database) as connection:
        journal.prepare(connection)
        made = session.value(connection, functions)
        journal.prepare(connection)
        assert session.value(connection, functions) == made
        session.run(connection, "COMMENT ON SCHEMA safemigrate IS 'made by an earlier version'")
        journal.prepare(connection)
        assert session.value(connection, functions) != made
