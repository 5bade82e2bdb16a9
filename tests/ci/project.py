"""A project in a git repository: main has a table, and a branch is checked out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

BASE = 'CREATE TABLE "User" (id int PRIMARY KEY, bio text);\n'
DROPS = 'ALTER TABLE "User" DROP COLUMN "bio";\n'
SCHEMA = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model User {
  id  Int     @id
  bio String?
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose branch drops a column that main has."""
    folder = tmp_path / "project"
    write(folder, "20260101000000_init", BASE)
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA)
    (folder / "prisma" / "migrations" / "migration_lock.toml").write_text('provider = "postgresql"\n')
    git(folder, "init", "--quiet", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "init")
    git(folder, "switch", "--quiet", "-c", "branch")
    return folder


def write(project: Path, name: str, sql: str) -> None:
    path = project / "prisma" / "migrations" / name / "migration.sql"
    path.parent.mkdir(parents=True)
    path.write_text(sql)


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *name, *words], cwd=folder, check=True)
