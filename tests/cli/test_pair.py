"""Two schemas in step: what `check` says of a branch, and what `check --fix` writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from safemigrate.db.sqlite.connection import connect
from safemigrate.shadow.local import LocalServer
from tests.repositories import NEW, TAG, commit, git, project

PRODUCTION = Path("prisma/schema.prisma")
DEVELOPMENT = Path("prisma/schema.sqlite.prisma")
SQLITE = """\
datasource db {
  provider = "sqlite"
  url      = "file:./dev.db"
}

model User {
  id   Int     @id
  name String?
  bio  String?
}
"""


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch of a project with a pair in step."""
    root = project(tmp_path / "repository")
    monkeypatch.chdir(root)
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    DEVELOPMENT.write_text(SQLITE)
    Path("safemigrate.toml").write_text(f'[pair]\ndevelopment = "{DEVELOPMENT}"\n')
    commit(root, "a pair")
    git(root, "branch", "-qf", "main")
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def out_of_step(invoke: Any, *arguments: str) -> list[dict[str, Any]]:
    document = json.loads(invoke("check", "--json", *arguments).stdout)
    return [one for one in document["findings"] if one["rule"] == "schemas-out-of-step"]


def test_a_pair_in_step_is_silent(invoke: Any, branch: Path) -> None:
    assert out_of_step(invoke) == []
    assert invoke("check").code == 0


def test_what_a_branch_forgot_is_an_error_with_its_place_and_its_edit(invoke: Any, branch: Path) -> None:
    edit(DEVELOPMENT, "bio  String?", "bio  String?\n  age  Int?")
    (found,) = out_of_step(invoke)
    assert found["message"] == "User.age is in schema.sqlite.prisma and not in schema.prisma"
    assert (found["severity"], found["path"], found["span"]["line"]) == ("error", str(DEVELOPMENT), 10)
    assert found["edit"].splitlines()[1:] == ["   bio  String?", "+  age  Int?", " }"]
    ran = invoke("check")
    assert ran.code == 1
    assert "prisma/schema.sqlite.prisma:10" in ran.stdout
    assert "+  age  Int?" in ran.stdout
    assert "safemigrate apply --schema prisma/schema.prisma" in ran.stdout
    sarif = json.loads(invoke("check", "--format", "sarif").stdout)
    places = [one["locations"][0]["physicalLocation"] for one in sarif["runs"][0]["results"] if "step" in one["ruleId"]]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places] == [(str(DEVELOPMENT), 10)]
    assert f"file={DEVELOPMENT},line=10," in invoke("check", "--format", "github").stdout


def test_a_field_that_one_side_lost_is_lost_by_the_other(invoke: Any, branch: Path) -> None:
    edit(PRODUCTION, "  bio  String?\n", "")
    (found,) = out_of_step(invoke)
    assert found["message"].endswith("is in schema.sqlite.prisma and not in schema.prisma any more")
    assert "-  bio  String?" in found["edit"]


def test_what_the_base_has_too_is_a_warning(invoke: Any, branch: Path) -> None:
    edit(DEVELOPMENT, "bio  String?", "bio  String?\n  age  Int?")
    commit(branch, "out of step")
    git(branch, "branch", "-qf", "main")
    (found,) = out_of_step(invoke)
    assert (found["severity"], found["message"].endswith(", on main too")) == ("warning", True)


def test_a_level_of_the_settings_holds_for_it(invoke: Any, branch: Path) -> None:
    edit(DEVELOPMENT, "bio  String?", "bio  Int?")
    assert [one["severity"] for one in out_of_step(invoke, "--rule", "schemas-out-of-step=notice")] == ["notice"]
    assert out_of_step(invoke, "--rule", "schemas-out-of-step=off") == []


def test_fix_writes_the_other_schema_and_names_what_makes_its_migration(invoke: Any, branch: Path) -> None:
    edit(PRODUCTION, "bio  String?", "bio  String?\n  tags String[]\n  age  BigInt @default(3)")
    before = PRODUCTION.read_text()
    ran = invoke("check", "--fix", "--offline")
    assert "+  tags String" in ran.stderr
    assert DEVELOPMENT.read_text() == SQLITE.replace(
        "  bio  String?\n", '  bio  String?\n  tags String @default("[]")\n  age  BigInt @default(3)\n'
    )
    assert PRODUCTION.read_text() == before
    assert "safemigrate apply --schema prisma/schema.sqlite.prisma" in " ".join(ran.stdout.split())
    assert out_of_step(invoke) == []


def test_a_schema_that_cannot_be_read_leaves_the_check_incomplete(invoke: Any, branch: Path) -> None:
    DEVELOPMENT.write_text(f"{SQLITE}\nmodel Half {{\n  id Int @id\n")
    ran = invoke("check", "--json")
    assert ran.code == 2
    assert "schema.sqlite.prisma:12 cannot be read" in " ".join(json.loads(ran.stdout)["notes"])


