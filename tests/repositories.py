"""Git repositories with a Prisma project in them: a base, and branches that do something to it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCHEMA = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

// people
model User {
  id   Int     @id
  name String?
  bio  String?
}
"""
BASE = {
    "20250101000000_init": 'CREATE TABLE "User" (id int PRIMARY KEY, name text);\n',
    "20250301000000_bio": 'ALTER TABLE "User" ADD COLUMN bio text;\n',
}
NEW = "20250501000000_tag"
TAG = 'CREATE TABLE "Tag" (id int PRIMARY KEY);\n'


def git(folder: Path, *arguments: str) -> str:
    """Run git there, as nobody in particular."""
    identity = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **identity}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def migration(root: Path, name: str, sql: str) -> Path:
    """Write a migration; return its folder."""
    folder = root / "prisma" / "migrations" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "migration.sql").write_bytes(sql.encode())
    return folder


def commit(root: Path, words: str = "work") -> str:
    """Commit all there is; return the commit."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", words)
    return git(root, "rev-parse", "HEAD")


def project(root: Path, provider: str = "postgresql") -> Path:
    """A repository whose branch main has two migrations; `topic` is checked out."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "prisma").mkdir()
    (root / "prisma" / "schema.prisma").write_text(SCHEMA.replace("postgresql", provider))
    for name, sql in BASE.items():
        migration(root, name, sql)
    (root / "prisma" / "migrations" / "migration_lock.toml").write_text(f'provider = "{provider}"\n')
    commit(root, "base")
    git(root, "checkout", "-q", "-b", "topic")
    return root
