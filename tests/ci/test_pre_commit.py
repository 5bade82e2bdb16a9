"""The hook, by the real pre-commit, in a repository whose commits it guards; installing it takes long, so once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PUBLISHED = ("pyproject.toml", "README.md", "LICENSE", "safemigrate", ".pre-commit-hooks.yaml")
CONFIG = """\
repos:
  - repo: {url}
    rev: v1
    hooks:
      - id: safemigrate
"""
DROPS = 'ALTER TABLE "User" DROP COLUMN "bio";\n'


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nobody's settings, a name to commit under, and no time spent on compiling what runs once."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    return outside | {
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "PRE_COMMIT_COLOR": "never",
        "PIP_NO_COMPILE": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{part}": "somebody@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        },
    }


def test_a_commit_that_drops_a_column_is_refused_until_it_says_why(tmp_path: Path, environment: dict[str, str]) -> None:
    hook, project = tmp_path / "safemigrate", tmp_path / "project"

    def run(folder: Path, *command: str, code: int = 0) -> str:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def commit(sql: str, code: int = 0) -> str:
        path = project / "prisma" / "migrations" / "20260102000000_slim_user" / "migration.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
        run(project, "git", "add", ".")
        return run(project, "git", "commit", "-m", "slim user", code=code)

    hook.mkdir()
    for name in PUBLISHED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, hook / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, hook / name)
    for folder in (hook, project):
        run(tmp_path, "git", "init", "--quiet", "-b", "main", str(folder))
    run(hook, "git", "add", ".")
    run(hook, "git", "commit", "--quiet", "-m", "a release")
    run(hook, "git", "tag", "v1")
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(url=hook.as_uri()))
    (project / "schema.sql").write_text(DROPS)
    run(project, sys.executable, "-m", "pre_commit", "install")
    run(project, "git", "add", ".")
    assert "no files to check" in run(project, "git", "commit", "-m", "no migration")

    refused = commit(DROPS, code=1)
    assert "prisma/migrations/20260102000000_slim_user/migration.sql" in refused
    assert '"User"."bio" is dropped with its values' in refused
    assert "safemigrate explain drop-column" in refused
    assert run(project, "git", "log", "--format=%s").split("\n") == ["no migration", ""]

    assert "Passed" in commit(f"-- safemigrate: allow drop-column nobody has read it since June\n{DROPS}")
    assert run(project, "git", "status", "--porcelain") == ""
