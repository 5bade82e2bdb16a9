from __future__ import annotations

import shlex
import sqlite3
import subprocess
from pathlib import Path

import pytest

from safemigrate.config import load
from safemigrate.errors import ProjectError
from safemigrate.model import Diagnosis
from safemigrate.prisma.pair import side
from safemigrate.workflow.pair.in_step import behind
from safemigrate.workflow.pair.lines import check_pair, check_to_server
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import resolve

MODEL = "model A {\n  id Int @id\n  at DateTime\n  yes Boolean\n}\n"


def schema(provider: str, url: str, models: str = MODEL) -> str:
    return f'datasource db {{\n  provider = "{provider}"\n  url = {url}\n}}\n\n{models}'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of Prisma 5 with a schema for each provider, nothing said of them, and a file with rows."""
    for name in ("DATABASE_URL", "SAFEMIGRATE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(schema("postgresql", 'env("DATABASE_URL")'))
    (tmp_path / "prisma" / "schema.sqlite.prisma").write_text(schema("sqlite", '"file:./dev.db"'))
    file = sqlite3.connect(tmp_path / "prisma" / "dev.db")
    file.executescript(
        "CREATE TABLE A (id INTEGER PRIMARY KEY, at DATETIME, yes BOOLEAN);"
        "INSERT INTO A VALUES (1, 1700000000123, 1), (2, '2024-01-01T00:00:00.000Z', 0);"
    )
    file.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def request_of(folder: Path, name: str | None = None, url: str | None = None) -> Request:
    return Request(
        project=folder,
        schema=Path(name) if name else None,
        url=url,
        settings=load(folder),
        on_progress=lambda _: None,
        interactive=False,
        confirm=None,
        ask_name=None,
        consent=lambda *_: False,
        proceed=lambda _: False,
    )


def lines(folder: Path, name: str | None = None) -> list[Diagnosis]:
    request = request_of(folder, name)
    found = side(folder, request.schema, request.settings)
    return [*check_pair(request, found), *check_to_server(request, found)]


def configured(folder: Path) -> None:
    (folder / "safemigrate.toml").write_text('[pair]\ndevelopment = "prisma/schema.sqlite.prisma"\n')


def test_a_pair_is_found_and_named_by_the_command_it_offers(project: Path) -> None:
    (found,) = lines(project)
    assert not found.ok
    assert found.detail.startswith("prisma/schema.sqlite.prisma is another schema beside prisma/schema.prisma")
    subprocess.run(found.fix[0], shell=True, check=True)
    assert lines(project)[0].detail.endswith("are in step")


def test_a_project_with_one_schema_has_no_line(project: Path) -> None:
    (project / "prisma" / "schema.sqlite.prisma").unlink()
    assert lines(project) == []


@pytest.mark.parametrize("name", [None, "prisma/schema.sqlite.prisma"])
def test_both_sides_say_the_same(project: Path, name: str | None) -> None:
    configured(project)
    found = lines(project, name)
    assert [one.ok for one in found] == [True, True, True]
    assert found[1].detail == "every value of prisma/dev.db fits PostgreSQL; pgloader moves them"
    assert found[2].detail.startswith("prisma/dev.db has dates in milliseconds (1): ")


def test_out_of_step_is_a_line(project: Path) -> None:
    configured(project)
    path = project / "prisma" / "schema.sqlite.prisma"
    path.write_text(path.read_text().replace("yes Boolean", "yes Boolean?"))
    found = lines(project)[0]
    assert not found.ok
    assert "A.yes is required in schema.prisma, optional in schema.sqlite.prisma" in found.detail
    assert found.fix == (
        "safemigrate check --fix prisma/schema.sqlite.prisma",
        "safemigrate apply --schema prisma/schema.sqlite.prisma",
    )


def test_what_does_not_fit_is_a_line_with_the_query(project: Path) -> None:
    configured(project)
    file = sqlite3.connect(project / "prisma" / "dev.db")
    file.execute("INSERT INTO A VALUES (7, 'yesterday', 'true')")
    file.commit()
    file.close()
    found = [one for one in lines(project) if not one.ok]
    assert [one.detail for one in found] == [
        "A.at of prisma/dev.db has 1: text that is no date; the first is 7",
        "A.yes of prisma/dev.db has 1: neither 0 nor 1; the first is 7",
    ]
    assert found[1].fix[0].startswith('sqlite3 prisma/dev.db "SELECT [id], [yes] FROM [A] WHERE ')


def test_the_commands_make_a_copy_whose_dates_are_texts(project: Path) -> None:
    configured(project)
    for command in lines(project)[2].fix:
        program, file, script = shlex.split(command)
        assert program == "sqlite3"
        sqlite3.connect(file).executescript(script)
    moved = sqlite3.connect(project / "prisma" / "dev.move.db")
    assert moved.execute("SELECT at FROM A ORDER BY id").fetchall() == [
        ("2023-11-14T22:13:20.123Z",),
        ("2024-01-01T00:00:00.000Z",),
    ]
    assert sqlite3.connect(project / "prisma" / "dev.db").execute("SELECT typeof(at) FROM A").fetchone() == ("integer",)


@pytest.mark.parametrize("url", ['"file:./none.db"', 'env("NO_SUCH_VARIABLE")', '"postgresql://localhost/x"'])
def test_a_file_that_is_not_known_is_no_problem(project: Path, url: str) -> None:
    configured(project)
    (project / "prisma" / "schema.sqlite.prisma").write_text(schema("sqlite", url))
    assert [one.subject for one in lines(project)] == ["pair"]


def test_a_url_of_the_other_side_leads_to_its_schema(project: Path) -> None:
    with pytest.raises(ProjectError, match="is a sqlite URL, and the schema's provider is postgresql") as caught:
        resolve(request_of(project, url="file:./prisma/dev.db"))
    assert caught.value.fix == ("--schema prisma/schema.sqlite.prisma",)


def test_what_one_schema_has_now_is_proposed_for_the_other(project: Path) -> None:
    configured(project)
    path = project / "prisma" / "schema.sqlite.prisma"
    request = request_of(project, str(path))
    found = side(project, path, request.settings)
    assert behind(request, found) == ((), ())
    path.write_text(path.read_text().replace("yes Boolean", "yes Boolean\n  word String?"))
    assert behind(request, found) == (
        ("The two schemas are out of step: A.word is in schema.sqlite.prisma and not in schema.prisma.",),
        ("safemigrate check --fix prisma/schema.prisma",),
    )
    path.write_text("model A {")
    (note,), command = behind(request, found)
    assert "schema.sqlite.prisma:1 cannot be read" in note
    assert command == ()
