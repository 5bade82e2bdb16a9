from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from safemigrate.db.postgres import connect, quote, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed
from safemigrate.shadow.local import LocalServer


def failure(url: str) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught, connect(DatabaseUrl.parse(url)):
        pass
    return caught.value


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_session_runs_under_no_timeouts_and_sees_the_schema_of_the_url(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        connection.execute(f'ALTER DATABASE "{database.database}" SET statement_timeout = 5')
        connection.execute('CREATE SCHEMA "my shop"; CREATE TABLE "my shop".t ()')
    url = DatabaseUrl.parse(f"{database.prisma()}?schema=my%20shop")
    with connect(url, application_name="safemigrate test") as connection:
        connection.execute("SELECT pg_sleep(0.02), t FROM t")
        for name, value in {
            "statement_timeout": "0",
            "TimeZone": "UTC",
            "application_name": "safemigrate test",
            "client_connection_check_interval": "2s",
            "search_path": '"my shop"',
        }.items():
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)


def test_the_server_says_what_it_is(server: LocalServer, database: DatabaseUrl) -> None:
    from safemigrate.db.postgres import server as ask

    with connect(database) as connection:
        found = ask(connection)
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert (found.major, found.user, found.superuser, found.tls) == (server.major, "tester", True, False)
    assert found.version // 10000 == found.major
    assert found.system_identifier.isdigit()
    assert (found.database_oid,) == oid
    assert found.can_create
    assert not found.in_recovery


def test_a_plain_role_has_no_rights_it_was_not_given(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        try:
            with connect(DatabaseUrl.parse(database.prisma().replace("tester@", "plain@"))) as plain:
                found = server(plain)
        finally:
            connection.execute("DROP ROLE plain")
    assert (found.user, found.superuser, found.can_create, found.can_create_databases) == ("plain", False, False, False)


def test_names_are_always_quoted() -> None:
    assert quote("public", 'Us"er') == '"public"."Us""er"'


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(f"postgresql://me:hunter2@127.0.0.1:{port}/shop")
    assert error.summary == f"nothing listens at 127.0.0.1:{port}"
    assert error.fix == (f"pg_isready -h 127.0.0.1 -p {port}",)
    assert "hunter2" not in repr((error.summary, error.why, error.fix))


def test_an_unknown_host() -> None:
    assert failure("postgresql://me@no-such-host.invalid/shop").summary == "the host no-such-host.invalid is not known"


def test_no_such_database(server: LocalServer) -> None:
    error = failure(server.url.with_database("shpo").prisma())
    assert error.summary.endswith('has no database "shpo"')
    assert error.fix[0].startswith("createdb ")


def test_no_such_role(server: LocalServer) -> None:
    assert failure(server.url.prisma().replace("tester@", "nobody@")).summary.endswith('has no role "nobody"')


def test_tls_where_there_is_none(server: LocalServer) -> None:
    assert failure(f"{server.url.prisma()}?sslmode=require").summary.endswith("does not speak TLS")


def test_a_server_that_never_answers(silent_port: int) -> None:
    error = failure(f"postgresql://me@127.0.0.1:{silent_port}/shop?connect_timeout=2")
    assert "did not answer" in error.summary


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ('FATAL:  password authentication failed for user "me"', "db:5432 refused the password of me"),
        ("fe_sendauth: no password supplied", "db:5432 refused the password of me"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "me", database "shop"', "does not admit me"),
        ('FATAL:  permission denied for database "shop"', 'may not connect to the database "shop"'),
        ('FATAL:  role "me" is not permitted to log in', "does not let me in"),
        ("FATAL:  sorry, too many clients already", "no connection to spare"),
        ("FATAL:  the database system is starting up", "db:5432 is not ready"),
        ("SSL error: certificate verify failed", "the TLS connection to db:5432 failed"),
        ("FATAL:  Datenbank »shop« existiert nicht", "cannot connect to postgresql://me@db:5432/shop"),
    ],
)
def test_every_refusal_is_told_apart(said: str, summary: str) -> None:
    from safemigrate.db.postgres import _failed

    error = _failed(DatabaseUrl.parse("postgresql://me:hunter2@db/shop"), f"connection failed: {said}")
    assert summary in error.summary
    assert said.split(":")[-1].strip() in error.why
    assert error.fix