def test_what_a_comment_allows_neither_blocks_nor_is_written(invoke: Any, branch: Path) -> None:
    meant = "// safemigrate: allow schemas-out-of-step the till alone syncs\nmodel Queue {\n  id Int @id\n}\n"
    DEVELOPMENT.write_text(f"{SQLITE}\n{meant}")
    (found,) = out_of_step(invoke)
    assert (found["allowed"], found["blocks"], found["edit"]) == ("the till alone syncs", False, None)
    assert invoke("check").code == 0
    before = PRODUCTION.read_text()
    invoke("check", "--fix", "--offline")
    assert PRODUCTION.read_text() == before


def test_a_schema_is_checked_by_itself_without_a_database(invoke: Any, branch: Path) -> None:
    ran = invoke("check", str(PRODUCTION))
    assert (ran.code, ran.stdout.splitlines()[-1]) == (0, "✔ Nothing found.")
    edit(DEVELOPMENT, "name String?", 'name String @default("?")')
    edit(PRODUCTION, "bio  String?", "bio  String?\n  age  Int?")
    ran = invoke("check", str(PRODUCTION), "--json")
    assert ran.code == 1
    document = json.loads(ran.stdout)
    assert [one["subject"] for one in document["findings"]] == ["User.name", "User.name", "User.age"]
    assert document["next"] == [
        "safemigrate check --fix prisma/schema.prisma",
        "safemigrate apply --schema prisma/schema.prisma",
        "safemigrate check --fix prisma/schema.sqlite.prisma",
        "safemigrate apply --schema prisma/schema.sqlite.prisma",
    ]
    before = DEVELOPMENT.read_text()
    ran = invoke("check", "--fix", str(PRODUCTION), "--json")  # the one that is named, and no other
    assert DEVELOPMENT.read_text() == before
    assert '  name String @default("?")\n' in PRODUCTION.read_text()
    assert [one["subject"] for one in json.loads(ran.stdout)["findings"]] == ["User.age"]
    assert invoke("check", "--fix", str(DEVELOPMENT)).code == 0
    assert invoke("check", str(DEVELOPMENT)).code == 0


def test_a_schema_of_no_pair_leads_to_one(invoke: Any, branch: Path) -> None:
    Path("safemigrate.toml").unlink()
    ran = invoke("check", str(PRODUCTION))
    assert ran.code == 2
    assert 'development = "prisma/schema.sqlite.prisma"' in ran.stderr
    Path("safemigrate.toml").write_text(f'[pair]\ndevelopment = "{DEVELOPMENT}"\n')
    Path("prisma/third.prisma").write_text(SQLITE)
    ran = invoke("check", "prisma/third.prisma")
    assert ran.code == 2
    assert "prisma/third.prisma is no file of the pair" in ran.stderr


def test_both_histories_are_checked_each_by_its_provider(invoke: Any, branch: Path, server: LocalServer) -> None:
    second = Path("prisma/migrations.sqlite")
    shutil.copytree("prisma/migrations", second)
    (second / "migration_lock.toml").write_text('provider = "sqlite"\n')
    commit(branch, "a second history")
    git(branch, "branch", "-qf", "main")
    for folder, sql in ((Path("prisma/migrations"), TAG), (second, 'ALTER TABLE "User" DROP COLUMN bio;\n')):
        (folder / NEW).mkdir()
        (folder / NEW / "migration.sql").write_text(sql)

    def check(*arguments: str) -> tuple[int, list[tuple[str, bool, list[str]]]]:
        ran = invoke("check", "--json", "--no-cache", "--shadow-url", str(server.url), *arguments)
        return ran.code, [
            (
                one["path"],
                one["rollback"]["proof"]["server_version"].startswith("SQLite"),
                [each["rule"] for each in one["findings"]],
            )
            for one in json.loads(ran.stdout)["migrations"]
        ]

    production: tuple[str, bool, list[str]] = (f"prisma/migrations/{NEW}/migration.sql", False, [])
    development = (f"{second}/{NEW}/migration.sql", True, ["drop-column"])
    assert check() == (1, [production, development])
    assert check("--schema", str(PRODUCTION)) == (0, [production])
    assert check("--schema", str(DEVELOPMENT)) == (1, [development])
    live = branch / "live.db"
    with connect(live, create=True):
        pass
    outcome = json.loads(invoke("check", "--json", "--shadow-url", str(server.url), "--url", f"file:{live}").stdout)
    assert outcome["database"] == f"file:{live}"
    assert any("live.db has no migration history" in note for note in outcome["notes"])
