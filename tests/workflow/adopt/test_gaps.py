"""What doctor finds around a project, without a database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db.postgres import Connection, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Diagnosis, silent
from safemigrate.prisma import history
from safemigrate.prisma.config import Config
from safemigrate.prisma.project import Project, find
from safemigrate.workflow.adopt import changes, gaps, surroundings
from safemigrate.workflow.adopt.changes import Record
from safemigrate.workflow.adopt.surroundings import Bypass
from safemigrate.workflow.fitness import Seen
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """A project on GitHub, two folders below its repository's."""
    root = tmp_path / "packages" / "db"
    (root / "prisma").mkdir(parents=True)
    (root / "prisma" / "schema.prisma").write_text(SCHEMA)
    (root / "package.json").write_text('{"devDependencies": {"prisma": "6.19.0"}}')
    subprocess.run(
        "git init -q . && git remote add origin https://x:secret@github.com/a/b.git", shell=True, cwd=tmp_path
    )
    return Seen(find(root))


def request(root: Path) -> Request:
    def no(*_given: object) -> bool:
        return False

    return Request(root, None, None, Settings(), silent, False, None, None, no, no)


def said(lines: Iterator[Diagnosis]) -> list[tuple[str, tuple[str, ...]]]:
    return [(line.detail, line.fix) for line in lines if not line.ok]


def test_every_place_that_bypasses_safemigrate(seen: Seen, tmp_path: Path) -> None:
    files = {
        "packages/db/package.json": '{"scripts": {"build": "prisma  migrate deploy && next build", "push": "yarn prisma db push"}}',
        "package.json": '{"scripts": {"deploy": "npx prisma@6 migrate deploy"}}',
        "vercel.json": '{\n "buildCommand": "npx prisma db push --accept-data-loss && next build"\n}',
        "Dockerfile": 'FROM node\n# RUN npx prisma db push\nCMD ["npx", "prisma", "migrate", "deploy"]\n',
        ".github/workflows/deploy.yml": "jobs:\n  a:\n    steps:\n      - run: pnpm prisma migrate deploy\n",
        "scripts/reset.sh": "#!/bin/sh\nprisma migrate dev\nprisma db pull\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = said(gaps.check_bypasses(request(tmp_path), seen, None))
    assert [detail.partition(":")[0] for detail, _ in found] == [
        "package.json (push) still runs `prisma db push`",
        "package.json (build), ../../package.json (deploy) still run `prisma migrate deploy`",
        "../../vercel.json line 2 still runs `prisma db push`",
        "../../.github/workflows/deploy.yml line 4, ../../Dockerfile line 3 still run `prisma migrate deploy`",
    ]
    assert found[0][1] == ("npm pkg set 'scripts.push=safemigrate apply && prisma generate'",)
    assert found[1][1][0] == "npm pkg set 'scripts.build=safemigrate apply && next build'"
    assert found[2][1] == ("$EDITOR +2 ../../vercel.json   # safemigrate apply in its place",)


def test_continuous_integration_without_the_gate_and_with_it(seen: Seen, tmp_path: Path) -> None:
    assert said(gaps.check_gate(request(tmp_path), seen, None))[0][1] == (
        "safemigrate init   # writes .github/workflows/safemigrate.yml",
    )
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text("- run: safemigrate check")
    assert said(gaps.check_gate(request(tmp_path), seen, None)) == []


def test_an_init_that_was_stopped(seen: Seen, tmp_path: Path) -> None:
    assert seen.project
    changes.save(seen.project.root / ".safemigrate", Record())
    ((_, fix),) = said(gaps.check_init(request(tmp_path), seen, None))
    assert fix == ("safemigrate init   # finishes it", "safemigrate init --undo   # takes it back")


def test_the_engine_that_cuts_at_semicolons(seen: Seen, tmp_path: Path) -> None:
    assert seen.project
    seen.project = replace(seen.project, config=Config(tmp_path / "prisma.config.ts", engine="js"))
    ((detail, _),) = said(gaps.check_engine(request(tmp_path), seen, None))
    assert 'prisma.config.ts has engine "js"' in detail


def target(connection: Connection, project: Project) -> ServerTarget:
    resolved = Resolved(project, (), DatabaseUrl.parse("postgresql://u@localhost/x"), "--url", project.root)
    return ServerTarget(resolved, connection, server(connection), (), history.state([], None), (), ())


def test_a_shadow_database_that_is_the_database_itself(
    seen: Seen, tmp_path: Path, connection: Connection, database: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen.project
    seen.target = target(connection, seen.project)
    source = seen.project.schema.read_text().replace("\n}", '\n  shadowDatabaseUrl = env("SHADOW")\n}')
    seen.project.schema.write_text(source)
    seen.project = find(seen.project.root)
    monkeypatch.delenv("SHADOW", raising=False)
    assert said(gaps.check_prisma_shadow(request(tmp_path), seen, None)) == []
    monkeypatch.setenv("SHADOW", database.prisma().replace("127.0.0.1", "localhost"))
    ((detail, _),) = said(gaps.check_prisma_shadow(request(tmp_path), seen, None))
    assert "is the database itself" in detail


def test_a_database_of_which_nobody_keeps_a_backup(seen: Seen, tmp_path: Path, connection: Connection) -> None:
    assert seen.project
    seen.target, seen.store = target(connection, seen.project), tmp_path / "store"
    seen.url = DatabaseUrl.parse("postgresql://u@db.example/x")
    ((detail, fix),) = said(gaps.check_backups(request(tmp_path), seen, None))
    assert fix == ("safemigrate snapshot create",)
    seen.url = DatabaseUrl.parse("postgresql://u@localhost/x")
    assert said(gaps.check_backups(request(tmp_path), seen, None)) == []
    assert "archives no log" in detail


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("ep-cool-1.eu-central-1.aws.neon.tech", "Neon"),
        ("db.abc.supabase.co", "Supabase"),
        ("containers-us-west-1.railway.app", "Railway"),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", "Heroku"),
        ("dpg-abc-a.frankfurt-postgres.render.com", "Render"),
        ("x.eu-west-1.rds.amazonaws.com", "Amazon RDS"),
        ("127.0.0.1", "this machine"),
        ("db", ""),
    ],
)
def test_whose_host_a_database_is_on(name: str, host: str) -> None:
    assert surroundings.host(DatabaseUrl.parse(f"postgresql://u@{name}/x")) == host


def test_the_remote_without_its_secret(seen: Seen) -> None:
    assert seen.project
    around = surroundings.look(seen.project)
    assert (around.origin, around.on_github, around.in_git) == ("https://github.com/a/b.git", True, True)


@pytest.mark.parametrize("runner", ["npm exec -- ", "yarn run ", "pnpm dlx ", "npx --yes ", ""])
def test_a_deploy_by_any_runner_is_replaced_with_it(runner: str, tmp_path: Path) -> None:
    (tmp_path / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"ship": f"{runner}prisma migrate deploy && a"}}))
    found = Bypass(tmp_path / "package.json", "ship", "prisma migrate deploy")
    assert gaps._instead(found, find(tmp_path, None, None)) == "npm pkg set 'scripts.ship=safemigrate apply && a'"
