from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db import programs
from safemigrate.db.programs import OVERRIDE, client, installations, server_installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ServerProgramError


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only programs are those that `install` puts into this folder."""
    monkeypatch.setenv(OVERRIDE, str(tmp_path))
    monkeypatch.setattr(programs, "_WHEELS", ())
    programs.version.cache_clear()
    return tmp_path


def install(folder: Path, version: str, *names: str) -> None:
    for name in names:
        path = folder / name
        path.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version} (Debian {version}-1)'\n")
        path.chmod(0o755)


def test_a_folder_of_programs_is_an_installation(only: Path) -> None:
    install(only, "16.4", "pg_dump", "pg_restore")
    (found,) = installations()
    assert (found.major, found.version, found.source, found.serves) == (16, "16.4", "machine", False)
    assert client("pg_restore", 15) == only / "pg_restore"


def test_a_beta_has_a_major_too(only: Path) -> None:
    install(only, "19beta1", "postgres", "initdb")
    assert [(one.major, one.serves) for one in installations()] == [(19, True)]


def test_a_client_older_than_the_server_is_refused_by_both_names(only: Path) -> None:
    install(only, "15.18", "pg_dump")
    with pytest.raises(ServerProgramError) as caught:
        client("pg_dump", 17)
    assert caught.value.summary == "pg_dump 15 is older than the server, which is PostgreSQL 17"
    assert f"PostgreSQL 15.18 in {only}" in caught.value.why
    assert caught.value.fix[0] == "apt-get install postgresql-client-17"


def test_nothing_installed_says_what_to_install(only: Path) -> None:
    with pytest.raises(ServerProgramError, match="pg_dump is not on this machine"):
        client("pg_dump", 15)
    with pytest.raises(ServerProgramError, match=r"no PostgreSQL server programs \(initdb and postgres\) found"):
        server_installation(15)


def test_the_closest_client_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for major in (18, 16, 14):
        folder = tmp_path / str(major)
        folder.mkdir()
        install(folder, f"{major}.1", "pg_dump", "initdb", "postgres")
        found.append(programs.Installation(folder, major, f"{major}.1", "machine"))
    monkeypatch.setattr(programs, "installations", lambda: found)
    assert client("pg_dump", 15) == tmp_path / "16" / "pg_dump"
    assert [server_installation(major).major for major in (16, 15, 14, 19, 0)] == [16, 16, 14, 18, 18]


def test_the_machines_own_come_before_the_wheel_and_only_they_have_tls() -> None:
    found = installations()
    sources = [one.source for one in found]
    assert sources == sorted(sources, reverse=True)
    wheel = next(one for one in found if one.source == "embedded")
    if not any(one.source == "machine" and one.major >= wheel.major for one in found):
        assert client("pg_dump", wheel.major).parent == wheel.folder
        with pytest.raises(ServerProgramError, match="with TLS is needed, and the embedded one has none"):
            client("pg_dump", wheel.major, tls=True)


def test_the_machines_own_can_be_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, "none")
    assert {one.source for one in installations()} == {"embedded"}
    assert server_installation(14).source == "embedded"


def test_the_environment_leads_to_one_database_only() -> None:
    found = programs.environment(DatabaseUrl.parse("postgresql://me:hunter2@db/shop"), PGOPTIONS="-c a=b")
    assert found["PGSERVICE"] is None
    assert (found["PGHOST"], found["PGPASSWORD"], found["PGOPTIONS"]) == ("db", "hunter2", "-c a=b")
