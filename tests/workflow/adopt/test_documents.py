"""The files around a project, each changed as little as can be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safemigrate.prisma.project import Project, find
from safemigrate.workflow.adopt import documents, surroundings

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'


def project(folder: Path, package: str) -> Project:
    (folder / "prisma").mkdir()
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA)
    (folder / "package.json").write_bytes(package.encode())
    (folder / ".git").mkdir()
    return find(folder)


@pytest.mark.parametrize(
    ("major", "command", "wanted"),
    [
        (6, "prisma db push", "safemigrate apply && prisma generate"),
        (7, "prisma db push", "safemigrate apply"),
        (5, "npx prisma@5 db push --skip-generate", "safemigrate apply"),
        (6, "prisma db push --accept-data-loss && prisma generate", "safemigrate apply && prisma generate"),
        (7, "dotenv -e .env.local -- prisma db push; next dev", "dotenv -e .env.local -- safemigrate apply; next dev"),
        (7, "pnpm exec prisma  db push --schema=db/schema.prisma", "safemigrate apply --schema=db/schema.prisma"),
        (
            5,
            "prisma db push --schema a.prisma",
            "safemigrate apply --schema a.prisma && prisma generate --schema a.prisma",
        ),
        (6, "prisma db pull", "prisma db pull"),
    ],
)
def test_what_takes_the_place_of_db_push(major: int, command: str, wanted: str) -> None:
    assert documents.applied(command, major) == wanted


def test_package_json_keeps_every_other_character(tmp_path: Path) -> None:
    text = '{\n   "name" : "prisma db push",\n   "scripts":{ "db:push" :  "echo \\u00e9 && prisma db push" , "x":"é"},"dependencies":{"prisma":"7.0.0"} }'
    change, left = documents.package_scripts(project(tmp_path, text))
    assert change
    assert (change.before, left) == (text, [])
    # It is spelled \\u00e9 there, and stays so.
    assert json.loads(change.after or "")["scripts"]["db:push"] == "echo é && safemigrate apply"
    assert (change.after or "").replace("safemigrate apply", "prisma db push") == text


@pytest.mark.parametrize("name", ["build", "vercel-build", "postinstall", "test:setup", "db:reset", "e2e"])
def test_a_script_that_runs_elsewhere_is_named_and_left(tmp_path: Path, name: str) -> None:
    package = json.dumps({"scripts": {name: "prisma db push"}, "devDependencies": {"prisma": "7.0.0"}})
    change, (said,) = documents.package_scripts(project(tmp_path, package))
    assert change is None
    assert said.startswith(f'package.json: "{name}" runs `prisma db push`, and was left alone')


@pytest.mark.parametrize("line", [".safemigrate/", "/.safemigrate", "**/.safemigrate/"])
def test_what_git_ignores_already(tmp_path: Path, line: str) -> None:
    found = project(tmp_path, "{}")
    around = surroundings.Surroundings(tmp_path, True, "", ())
    (tmp_path / ".gitignore").write_bytes(b"node_modules\r\n.env")
    added = documents.ignored(found, around)
    assert added
    assert added.after == "node_modules\r\n.env\r\n.safemigrate/\r\n"
    (tmp_path / ".gitignore").write_text(f"node_modules\n{line}\n")
    assert documents.ignored(found, around) is None


def test_the_workflow_of_a_package_below_the_top(tmp_path: Path) -> None:
    inner = tmp_path / "packages" / "db"
    inner.mkdir(parents=True)
    found = project(inner, '{"packageManager": "pnpm@9.0.0"}')
    change = documents.workflow(found, surroundings.Surroundings(tmp_path, True, "git@github.com:a/b.git", ()))
    assert change
    assert Path(change.path) == tmp_path / ".github" / "workflows" / "safemigrate.yml"
    assert 'working-directory: "packages/db"' in (change.after or "")
    assert "pnpm install --frozen-lockfile" in (change.after or "")
    assert documents.workflow(found, surroundings.Surroundings(tmp_path, True, "git@gitlab.com:a/b.git", ())) is None
