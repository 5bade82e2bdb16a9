from __future__ import annotations

from collections.abc import Iterator

import pytest

from safemigrate.db.postgres import Server, connect
from safemigrate.db.postgres import server as ask
from safemigrate.db.programs import OVERRIDE, Installation, installations
from safemigrate.db.session import rows, run, value
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError
from safemigrate.model import Progress
from safemigrate.shadow import provider
from safemigrate.shadow.provider import missing_extensions, shadow_server


@pytest.fixture
def target(database: DatabaseUrl) -> Iterator[Server]:
    with connect(database) as connection:
        yield ask(connection)


def test_the_machines_own_server_comes_first_with_the_targets_user_and_roles(
    target: Server, database: DatabaseUrl
) -> None:
    seen: list[Progress] = []
    with shadow_server(
        None,
        target_server=target,
        target_url=database,
        roles=["alice", "pg_read_all_data", "tester"],
        on_progress=seen.append,
    ) as shadow:
        assert shadow.own
        with connect(shadow.create("main")) as connection:
            assert value(connection, "SELECT current_user") == "tester"
            assert rows(connection, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'alice'") == [(False,)]
            found = ask(connection)
        assert (found.encoding, found.collate) == (target.encoding, target.collate)
    assert seen[-1].detail == shadow.describe


def test_a_copy_has_what_its_template_had_and_another_run_does_not_see_it(
    target: Server, database: DatabaseUrl
) -> None:
    with shadow_server("local", target_server=target, target_url=database) as shadow:
        with connect(shadow.create("main")) as connection:
            run(connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        with connect(shadow.create("copy", template="main")) as connection:
            assert value(connection, "SELECT a FROM t") == 1
        with pytest.raises(ShadowError, match="cannot create the shadow database copy"):
            shadow.create("copy")


def test_the_schema_of_the_url_holds_in_the_shadow_too(target: Server, database: DatabaseUrl) -> None:
    url = DatabaseUrl.parse(f"{database.prisma()}?schema=shop")
    with (
        shadow_server(None, target_server=target, target_url=url) as shadow,
        connect(shadow.create("main")) as connection,
    ):
        assert value(connection, "SHOW search_path") == '"shop"'


def test_the_embedded_wheel_where_the_machine_has_nothing(
    monkeypatch: pytest.MonkeyPatch, target: Server, database: DatabaseUrl
) -> None:
    monkeypatch.setenv(OVERRIDE, "none")
    with shadow_server(None, target_server=target, target_url=database) as shadow:
        assert shadow.describe.endswith("embedded")
    with pytest.raises(ShadowError, match="--shadow local: no PostgreSQL server programs"):
        shadow_server("local", target_server=target, target_url=database).__enter__()


def test_without_a_target_there_is_a_shadow_too() -> None:
    with shadow_server(None, target_server=None, target_url=None) as shadow:
        shadow.create("main")


def test_a_url_is_a_choice_too(database: DatabaseUrl) -> None:
    with shadow_server(database.prisma(), target_server=None, target_url=None) as shadow:
        assert not shadow.own
        assert str(database) in shadow.describe


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ShadowError, match="--shadow cloud is not one of"):
        shadow_server("cloud", target_server=None, target_url=None).__enter__()


def test_missing_extensions_are_named_with_the_ways_out(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        assert missing_extensions(connection, ["postgis_of_mars", "plpgsql"]) == ["postgis_of_mars"]
    with pytest.raises(ShadowError) as caught:
        shadow_server("local", target_server=None, target_url=None, extensions=["postgis_of_mars", "a"]).__enter__()
    assert "lacks the extensions a, postgis_of_mars" in caught.value.summary
    assert "--shadow docker" in caught.value.fix


def test_the_next_way_is_tried_for_an_extension_and_all_are_told(database: DatabaseUrl) -> None:
    with pytest.raises(ShadowError, match="no shadow database can be had with postgis_of_mars") as caught:
        shadow_server(None, target_server=None, target_url=None, extensions=["postgis_of_mars"]).__enter__()
    for one in installations():
        assert str(one) in caught.value.why
    assert "docker: " in caught.value.why


def test_older_servers_come_last(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = []
    for major, source in ((14, "machine"), (16, "machine"), (18, "machine"), (17, "embedded")):
        folder = tmp_path_factory.mktemp(f"{source}{major}")
        for name in ("initdb", "postgres"):
            (folder / name).touch(0o755)
        found.append(Installation(folder, major, f"{major}.1", source))  # type: ignore[arg-type]
    monkeypatch.setattr(provider, "installations", lambda: found)
    names = [name.split(" in ")[0] for name, _start in provider._candidates(None, 16, "me", None)]
    assert names == ["PostgreSQL 16.1", "PostgreSQL 18.1", "docker", "PostgreSQL 17.1", "PostgreSQL 14.1"]
