from __future__ import annotations

import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.session import rows, run
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ShadowError
from safemigrate.shadow.existing import PREFIX, on_server, same_database, sweep


def shadows(url: DatabaseUrl) -> set[str]:
    with connect(url) as connection:
        found = rows(connection, "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
    return {name for (name,) in found}


def test_shadows_are_made_beside_the_named_database_and_dropped(database: DatabaseUrl) -> None:
    before = shadows(database)
    with on_server(database, None) as shadow:
        first = shadow.create("first")
        with connect(first) as connection:
            run(connection, "CREATE TABLE t (a int)")
        second = shadow.create("second", template="first")
        with connect(second) as connection:
            run(connection, "SELECT a FROM t")
        assert first.database.startswith(PREFIX)
        assert shadow.url("second") == second
        assert not shadow.own
        shadow.drop("first")
        with pytest.raises(ConnectionFailed, match="has no database"), connect(first):
            pass
    assert shadows(database) <= before


def test_the_target_under_another_spelling_is_refused(database: DatabaseUrl) -> None:
    other = DatabaseUrl.parse(database.prisma().replace("127.0.0.1", "localhost"))
    assert str(other) != str(database)
    with pytest.raises(ShadowError, match="is the target database itself") as caught, on_server(database, other):
        pass
    assert caught.value.fix


def test_another_database_of_the_same_server_is_not_the_target(database: DatabaseUrl) -> None:
    other = database.with_database("postgres")
    with connect(database) as one, connect(other) as two, connect(database) as three:
        assert not same_database(one, two)
        assert same_database(one, three)
        assert rows(one, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()") == [
            (0,)
        ]


def test_a_role_that_may_not_create_databases_is_told_how(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        run(connection, f'CREATE ROLE "plain {database.database}" LOGIN')
        try:
            url = DatabaseUrl.parse(database.prisma().replace("tester@", f"plain%20{database.database}@"))
            with pytest.raises(ShadowError, match="may not create databases") as caught, on_server(url, None):
                pass
        finally:
            run(connection, f'DROP ROLE "plain {database.database}"')
    assert caught.value.fix[0].startswith(f'ALTER ROLE "plain {database.database}" CREATEDB;')


def test_a_server_older_than_the_target_is_refused(database: DatabaseUrl) -> None:
    with pytest.raises(ShadowError, match="older than the target's 99"), on_server(database, None, 99):
        pass


def test_a_pooler_is_refused(database: DatabaseUrl) -> None:
    url = DatabaseUrl.parse(f"{database.prisma()}?pgbouncer=true")
    with pytest.raises(ShadowError, match="connection pooler"), on_server(url, None):
        pass


def test_leftovers_of_a_killed_run_are_swept_and_nothing_else(database: DatabaseUrl) -> None:
    abandoned, alike = f"{PREFIX}00abcdef_main", f"{PREFIX}mine_{database.database}"
    with connect(database) as connection, on_server(database, None) as living:
        used = living.create("main")
        run(connection, f'CREATE DATABASE "{abandoned}"')
        run(connection, f'CREATE DATABASE "{alike}"')
        try:
            assert sweep(connection) == [abandoned]
            assert {alike, used.database} <= shadows(database)
        finally:
            run(connection, f'DROP DATABASE IF EXISTS "{alike}"')
            run(connection, f'DROP DATABASE IF EXISTS "{abandoned}"')


def test_a_leftover_that_somebody_looks_at_is_left_alone(database: DatabaseUrl) -> None:
    name = f"{PREFIX}00fedcba_main"
    with connect(database) as connection:
        run(connection, f'CREATE DATABASE "{name}"')
        try:
            with connect(database.with_database(name)):
                assert sweep(connection) == []
        finally:
            run(connection, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
